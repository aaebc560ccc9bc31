"""`jana print` for the meetings of a day, and for a family."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forms.identifier import SheetId
from scanner.cli import print_choices
from scanner.errors import ExitCode
from tests.acceptance.command import Jana
from tests.acceptance.office import Forms
from tests.cli.test_print import pages_of

CASES = """case,unit,age_band,session,session_date,session_time,raters,own,language,closed
B-3,North,child,3,2026-11-30,13:00,"self,mother",,fi,
A-1,North,adult,5,2026-11-30,09:00,,,,
C-2,South,adolescent,1,2026-11-30,,self,mother,sv,
D-4,South,adult,2,2026-12-01,,,,,
"""


@pytest.fixture
def forms(jana: Jana, tmp_path: Path) -> Forms:
    """Where to print to, with cases in the record."""
    table = tmp_path / "cases.csv"
    table.write_text(CASES)
    assert jana("case", "import", table).code == 0
    return Forms(tmp_path / "forms.pdf", tmp_path / "forms.csv")


def out(forms: Forms) -> tuple[object, ...]:
    return ("--out", forms.pdf, "--manifest", forms.manifest)


def sheets(forms: Forms) -> list[str]:
    names = ("case", "instrument", "subject", "rater", "language")
    return [" ".join(row[name] for name in names) for row in forms.rows]


def test_a_day_is_printed_in_the_order_in_which_it_is_handed_out(jana: Jana, forms: Forms) -> None:
    answer = jana("print", "--date", "30.11.2026", *out(forms))

    assert answer.code == 0
    assert sheets(forms) == [
        "A-1 ors client self en",
        "A-1 srs client self en",
        "B-3 cors child self fi",
        "B-3 csrs child self fi",
        "B-3 cors child mother fi",
        "B-3 srs child mother fi",
        "C-2 ors client self sv",
        "C-2 srs client self sv",
        "C-2 ors mother self sv",
        "C-2 srs mother self sv",
    ]
    assert {(row["session_date"], row["unit"]) for row in forms.rows} == {
        ("2026-11-30", "North"),
        ("2026-11-30", "South"),
    }
    assert answer.out.splitlines() == [
        "pages 1-2: North  09:00  A-1  5",
        "pages 3-6: North  13:00  B-3  3",
        "pages 7-10: South  C-2  1",
    ]
    pages = pages_of(forms.pdf)
    for page, sheet_id in zip(pages, forms.ids, strict=True):
        assert SheetId.parse(sheet_id).grouped() in page
    assert "äiti" in pages[4]
    assert [row["sheet_id"] for row in jana("results", "--outstanding").rows] == forms.ids


def test_today_is_the_offices_day(jana: Jana, forms: Forms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_choices, "today", lambda: date(2026, 12, 1))
    assert jana("print", "--today", *out(forms)).code == 0
    assert {row["case"] for row in forms.rows} == {"D-4"}


def test_a_unit_prints_its_own_and_nothing_twice(jana: Jana, forms: Forms) -> None:
    day = ("print", "--date", "2026-11-30")
    jana(*day, "--unit", "South", *out(forms))
    assert {row["case"] for row in forms.rows} == {"C-2"}
    jana("sheet", "void", forms.ids[1], "--reason", "torn")

    rest = jana(*day, *out(forms))
    assert "3 sheets of these meetings are printed already" in " ".join(rest.err.split())
    assert sheets(forms)[6:] == ["C-2 srs client self sv"]
    before = forms.pdf.read_bytes()
    nothing = jana(*day, *out(forms))
    assert (nothing.code, nothing.out) == (0, "")
    assert "There is nothing to print" in nothing.err
    assert forms.pdf.read_bytes() == before
    assert jana(*day, "--again", *out(forms)).code == 0
    assert len(forms.rows) == 10


def test_a_day_without_meetings_makes_no_file(jana: Jana, forms: Forms) -> None:
    answer = jana("print", "--date", "2026-12-24", *out(forms))
    assert answer.code == 0
    assert "0 meetings are planned" in answer.err
    assert not forms.pdf.exists()


def test_meetings_of_cases_that_were_closed_meanwhile_are_left_out(jana: Jana, forms: Forms) -> None:
    jana("case", "close", "A-1", "--on", "2026-11-29")
    jana("case", "close", "B-3", "--on", "2026-11-30")
    answer = jana("print", "--date", "2026-11-30", *out(forms))
    assert {row["case"] for row in forms.rows} == {"B-3", "C-2"}
    assert "One more is left out" in answer.err


def test_a_familys_pack_in_one_go(jana: Jana, forms: Forms) -> None:
    family = ("print", "--case", "B-3", "--session", 4, "--raters", "self,mother,father")
    answer = jana(*family, "--own", "father", "--date", "2026-12-07", *out(forms))

    assert answer.code == 0
    assert sheets(forms) == [
        "B-3 cors child self en",
        "B-3 csrs child self en",
        "B-3 cors child mother en",
        "B-3 srs child mother en",
        "B-3 cors child father en",
        "B-3 ors father self en",
        "B-3 srs father self en",
    ]
    assert {(row["session"], row["session_date"], row["unit"]) for row in forms.rows} == {
        ("4", "2026-12-07", "North")
    }
    said = " ".join(answer.err.split())
    assert "Session 4 of case B-3 is new in this record. The highest number before: 3." in said
    # As it was planned, and only what is not there yet: the manifest of a planned meeting.
    assert jana("print", "--case", "B-3", "--session", 3, "--raters", "self", *out(forms)).code == 0
    jana("print", "--case", "B-3", "--session", 3, *out(forms))
    assert sheets(forms) == ["B-3 cors child mother fi", "B-3 srs child mother fi"]


def test_a_new_case_is_begun_only_when_its_forms_are_named(jana: Jana, forms: Forms) -> None:
    family = ("print", "--case", "Z-9", "--session", 1)
    answer = jana(*family, *out(forms))
    assert answer.code == ExitCode.ERROR
    assert "Z-9 is not in this record" in answer.err
    assert not forms.pdf.exists()

    answer = jana(*family, "--instruments", "ors", "--subject", "elder", "--unit", "East", *out(forms))
    assert "Case Z-9 is new in this record." in answer.err
    assert sheets(forms) == ["Z-9 ors elder self en"]
    assert [one["unit"] for one in jana("case", "list", "--json").objects if one["case"] == "Z-9"] == ["East"]


def test_without_an_age_band_nothing_is_printed_and_the_case_is_named(
    jana: Jana, forms: Forms, tmp_path: Path
) -> None:
    table = tmp_path / "more.csv"
    table.write_text("case,session,session_date\nX,1,2026-11-30\nY,1,2026-11-30\n")
    jana("case", "import", table)

    answer = jana("print", "--date", "2026-11-30", *out(forms))

    assert answer.code == ExitCode.ERROR
    assert "session 1 of case X" in answer.err
    assert "session 1 of case Y" in answer.err
    assert jana("results", "--outstanding").rows == []
    assert jana("print", "--date", "2026-11-30", "--instruments", "ors", *out(forms)).code == 0


MEANINGLESS: list[tuple[tuple[str, ...], str]] = [
    ((), "Say what to print"),
    (("--unit", "North"), "Say what to print"),
    (("--case", "B-3"), "--session NUMBER"),
    (("--case", "B-3", "--session", "0"), "session must be a whole number"),
    (("--case", " ", "--session", "1"), "Give --case a reference"),
    (("--case", "B-3", "--session", "3", "--raters", "uncle"), "--raters must be of self"),
    (("--case", "B-3", "--session", "3", "--own", "self"), "--own must be of mother"),
    (("--case", "B-3", "--session", "3", "--unit", "South"), "The record has unit North, not South"),
    (("--case", "B-3", "--session", "3", "--date", "2026-12-24"), "The record has date 2026-11-30"),
    (("--case", "B-3", "--session", "3", "--today"), "With --case there is no sense in --today"),
    (("--today", "--date", "2026-11-30"), "not both"),
    (("--today", "--raters", "self"), "no sense in --raters"),
    (("--date", "tomorrow"), "--date must look like"),
    (("--date", ""), "Give --date a day"),
    (("--instrument", "ors", "--count", "1", "--again"), "no sense in --again"),
]


def test_options_that_cannot_mean_anything(jana: Jana, forms: Forms) -> None:
    for options, said in MEANINGLESS:
        answer = jana("print", *options, *out(forms))
        assert answer.code == ExitCode.USAGE, options
        assert said in " ".join(answer.err.split()), options
    assert not forms.pdf.exists()


def test_the_settings_choose_the_forms(jana: Jana, home: Path, forms: Forms) -> None:
    (home / "settings.toml").write_text('[packs]\nadult = ["lass"]\n')
    jana("print", "--case", "A-1", "--session", 5, *out(forms))
    assert [row["instrument"] for row in forms.rows] == ["lass"]
    (home / "settings.toml").write_text('[packs]\nadult = ["nonsense"]\n')
    answer = jana("print", "--case", "A-1", "--session", 6, *out(forms))
    assert answer.code == ExitCode.ERROR
    assert "there is no instrument 'nonsense'" in answer.err
