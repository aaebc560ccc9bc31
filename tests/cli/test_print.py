"""`jana print`: from a table of requests, or a pool; and what must not happen on the way."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from forms.identifier import SheetId
from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import read_csv, write_requests

MANIFEST = "page,sheet_id,instrument,version,language,case,session,session_date,subject,rater,unit"


def pages_of(pdf: Path) -> list[str]:
    """The words on each page."""
    document = pdfium.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def nothing_printed(jana: Jana) -> bool:
    return jana("results", "--outstanding").rows == []


def test_a_sheet_for_each_row_with_a_manifest_to_the_letter(jana: Jana, tmp_path: Path) -> None:
    forms = printed(
        jana,
        tmp_path,
        "ors,fi,A-1,3,2026-11-30,child,mother,North",
        "SRS,SV,Å–2,,,,SELF,",
        "lass,,,,,,,",
    )

    text = forms.manifest.read_bytes().decode("utf-8")
    assert "\r" not in text
    assert text.splitlines()[0] == MANIFEST
    first, second, third = forms.rows
    assert list(first.values())[2:] == [
        "ors",
        "1",
        "fi",
        "A-1",
        "3",
        "2026-11-30",
        "child",
        "mother",
        "North",
    ]
    assert [row["page"] for row in forms.rows] == ["1", "2", "3"]
    assert (second["case"], second["rater"], second["language"]) == ("Å–2", "self", "sv")
    assert third["language"] == "en"
    pages = pages_of(forms.pdf)
    assert len(pages) == 3
    for page, sheet_id in zip(pages, forms.ids, strict=True):
        assert SheetId.parse(sheet_id).grouped() in page
    assert jana("results", "--outstanding").rows == [
        {name: value for name, value in row.items() if name != "page"} | {"printed_at": printed_at}
        for row, printed_at in zip(
            forms.rows, [row["printed_at"] for row in jana("results", "--outstanding").rows], strict=True
        )
    ]


def test_a_pool_is_unbound_and_may_be_large(jana: Jana, tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "pool.pdf"
    answer = jana("print", "--instrument", "ORS", "--language", "fi", "--count", 12, "--out", out)

    assert answer.code == 0
    assert answer.out == ""
    assert "12 sheets" in answer.err
    rows = jana("results", "--outstanding").rows
    assert len({row["sheet_id"] for row in rows}) == len(pages_of(out)) == 12
    assert {(row["instrument"], row["language"], row["case"]) for row in rows} == {("ors", "fi", "")}


def test_the_licence_takes_the_place_of_the_specimen_line(
    jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = ("print", "--instrument", "ors", "--language", "en", "--count", 1, "--out")
    jana(*pool, tmp_path / "without.pdf")
    monkeypatch.setenv("JANA_LICENCE", "Licence 4711 of the city of Oulu")
    jana(*pool, tmp_path / "with.pdf")

    assert "not for clinical use" in pages_of(tmp_path / "without.pdf")[0]
    assert "4711" in pages_of(tmp_path / "with.pdf")[0]
    assert "not for clinical use" not in pages_of(tmp_path / "with.pdf")[0]


def test_cells_that_a_spreadsheet_would_run_are_harmless(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,=cmd(),1,,@x,,-y")

    assert (forms.rows[0]["case"], forms.rows[0]["subject"], forms.rows[0]["unit"]) == (
        "'=cmd()",
        "'@x",
        "'-y",
    )
    assert jana("results", "--outstanding").rows[0]["case"] == "'=cmd()"


def test_columns_come_in_any_order_and_strangers_are_told_of(jana: Jana, tmp_path: Path) -> None:
    requests = tmp_path / "r.csv"
    requests.write_text("\ufeffcase, Instrument ,sesion,,\r\nA-1,ors,3,,\r\n\r\n", encoding="utf-8")

    answer = jana("print", requests, "--out", tmp_path / "a.pdf", "--manifest", tmp_path / "a.csv")

    assert answer.code == 0
    assert "sesion" in answer.err
    (row,) = read_csv((tmp_path / "a.csv").read_text())
    assert (row["case"], row["session"]) == ("A-1", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header"),
        (b"instrument\n", "no rows"),
        (b"case,session\nA,1\n", "instrument"),
        (b"instrument,case,case\nors,A,B\n", "twice"),
        (b"instrument;case\nors;A\n", "semicolon"),
        ("instrument,case\nors,Åbo\n".encode("latin-1"), "UTF-8"),
        ("instrument,case\nors,A\n".encode("utf-16"), "UTF-8"),
        (b"instrument,case\nors,A\nnonsense,B\n", "line 3: there is no instrument 'nonsense'"),
        (b"instrument,case\n,B\n", "line 2: no instrument"),
        (b"instrument,language\nors,en\nors,xx\n", "line 3: ors has no language 'xx'"),
        (b"instrument,rater\nors,uncle\n", "line 2: rater must be one of self, mother"),
        (b"instrument,session_date\nors,30.11.2026\n", "line 2: session_date must look like 2026-11-30"),
        (b"instrument,session_date\nors,2026-02-30\n", "line 2: session_date is no day"),
        (b"instrument,session\nors,0\n", "line 2: session must be a whole number"),
        (b"instrument,session\nors,1.5\n", "line 2: session"),
        (b"instrument,case\nors,A,B\n", "line 2: more cells"),
        (b"instrument,case\nors,A\x1b[31m\n", "line 2: case"),
        (b'instrument,case\nors,"two\nlines"\n', "line 3: case"),
        ("instrument,subject\nors,\u202eevil\n".encode(), "line 2: subject"),
        (b'instrument,case\nors,"A\n', "line"),
        (b"instrument,case\n" + b"nonsense,A\n" * 30, "and 10 more"),
    ],
)
def test_a_wrong_table_prints_nothing_and_names_the_rows(
    jana: Jana, home: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    requests = tmp_path / "r.csv"
    requests.write_bytes(content)

    answer = jana("print", requests, "--out", tmp_path / "a.pdf", "--manifest", tmp_path / "a.csv")

    assert answer.code == ExitCode.ERROR
    assert said in answer.err
    assert "\x1b" not in answer.err
    assert not list(tmp_path.glob("a.*"))
    assert not list(home.iterdir())  # the record was not even opened


def test_files_stay_apart(jana: Jana, tmp_path: Path) -> None:
    requests = write_requests(tmp_path / "r.csv", "ors,,,,,,,")
    before = requests.read_text()

    for out, manifest in ((requests, tmp_path / "a.csv"), (tmp_path / "a.pdf", requests)):
        assert jana("print", requests, "--out", out, "--manifest", manifest).code == ExitCode.USAGE
    same = tmp_path / "a.pdf"
    assert jana("print", requests, "--out", same, "--manifest", same).code == ExitCode.USAGE
    assert requests.read_text() == before
    assert nothing_printed(jana)


def test_an_unwritable_place_registers_nothing(jana: Jana, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    requests = write_requests(tmp_path / "r.csv", "ors,,,,,,,")

    answer = jana("print", requests, "--out", file / "a.pdf")
    assert answer.code == ExitCode.ERROR
    assert "cannot be written" in answer.err
    answer = jana("print", requests, "--out", tmp_path / "a.pdf", "--manifest", file / "a.csv")
    assert answer.code == ExitCode.ERROR
    assert not (tmp_path / "a.pdf").exists()
    assert nothing_printed(jana)


def test_no_paper_without_a_row_in_the_record(jana: Jana, home: Path, tmp_path: Path) -> None:
    """The database refuses the sheets: neither the PDF nor the manifest appears, and old ones stay."""
    printed(jana, tmp_path, "ors,,,,,,,")
    old = (tmp_path / "forms.pdf").read_bytes()
    with sqlite3.connect(home / "jana.sqlite") as database:
        database.execute("CREATE TRIGGER no BEFORE INSERT ON sheet BEGIN SELECT RAISE(ABORT, 'no'); END")
    database.close()

    forms = (tmp_path / "forms.pdf", tmp_path / "new.csv")
    answer = jana("print", tmp_path / "requests.csv", "--out", forms[0], "--manifest", forms[1])

    assert answer.code != 0
    assert forms[0].read_bytes() == old
    assert not forms[1].exists()
    assert not list(tmp_path.glob(".*.part"))


def test_others_see_as_much_as_the_user_lets_them(jana: Jana, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        forms = printed(jana, tmp_path, "ors,,,,,,,")
    finally:
        os.umask(before)

    assert {stat.S_IMODE(path.stat().st_mode) for path in (forms.pdf, forms.manifest)} == {0o600}
