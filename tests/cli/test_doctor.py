"""`jana doctor`: what is wrong is found, named, and mirrored in the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import ExitCode
from tests.acceptance.command import Jana


def findings(out: str) -> dict[str, dict[str, Any]]:
    return {finding["check"]: finding for finding in json.loads(out)}


def test_a_good_machine(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_LICENCE", "Licence 4711")
    answer = jana("doctor", "--json")

    assert answer.code == 0
    found = findings(answer.out)
    assert list(found) == [
        *("python", "zbar", "tesseract", "poppler", "settings", "home", "forms", "profile", "record"),
    ]
    for finding in found.values():
        assert list(finding) == ["check", "state", "detail", "remedy"]
        assert finding["state"] in ("ok", "warning")
        assert (finding["remedy"] is None) == (finding["state"] == "ok")
    assert found["forms"]["state"] == "ok"


def test_what_is_less_than_good_has_a_remedy(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_LANGAUGE", "fi")
    answer = jana("doctor")

    assert answer.code == 0
    assert "JANA_LANGAUGE means nothing" in answer.out
    assert "specimen" in answer.out
    assert "need attention" in answer.err
    assert all(len(line.rstrip()) <= 80 for line in answer.out.splitlines())


def test_a_helper_that_is_missing_is_a_warning(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    found = findings(jana("doctor", "--json").out)

    for check, package in (("tesseract", "tesseract-ocr"), ("poppler", "poppler-utils")):
        assert found[check]["state"] == "warning"
        assert package in found[check]["remedy"]


@pytest.mark.parametrize(
    ("name", "value", "check", "code"),
    [
        ("JANA_LANGUAGE", "klingon", "settings", ExitCode.SETTINGS),
        ("JANA_INSTRUMENTS", "/nonexistent.toml", "forms", ExitCode.SETTINGS),
        ("JANA_LICENCE", "much too long " * 100, "forms", ExitCode.SETTINGS),
        ("JANA_PROFILE", "/nonexistent.toml", "profile", ExitCode.SETTINGS),
        ("JANA_DATABASE_URL", "mysql://host/jana", "record", ExitCode.SETTINGS),
        (
            "JANA_DATABASE_URL",
            "postgresql://jana:secret@/jana?host=/nonexistent",
            "record",
            ExitCode.DATABASE,
        ),
    ],
)
def test_what_stops_the_work_is_an_error_with_its_exit_code(
    jana: Jana, monkeypatch: pytest.MonkeyPatch, name: str, value: str, check: str, code: ExitCode
) -> None:
    monkeypatch.setenv(name, value)

    answer = jana("doctor", "--json")

    assert answer.code == code
    assert findings(answer.out)[check]["state"] == "error"
    assert findings(answer.out)[check]["remedy"]
    assert "secret" not in answer.out + answer.err


def test_a_secret_that_others_can_read_is_told_of(
    jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"sqlite:///{tmp_path}/other.sqlite\n")
    monkeypatch.setenv("JANA_DATABASE_URL_FILE", str(secret))
    secret.chmod(0o644)
    assert "others can read" in findings(jana("doctor", "--json").out)["settings"]["detail"]
    secret.chmod(0o600)
    assert findings(jana("doctor", "--json").out)["settings"]["state"] == "ok"
    assert (tmp_path / "other.sqlite").exists()
