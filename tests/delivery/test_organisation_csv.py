"""Tables of the organisation: any encoding and separator, and trouble named by line, never by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.delivery.organisation_csv import OrganisationFileError, read_table

NAMES = ("Åsa Öhman", "Jyrki Mäkelä", "Zoë")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_separator_and_line_ends_are_found(
    table: Path, encoding: str, separator: str, end: str
) -> None:
    rows = [("Name", "case", "Note"), *((name, f"A-{at}", "") for at, name in enumerate(NAMES))]
    table.write_bytes("".join(separator.join(row) + end for row in rows).encode(encoding))

    found = read_table(table, ("case", "name"), ("absent",))

    assert [row.cells for row in found] == [
        {"name": name, "case": f"A-{at}", "absent": ""} for at, name in enumerate(NAMES)
    ]
    assert [row.line for row in found] == [2, 3, 4]


def test_a_spreadsheets_own_line_blank_rows_and_long_cells_keep_the_count(table: Path) -> None:
    table.write_text('sep=;\ncase;name\n\nA;"two\nlines"\n;\nB;x\n')
    found = read_table(table, ("case", "name"))
    assert [(row.line, row.cells["case"]) for row in found] == [(4, "A"), (7, "B")]
    assert found[0].trouble is not None
    assert "control" in found[0].trouble
    assert found[1].trouble is None


def test_cells_beyond_the_header_are_trouble_of_their_row_alone(table: Path) -> None:
    table.write_text("case,name\nA,b,c\nB,b\nC\n")
    first, second, third = read_table(table, ("case", "name"))
    assert first.trouble is not None
    assert second.trouble is None
    assert third.cells == {"case": "C", "name": ""}


def test_a_row_does_not_show_what_it_holds(table: Path) -> None:
    table.write_text("case,name\nA-17,Maija\n")
    [row] = read_table(table, ("case", "name"))
    assert "Maija" not in repr(row)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column case"),
        (b"case\nA\n", "has no column name"),
        (b"case,name,Case\nA,b,c\n", "twice"),
        (b'case,name\nA,"b\n', "from line 2"),
        (b'case,name\nA,b\n"B"x,c\n', "from line 3"),
        (b"\x00\x01\x02", "no text"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_such_table_is_said(table: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(OrganisationFileError, match=said):
        read_table(table, ("case", "name"))
