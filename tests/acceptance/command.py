"""The command `jana` for tests: in this process, with a home of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scanner.cli.main import run
from tests.acceptance.office import Forms, read_csv, write_requests


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """Its standard output as CSV."""
        return read_csv(self.out)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its standard output as JSON, a line each."""
        return [json.loads(line) for line in self.out.splitlines()]


Jana = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A JANA_HOME of the test's own, and no setting of the user's."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("JANA_HOME", str(folder))
    monkeypatch.setenv("JANA_LANGUAGE", "en")
    monkeypatch.setenv("JANA_PROCESSES", "1")  # the other cores have tests of their own
    for name in ("JANA_DATABASE_URL", "JANA_DATABASE_URL_FILE", "JANA_LICENCE", "JANA_INSTRUMENTS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def jana(home: Path, capsys: pytest.CaptureFixture[str], warm_nurseries: None) -> Jana:
    """Calls a command as the shell would, and hears what it says."""

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(int(code), said.out, said.err)

    return call


def printed(jana: Jana, folder: Path, *rows: str) -> Forms:
    """Sheets printed by the command, a row of REQUESTS.csv each."""
    forms = Forms(folder / "forms.pdf", folder / "forms.csv")
    requests = write_requests(folder / "requests.csv", *rows)
    answer = jana("print", requests, "--out", forms.pdf, "--manifest", forms.manifest)
    assert answer.code == 0, answer.err
    return forms
