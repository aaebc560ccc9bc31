"""Profiles on disk: the shipped one, and those that a calibration or an organisation makes."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields, replace
from pathlib import Path

from pydantic import TypeAdapter

from scanner.errors import SettingsError
from scanner.model.confidence import ConfidenceModel
from scanner.model.profile import Profile
from scanner.reading.confidence import MEASURES

PROFILE_NOTE = "What each number means stands in `scanner/model/profile.py`."
CAUTIOUS = Path(__file__).parent / "profiles" / "cautious.toml"
"""Limits set by hand, without a model: what a calibration starts from."""
SHIPPED = Path(__file__).parent / "profiles" / "calibrated.toml"
"""What is used where nobody says otherwise: made by `jana calibrate thresholds`, see its provenance."""
_MODEL = TypeAdapter(ConfidenceModel)


def load_profile(path: Path) -> Profile:
    """Read a profile from TOML, and its model from the file that `model` names beside it.

    Raises `SettingsError` for a missing, unknown or ill-typed value, and for a model of other measures.
    """
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
        wanted = (int, float) if kind == "float" else str
        if not isinstance(values[name], wanted) or isinstance(values[name], bool):
            raise SettingsError(f"The profile {path.name} has an unusable value for {name}.")
    values["model"] = _load_model(path, values["model"]) if values["model"] else None
    return Profile(**values)


def save_profile(profile: Profile, path: Path) -> None:
    """Write a profile as TOML, and its model as JSON beside it, under the same name."""
    lines = [f"# {PROFILE_NOTE}"]
    for field in fields(Profile):
        value = getattr(profile, field.name)
        if field.name == "model":
            value = "" if value is None else f"{path.stem}.model.json"
        lines.append(f"{field.name} = {json.dumps(value)}")
    if profile.model is not None:
        path.with_suffix(".model.json").write_bytes(_MODEL.dump_json(_rounded(profile.model)) + b"\n")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load_model(path: Path, name: str) -> ConfidenceModel:
    """The model of a profile, whose file stands beside it. Raises `SettingsError`."""
    try:
        model = _MODEL.validate_json((path.parent / Path(name).name).read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"The model {name} of {path.name} cannot be read. Calibrate again.") from error
    shapes = {(len(tree.measures), len(tree.limits), len(tree.leaves)) for tree in model.trees}
    whole = len(shapes) == 1 and all(a == b and c == 2**a for a, b, c in shapes)
    known = all(0 <= m < len(MEASURES) for tree in model.trees for m in tree.measures)
    if model.names != MEASURES or not whole or not known or len(model.knots) < 2:
        raise SettingsError(f"The model {name} of {path.name} is not for this version. Calibrate again.")
    return model


def _rounded(model: ConfidenceModel) -> ConfidenceModel:
    """The same model with numbers of six digits: what is measured is no better than that."""
    trees = tuple(
        replace(
            tree,
            limits=tuple(float(f"{v:.6g}") for v in tree.limits),
            leaves=tuple(float(f"{v:.6g}") for v in tree.leaves),
        )
        for tree in model.trees
    )
    knots = tuple((float(f"{x:.6g}"), float(f"{y:.6g}")) for x, y in model.knots)
    return replace(model, base=float(f"{model.base:.6g}"), trees=trees, knots=knots)
