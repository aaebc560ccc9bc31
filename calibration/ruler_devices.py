"""Device profiles: what was measured of each printer and scanner, kept as TOML in the home.

A file `devices/NAME.toml` holds one `[[measurement]]` after another, the newest last. A new one is
added at the end in a single write, so that an older one is never touched.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calibration.ruler import RulerFigures
from calibration.ruler_bounds import Verdict, worst
from scanner.errors import JanaError, UsageError

FOLDER = "devices"
_NAME = re.compile(r"[\w-][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class KeptDevice:
    """A profile, as `jana calibrate ruler --list` shows it."""

    name: str
    measurements: tuple[dict[str, Any], ...]
    """Oldest first; as `as_table` made them."""


def check_name(name: str) -> str:
    """Raises UsageError for a name that is none for a file."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a device: use letters, digits, '-', '_' and '.'.")
    return name


def as_table(
    figures: RulerFigures, verdicts: tuple[Verdict, ...], measured_at: datetime, scan: str
) -> dict[str, Any]:
    """One measurement as nested tables; what is unknown is None."""
    return {
        "measured_at": measured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "scan_sha256": scan,
        "verdict": worst(verdicts).value,
        "error_mm": figures.error_mm,
        "stated_dpi": figures.stated_dpi,
        "dpi_across": figures.shape.dpi_across,
        "dpi_down": figures.shape.dpi_down,
        **{
            f"{what}_scale_{way}": getattr(scale, what)
            for way, scale in (("across", figures.across), ("down", figures.down))
            for what in ("pair", "printer", "scanner")
        },
        "shape": asdict(figures.shape),
        "sharp_across": None if figures.sharp_across is None else asdict(figures.sharp_across),
        "sharp_down": None if figures.sharp_down is None else asdict(figures.sharp_down),
        "tone": asdict(figures.tone),
        "marks": asdict(figures.marks),
        "verdicts": {v.check.replace(" ", "_"): v.level.value for v in verdicts},
    }


def keep(home: Path, name: str, table: Mapping[str, Any]) -> Path:
    """Add a measurement to a device's profile, made when it is new; its file.

    Raises UsageError for a bad name, JanaError when the file is damaged or cannot be written.
    """
    path = home / FOLDER / f"{check_name(name)}.toml"
    if path.exists():
        _load(path)  # a damaged file is told of, not added to
    lines = ["[[measurement]]", *_lines("measurement", table), ""]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        with os.fdopen(handle, "wb", buffering=0) as file:
            file.write(("\n".join(lines) + "\n").encode("utf-8"))
            os.fsync(file.fileno())
    except OSError as error:
        raise JanaError(
            f"{path} cannot be written: {error.strerror}. Set JANA_HOME to a folder of yours."
        ) from error
    return path


def kept(home: Path) -> tuple[KeptDevice, ...]:
    """All profiles, by name. Raises JanaError for one that cannot be read."""
    return tuple(_load(path) for path in sorted((home / FOLDER).glob("*.toml")))


def _load(path: Path) -> KeptDevice:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        measurements = content["measurement"]
        if not all("measured_at" in one and "verdict" in one for one in measurements):
            raise KeyError("measured_at")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise JanaError(
            f"The device profile {path} cannot be read: {error}. Move it away, or mend it."
        ) from error
    return KeptDevice(path.stem, tuple(measurements))


def _lines(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """TOML: plain values first, then the tables within; None has no place in TOML and is left out."""
    for key, value in table.items():
        if value is not None and not isinstance(value, Mapping):
            yield f"{key} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield f"[{name}.{key}]"
            yield from _lines(f"{name}.{key}", value)


def _value(value: object) -> str:
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    # Of text, whole numbers and truth JSON is TOML too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
