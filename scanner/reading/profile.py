"""Profiles on disk: the shipped one, and those that a calibration or an organisation makes."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

from scanner.errors import SettingsError
from scanner.model.profile import Profile

SHIPPED = Path(__file__).parent / "profiles" / "cautious.toml"


def load_profile(path: Path) -> Profile:
    """Read a profile from TOML. Raises `SettingsError` for a missing, unknown or ill-typed number."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"The profile {path.name} cannot be read: {error}. Restore or replace it."
        ) from error
    known = {field.name: field.type for field in fields(Profile)}
    unknown, missing = sorted(set(values) - set(known)), sorted(set(known) - set(values))
    if unknown or missing:
        raise SettingsError(
            f"The profile {path.name} does not fit this version: "
            f"missing {', '.join(missing) or 'nothing'}, unknown {', '.join(unknown) or 'nothing'}."
        )
    for name, kind in known.items():
        wanted = str if kind == "str" else (int, float)
        if not isinstance(values[name], wanted):
            raise SettingsError(f"The profile {path.name} has an unusable value for {name}.")
    return Profile(**values)
