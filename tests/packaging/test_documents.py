"""What the documents tell a newcomer to type exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT
from tests.packaging.test_run import WORDS

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def commands_of(document: Path) -> list[str]:
    """Lines of code blocks, and code within sentences, that begin with one of our two commands."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [command for command in lines + spans if re.match(r"(\./run|(\.venv/bin/)?jana) ", command)]


def named(document: Path, program: str) -> set[str]:
    found = [re.match(rf"{program} ([a-z]+)", command) for command in commands_of(document)]
    return {match[1] for match in found if match}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_words_of_run_exist(document: Path) -> None:
    assert named(document, r"\./run") <= set(WORDS)


def test_the_checks_are_documented() -> None:
    assert {"setup", "check", "test", "lock"} <= named(ROOT / "CONTRIBUTING.md", r"\./run")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_jana_exist(document: Path) -> None:
    jana = Path(sys.executable).with_name("jana")
    answer = subprocess.run([jana, "--help"], capture_output=True, text=True, check=True)
    listed = re.findall(r"^  (\w+) ", answer.stdout.partition("Commands:")[2], re.MULTILINE)
    assert named(document, r"(?:\.venv/bin/)?jana") <= set(listed)
