"""A CSV file from another program: which letters, which separator, which rows on which lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import JanaError

SEPARATORS = (",", ";", "\t")
MAX_BYTES = 50_000_000
"""Far more than any organisation has cases; what is larger is some other file."""


class TableError(JanaError):
    """A file that cannot be understood as a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in a file."""

    encoding: str
    """`utf-8`, `utf-16` or `latin-1`."""
    separator: str
    header: tuple[str, ...]
    """Headings in lower case, with underscores; empty for a column without one."""
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """The line that each row ends on, and its cells without space around them. Rows without any text
    are left out."""


def read_table(path: Path, known: Collection[str]) -> Table:
    """Read a CSV file in UTF-8 (also with BOM), UTF-16 or Latin-1, separated by comma, semicolon or tab.

    The separator is the one with which the header, the first line with any text, names most of the `known`
    columns; a line `sep=;` before it, as spreadsheets write it for each other, is passed over. Raises
    TableError for a file that is no such table.
    """
    text, encoding = _decoded(path)
    before, text = _without_preface(text)
    separator = _separator(text, known)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = _header(path, next(reader, []))
        rows = [(before + reader.line_num, tuple(cell.strip() for cell in row)) for row in reader]
    except csv.Error as error:
        raise TableError(f"{path} is no good CSV at line {before + reader.line_num}: {error}.") from error
    return Table(encoding, separator, header, tuple((line, row) for line, row in rows if any(row)))


def heading(text: str) -> str:
    """A heading as we compare it: `Session-Date ` is `session_date`."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def _decoded(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise TableError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB: that is no table of cases.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError as error:
            raise TableError(f"{path} ends in the middle of a letter: save it once more.") from error
    if b"\0" in content:
        raise TableError(f"{path} is no text; save it as CSV UTF-8 and try again.")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Windows' kind of Latin-1, which has a few letters more; what it lacks is left as it is, and is
        # complained of where it stands in a cell that counts.
        try:
            return content.decode("cp1252"), "latin-1"
        except UnicodeDecodeError:
            return content.decode("latin-1"), "latin-1"


def _without_preface(text: str) -> tuple[int, str]:
    """How many lines stand before the header, and the text from there on."""
    count = 0
    while text:
        line, end, rest = text.partition("\n")
        # An empty row of a table with several columns is a line of separators.
        if line.strip('\r \t,;"') and not re.fullmatch(r"\"?sep=.\"?[,;\t\r]*", line, re.IGNORECASE):
            break
        count, text = count + bool(end), rest
    return count, text


def _separator(text: str, known: Collection[str]) -> str:
    first = text.partition("\n")[0]
    return max(SEPARATORS, key=lambda mark: (_named(first, mark, known), first.count(mark)))


def _named(line: str, mark: str, known: Collection[str]) -> int:
    return sum(heading(name.strip('"\r ')) in known for name in line.split(mark))


def _header(path: Path, cells: Sequence[str]) -> tuple[str, ...]:
    header = tuple(heading(cell) for cell in cells)
    named = [name for name in header if name]  # a spreadsheet may leave empty columns at the end
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise TableError(f"{path} names a column twice: {', '.join(twice)}.")
    return header
