"""What all commands have in common: help, exit codes, and what goes where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli.calibrate.group import COMMANDS as CALIBRATIONS
from scanner.errors import ExitCode
from tests.acceptance.command import Jana

EVERY_COMMAND = (
    *(("demo",), ("print",), ("read",), ("watch",), ("worker",)),
    *(("results",), ("doctor",), ("sheet",)),
    *(("sheet", "show"), ("sheet", "void"), ("sheet", "bind")),
    *(("status",), ("audit",), ("audit", "verify"), ("audit", "anchor"), ("db",), ("db", "upgrade")),
    *(("backup",), ("restore",), ("purge",), ("case",), ("case", "close"), ("case", "reopen")),
    *(("case", "import"), ("case", "list"), ("case", "show"), ("review",), ("user",)),
    *(
        ("user", word)
        for word in ("add", "case", "disable", "enable", "list", "oidc", "password", "role", "show")
    ),
    *(("user", "totp"), ("user", "unit")),
    *(("deliver",), ("reconcile",), ("redcap",), ("redcap", "dictionary")),
    ("calibrate",),
    *(("calibrate", word) for word in CALIBRATIONS),
)


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_every_command_has_help(jana: Jana, words: tuple[str, ...]) -> None:
    answer = jana(*words, "--help")

    assert answer.code == 0
    assert answer.out.startswith(f"Usage: jana {' '.join(words)}")
    assert answer.err == ""


def test_the_commands_are_those_of_the_contract(jana: Jana) -> None:
    listed = jana("--help").out.partition("Commands:")[2]

    assert {line.split()[0] for line in listed.splitlines() if line.strip()} == {
        words[0] for words in EVERY_COMMAND
    }


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from scanner.cli.main import run; code = run(['--help']);"
        "sys.exit(code or bool({'cv2', 'numpy', 'sqlalchemy', 'reportlab'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("read",),
        ("read", "not-there.pdf"),
        ("print", "--out", "a.pdf"),
        ("print", "--instrument", "ors", "--out", "a.pdf"),
        ("print", "--instrument", "ors", "--count", "0", "--out", "a.pdf"),
        ("print", "--instrument", "nonsense", "--count", "1", "--out", "a.pdf"),
        ("print", "--instrument", "ors", "--language", "xx", "--count", "1", "--out", "a.pdf"),
        ("results", "--refused", "--outstanding"),
        ("results", "--format", "xml"),
        ("sheet", "show", "J1"),
        ("sheet", "bind", "J13TW9QK5T7RKBQRC0"),
        ("sheet", "void", "J13TW9QK5T7RKBQRC0"),
        ("doctor", "--nonsense"),
    ],
    ids=" ".join,
)
def test_misuse_is_2_and_says_why(
    jana: Jana, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = jana(*words)

    assert answer.code == ExitCode.USAGE
    assert answer.err.strip() or answer.out.strip()
    assert not (tmp_path / "a.pdf").exists()


def test_a_wrong_setting_is_4_and_is_named(jana: Jana, home: Path) -> None:
    (home / "settings.toml").write_text("langauge = 'fi'\n")

    answer = jana("results")

    assert answer.code == ExitCode.SETTINGS
    assert "langauge" in answer.err
    assert answer.out == ""


def test_a_wrong_form_is_4_and_is_named(jana: Jana, home: Path, tmp_path: Path) -> None:
    (home / "mine.toml").write_text('code = "mine"\n')
    (home / "settings.toml").write_text('instruments = ["mine.toml"]\n')

    answer = jana("print", "--instrument", "ors", "--count", 1, "--out", tmp_path / "a.pdf")

    assert answer.code == ExitCode.SETTINGS
    assert "mine.toml" in answer.err
    assert not (tmp_path / "a.pdf").exists()


def test_a_database_that_is_not_there_is_5(
    jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANA_DATABASE_URL", f"postgresql://jana:secret@/jana?host={tmp_path}")

    answer = jana("results")

    assert answer.code == ExitCode.DATABASE
    assert "JANA_DATABASE_URL" in answer.err
    assert "secret" not in answer.err


def test_a_bug_is_70_and_shows_where(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("scanner.cli.results.write_csv")

    answer = jana("results")

    assert answer.code == ExitCode.BUG
    assert "Traceback" in answer.err
    assert "this is a bug" in answer.err


def test_names_in_messages_do_not_steer_the_terminal(jana: Jana, tmp_path: Path) -> None:
    folder = tmp_path / "evil\x1b[31m\u202e"
    folder.mkdir()

    for answer in (jana("read", folder), jana("read", folder / "none\x1b")):
        assert "\x1b" not in answer.err
        assert "\u202e" not in answer.err
        assert r"\u001b" in answer.err or r"\x1b" in answer.err
