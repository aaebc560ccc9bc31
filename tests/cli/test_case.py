"""`jana case import`, `show` and `list` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed

GOOD = """case,unit,age_band,session,session_date,raters
A-17,North,child,1,2026-11-30,"self,mother"
B-2,South,adult,,,
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(GOOD)
    return path


def listed(jana: Jana) -> list[str]:
    return [line["case"] for line in jana("case", "list", "--json").objects]


def test_a_table_is_taken_in_as_often_as_wanted(jana: Jana, cases: Path) -> None:
    would = jana("case", "import", cases, "--dry-run")
    assert would.code == 0
    assert "new cases: 2, new sessions: 1" in would.err
    assert listed(jana) == []

    first, second = jana("case", "import", cases), jana("case", "import", cases)
    assert (first.code, first.out, second.code, second.out) == (0, "", 0, "")
    assert "New cases: 2, new sessions: 1, changes to what was known: 0." in first.err
    assert "New cases: 0, new sessions: 0, changes to what was known: 0." in second.err
    assert listed(jana) == ["A-17", "B-2"]


def test_changes_are_a_line_each(jana: Jana, cases: Path) -> None:
    jana("case", "import", cases)
    cases.write_text("case;session;session_date;raters;opened\nA-17;1;1.12.2026;self;2026-09-01\n")

    would, done = jana("case", "import", cases, "--dry-run"), jana("case", "import", cases)

    assert done.out.splitlines() == [
        "A-17  opened: nothing → 2026-09-01",
        "A-17 1  session_date: 2026-11-30 → 2026-12-01",
        "A-17 1  raters: self,mother → self",
    ]
    assert would.out == done.out
    assert "read as UTF-8, separated by semicolon" in " ".join(done.err.split())
    assert "One row has days written as 30.11.2026" in done.err


def test_wrong_rows_keep_the_others_out_unless_told_so(jana: Jana, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_bytes("case,unit,age_band\nA,Länsi,\nB,,teenager\nA,Itä,\n".encode("latin-1"))

    answer = jana("case", "import", table)
    assert answer.code == ExitCode.ERROR
    said = [line.strip() for line in answer.err.splitlines() if line.strip().startswith("line ")]
    assert [words.partition(":")[0] for words in said] == ["line 3", "line 4"]
    assert "Nothing was taken in" in answer.err
    assert "Latin-1" in answer.err
    assert listed(jana) == []

    kept = jana("case", "import", table, "--keep-good")
    assert kept.code == ExitCode.ERROR
    assert "New cases: 1" in kept.err
    assert [line["unit"] for line in jana("case", "list", "--json").objects] == ["Länsi"]


def test_what_is_wrong_and_what_was_emptied_is_told_in_the_users_language(
    jana: Jana, cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANA_LANGUAGE", "fi")
    jana("case", "import", cases)
    cases.write_text("case,unit,session\nA-17,-,\nB-2,,nolla\n")

    answer = jana("case", "import", cases)

    assert answer.code == ExitCode.ERROR
    assert answer.out.splitlines() == ["A-17  unit: North → ei tietoa"]
    assert "rivi 3: session on kokonaisluku ykkösestä alkaen, ei 'nolla'" in answer.err


def test_contradictions_with_the_record_are_named_too(jana: Jana, cases: Path, tmp_path: Path) -> None:
    jana("case", "import", cases)
    printed(jana, tmp_path, "cors,en,A-17,1,,child,self,")
    cases.write_text("case,age_band\nA-17,adult\nC-3,adult\n")

    answer = jana("case", "import", cases)

    assert answer.code == ExitCode.ERROR
    assert "line 2: age_band is child and stays so" in answer.err
    assert listed(jana) == ["A-17", "B-2"]


def test_nothing_personal_comes_in(jana: Jana, home: Path, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("case,hetu\nA,131052-308T\n")

    answer = jana("case", "import", table, "--keep-good")

    assert answer.code == ExitCode.ERROR
    assert "personal data (hetu)" in answer.err
    assert "131052" not in answer.err
    assert not list(home.iterdir())  # the record was not even opened


def test_a_retention_class_is_one_of_the_settings(jana: Jana, home: Path, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("case,retention_class\nA,long\n")
    assert "no retention class 'long'" in jana("case", "import", table).err
    (home / "settings.toml").write_text("[retention.long]\nscans_days = 9\n")
    assert jana("case", "import", table).code == 0


def test_a_case_is_shown_whole_and_the_look_is_logged(jana: Jana, cases: Path, tmp_path: Path) -> None:
    jana("case", "import", cases)
    first, second = printed(
        jana, tmp_path, "cors,en,A-17,1,,child,self,", "cors,fi,A-17,2,,child,mother,"
    ).ids
    jana("sheet", "void", second, "--reason", "torn")

    shown = jana("case", "show", "A-17")
    for words in ("North", "child", "2026-11-30", "self,mother", first, "outstanding", second, "void"):
        assert words in shown.out
    told = json.loads(jana("case", "show", "A-17", "--json").out)
    assert (told["age_band"], told["sessions"][0]["raters"]) == ("child", ["self", "mother"])
    assert [(one["session"], one["planned"]) for one in told["sessions"]] == [(1, True), (2, False)]
    assert [(one["sheet_id"], one["state"]) for one in told["sheets"]] == [
        (first, "outstanding"),
        (second, "void"),
    ]
    unknown = jana("case", "show", "Z")
    assert unknown.code == ExitCode.ERROR
    assert "Z is not in this record" in unknown.err
    assert "The log holds" in jana("audit", "verify").out


def test_the_list_counts_sheets_and_is_not_cut(jana: Jana, cases: Path, tmp_path: Path) -> None:
    jana("case", "import", cases)
    long = "reference-" + "x" * 100
    printed(jana, tmp_path, f"cors,en,{long},1,,child,self,", "cors,en,A-17,1,,child,self,North")

    out = jana("case", "list").out
    assert long in out
    south = jana("case", "list", "--unit", "South").out
    assert "B-2" in south
    assert "A-17" not in south
    (north,) = jana("case", "list", "--unit", "North", "--json").objects
    assert (north["case"], north["sessions"], north["printed"], north["outstanding"]) == ("A-17", 1, 1, 1)
    assert "There are no cases" in jana("case", "list", "--unit", "West").err
