"""`jana sheet`: look at a sheet, bind it, make it void."""

from __future__ import annotations

from pathlib import Path

from forms.identifier import SheetId
from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed

NEVER_PRINTED = SheetId.new().text


def test_a_sheet_of_the_pool_is_bound_once(jana: Jana, tmp_path: Path) -> None:
    (sheet,) = printed(jana, tmp_path, "ors,fi,,,,,,").ids
    whom = ("--session", 3, "--session-date", "2026-11-30", "--subject", "child", "--rater", "mother")

    grouped = SheetId.parse(sheet).grouped().lower()
    answer = jana("sheet", "bind", grouped, "--case", "[bold]", *whom, "--unit", ":smile:")

    assert answer.code == 0
    (row,) = jana("results", "--outstanding").rows
    assert list(row.values())[4:-1] == ["[bold]", "3", "2026-11-30", "child", "mother", ":smile:"]
    shown = jana("sheet", "show", sheet).out
    for words in ("[bold]", ":smile:", "2026-11-30", "child", "mother", grouped.upper()):
        assert words in shown
    again = jana("sheet", "bind", sheet, "--case", "B-2")
    assert again.code == ExitCode.ERROR
    assert "bound already" in again.err
    assert jana("results", "--outstanding").rows == [row]


def test_what_is_printed_on_a_sheet_cannot_be_bound_away(jana: Jana, tmp_path: Path) -> None:
    (sheet,) = printed(jana, tmp_path, "ors,fi,,,,,mother,").ids

    assert jana("sheet", "bind", sheet, "--case", "A", "--rater", "father").code == ExitCode.ERROR
    assert jana("sheet", "bind", sheet, "--case", "A").code == 0
    assert jana("results", "--outstanding").rows[0]["rater"] == "mother"


def test_wrong_words_are_misuse(jana: Jana, tmp_path: Path) -> None:
    (sheet,) = printed(jana, tmp_path, "ors,fi,,,,,,").ids

    for wrong in (
        ("--case", " "),
        ("--case", "A\x1bB"),
        ("--case", "A", "--rater", "uncle"),
        ("--case", "A", "--session", "0"),
        ("--case", "A", "--session-date", "1.2.2026"),
    ):
        assert jana("sheet", "bind", sheet, *wrong).code == ExitCode.USAGE, wrong
    assert jana("results", "--outstanding").rows[0]["case"] == ""
    assert jana("sheet", "void", sheet, "--reason", " ").code == ExitCode.USAGE
    assert jana("sheet", "void", sheet, "--reason", "\x1b[2J").code == ExitCode.USAGE


def test_a_void_sheet_is_out_of_use_for_good(jana: Jana, tmp_path: Path) -> None:
    void, good = printed(jana, tmp_path, "ors,fi,,,,,,", "ors,fi,,,,,,").ids

    assert jana("sheet", "void", void, "--reason", "handed to the wrong person").code == 0
    assert [row["sheet_id"] for row in jana("results", "--outstanding").rows] == [good]
    assert "handed to the wrong person" in jana("sheet", "show", void).out
    again = jana("sheet", "void", void, "--reason", "once more")
    assert again.code == ExitCode.ERROR
    assert "wrong person" in again.err
    assert jana("sheet", "bind", void, "--case", "A").code == ExitCode.ERROR


def test_an_unknown_sheet_is_an_error_and_a_mistyped_one_misuse(jana: Jana) -> None:
    unknown = jana("sheet", "show", NEVER_PRINTED)
    assert unknown.code == ExitCode.ERROR
    assert NEVER_PRINTED in unknown.err
    mistyped = NEVER_PRINTED[:-1] + ("0" if NEVER_PRINTED[-1] != "0" else "1")
    assert jana("sheet", "show", mistyped).code == ExitCode.USAGE
