"""The contracts on imports: that they cover every room, and that they notice each kind of offence."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]


def test_every_room_of_the_scanner_has_its_place() -> None:
    [arrows] = [c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "arrows"]
    placed = set(re.findall(r"scanner\.(\w+)", " ".join(arrows["layers"])))
    rooms = {
        path.stem
        for path in (ROOT / "scanner").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert rooms - {"__init__"} - placed == set()


OFFENCES = [
    ("forms", "scanner.errors"),
    ("scanner.model", "scanner.texts"),
    ("scanner.pages", "scanner.record"),
    ("scanner.intake", "calibration"),
    ("calibration", "scanner.cli"),
    ("forms", "cv2"),
    ("scanner.record", "cv2"),
    ("scanner.cli", "sqlalchemy"),
    ("calibration", "alembic"),
]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the packages with all these offences built in."""
    house = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", house)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    for package, imported in OFFENCES:
        path = house / package.replace(".", "/") / f"offence_{imported.replace('.', '_')}.py"
        path.write_text(f"import {imported}\n", encoding="utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=house, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    return answer.stdout


@pytest.mark.parametrize(("package", "imported"), OFFENCES)
def test_an_offence_is_noticed(verdict: str, package: str, imported: str) -> None:
    assert f"{package}.offence_{imported.replace('.', '_')} -> {imported} (l.1)" in verdict
