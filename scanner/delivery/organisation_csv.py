"""Tables that an organisation keeps for us: in whichever encoding and with whichever separator.

They hold names. Nothing here keeps, copies or logs what it reads, and no message repeats a cell: a
person is pointed to by file and line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import JanaError

SEPARATORS = (",", ";", "\t")
MAX_BYTES = 64 * 1024**2
"""More than a table of people has: a scan that was named by mistake is not read into memory."""


class OrganisationFileError(JanaError):
    """The table as a whole cannot be used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. Not shown by `repr`, which might end in a log."""

    line: int
    """On which it begins, counted from 1; the header is on line 1."""
    cells: Mapping[str, str] = field(repr=False)
    """By the column's name as it was asked for; stripped, empty where there is nothing."""
    trouble: str | None = None
    """What is wrong with it, or None."""


def read_table(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> tuple[TableRow, ...]:
    """Read a CSV in UTF-8, UTF-16 or Latin-1 (Windows-1252), separated by comma, semicolon or tab.

    Columns are found by name, in any order and any case of letters; others are passed over, and so are
    empty rows. Raises OrganisationFileError when there is no such table.
    """
    text = _text(path)
    if text.lower().startswith("sep="):  # a line that spreadsheets add for each other
        lines_before, text = 1, text.partition("\n")[2]
    else:
        lines_before = 0
    separator = _separator(text, (*needed, *optional))
    rows = _rows(path, text, separator)
    header = [name.strip().casefold() for name in rows[0][1]] if rows else []
    missing = [name for name in needed if name.casefold() not in header]
    if missing:
        raise OrganisationFileError(
            f"{path} has no column {', '.join(missing)}: it needs {', '.join(needed)}."
        )
    doubled = [name for name in (*needed, *optional) if header.count(name.casefold()) > 1]
    if doubled:
        raise OrganisationFileError(f"{path} has the column {', '.join(doubled)} twice: which one holds?")
    places = {
        name: header.index(name.casefold()) for name in (*needed, *optional) if name.casefold() in header
    }
    found = []
    for line, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            found.append(_row(line + lines_before, cells, places, optional, len(header)))
    return tuple(found)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise OrganisationFileError(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > MAX_BYTES:
        raise OrganisationFileError(f"{path} is larger than {MAX_BYTES // 1024**2} MB: is it the right file?")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        # Text in Latin-1 with any letter beyond ASCII is hardly ever good UTF-8 by accident. Windows'
        # variant comes first, because spreadsheets write it and call it by the other's name.
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise OrganisationFileError(f"{path} is no text: save it as CSV and try again.")


def _separator(text: str, names: Sequence[str]) -> str:
    """The one that finds most of the columns in the header."""
    wanted = {name.casefold() for name in names}
    header = text.partition("\n")[0].rstrip("\r")

    def found(separator: str) -> int:
        cells = next(csv.reader([header], delimiter=separator), [])
        return len(wanted & {cell.strip().casefold() for cell in cells})

    return max(SEPARATORS, key=found)


def _rows(path: Path, text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Each row with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    begins = 1
    try:
        for cells in reader:
            rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise OrganisationFileError(f"{path} is no good CSV from line {begins} on: {error}.") from error
    return rows


def _row(
    line: int, cells: list[str], places: Mapping[str, int], optional: Sequence[str], width: int
) -> TableRow:
    named = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
    for name in optional:
        named.setdefault(name, "")
    trouble = None
    if any(cell.strip() for cell in cells[width:]):
        trouble = "more cells than the header has columns"
    elif not all(value.isprintable() for value in named.values()):
        trouble = "a line break or another control character in a cell"
    return TableRow(line, named, trouble)
