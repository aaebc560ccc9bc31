"""The lock: every package by name, version and hash, and nothing of the place where it was made."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        [pin] = self.requirement.specifier
        assert pin.operator == "=="
        return pin.version


def locked_packages() -> list[Locked]:
    """The lock's entries: a requirement on an unindented line, its hashes on the lines below."""
    lines = "\n".join(line for line in LOCK.splitlines() if not line.lstrip().startswith("#"))
    entries = lines.replace("\\\n", " ").splitlines()
    return [
        Locked(
            Requirement(entry.split(" --hash=")[0]),
            tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)),
        )
        for entry in entries
        if entry.strip()
    ]


def test_every_package_is_pinned_and_has_hashes() -> None:
    packages = locked_packages()

    assert len(packages) > len(WANTED)
    assert [package for package in packages if not package.version or not package.hashes] == []


@pytest.mark.parametrize("wanted", WANTED)
def test_it_covers_what_the_project_needs(wanted: str) -> None:
    requirement = Requirement(wanted)
    name = canonicalize_name(requirement.name)

    [version] = {
        package.version
        for package in locked_packages()
        if canonicalize_name(package.requirement.name) == name and holds_here(package.requirement)
    }

    assert requirement.specifier.contains(version)


def holds_here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def test_it_tells_nothing_of_where_it_was_made() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*-", LOCK.replace("    --hash=", ""), re.MULTILINE), (
        "an option, such as an index"
    )
    paths = [line for line in LOCK.splitlines() if "/" in line.replace("./run lock", "")]
    assert paths == []


def test_it_names_the_command_that_made_it() -> None:
    assert "./run lock" in LOCK.splitlines()[1]
