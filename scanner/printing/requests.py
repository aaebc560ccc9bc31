"""Which sheets are wanted: from a table, or so many of one kind."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forms.instrument import Instrument
from scanner.cases import cells
from scanner.errors import JanaError
from scanner.model.sheet import SheetPurpose

COLUMNS = ("instrument", "language", "case", "session", "session_date", "subject", "rater", "unit")
MAX_TROUBLES = 20
"""Rows that are complained of at one time: enough to see what is wrong with a table."""


@dataclass(frozen=True, slots=True)
class SheetRequest:
    """One sheet that somebody wants printed."""

    instrument: Instrument
    language: str
    purpose: SheetPurpose


class RequestsError(JanaError):
    """A table of requests that cannot be printed; the message names every wrong row."""


@dataclass(frozen=True, slots=True)
class RequestTable:
    """What stands in a REQUESTS.csv."""

    requests: tuple[SheetRequest, ...]
    ignored: tuple[str, ...]
    """Columns that mean nothing here: perhaps they are misspelt."""


def read_requests(path: Path, instruments: Mapping[str, Instrument], default_language: str) -> RequestTable:
    """Read REQUESTS.csv. All rows are good, or RequestsError names those that are not, by line."""
    header, rows = _rows(path)
    requests, troubles = [], []
    for line, row in rows:
        try:
            requests.append(_request(row, instruments, default_language))
        except ValueError as error:
            troubles.append(f"  line {line}: {error}")
    if troubles:
        more = len(troubles) - MAX_TROUBLES
        shown = troubles[:MAX_TROUBLES] + ([f"  and {more} more"] if more > 0 else [])
        raise RequestsError("\n".join([f"Nothing was printed, because {path} has wrong rows:", *shown]))
    if not requests:
        raise RequestsError(f"{path} has a header and no rows: there is nothing to print.")
    return RequestTable(tuple(requests), tuple(name for name in header if name and name not in COLUMNS))


_Row = Mapping[str | None, str | list[str] | None]


def _rows(path: Path) -> tuple[Sequence[str], list[tuple[int, _Row]]]:
    """The header, and each row with the line that it ends on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = [name.strip().lower() for name in reader.fieldnames or []]
            _check_header(path, header)
            reader.fieldnames = header
            return header, [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise RequestsError(f"{path} is not UTF-8; save it as CSV UTF-8 and try again.") from error
    except csv.Error as error:
        raise RequestsError(f"{path} is no good CSV at line {reader.line_num}: {error}.") from error
    except OSError as error:
        raise RequestsError(f"{path} cannot be read: {error.strerror}.") from error


def pool(instrument: Instrument, language: str, count: int) -> tuple[SheetRequest, ...]:
    """A pool of sheets that are bound to a case later. Raises RequestsError for a language it lacks."""
    try:
        request = SheetRequest(instrument, _language(instrument, language), SheetPurpose())
    except ValueError as error:
        raise RequestsError(f"{error}.") from error
    return (request,) * count


def known_instrument(instruments: Mapping[str, Instrument], code: str) -> Instrument:
    """The instrument of that code, in any case of letters. Raises ValueError with those that there are."""
    instrument = instruments.get(code.lower())
    if instrument is None:
        raise ValueError(f"there is no instrument {code!r}; there are {', '.join(sorted(instruments))}")
    return instrument


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise RequestsError(f"{path} is separated by semicolons; save it with commas and try again.")
    named = [name for name in header if name]  # a spreadsheet may leave empty columns at the end
    if len(set(named)) != len(named):
        raise RequestsError(f"{path} names a column twice: {', '.join(named)}.")
    if "instrument" not in named:
        known = ", ".join(COLUMNS)
        raise RequestsError(f"{path} needs a header with at least `instrument`; known are {known}.")


def _request(row: _Row, instruments: Mapping[str, Instrument], default_language: str) -> SheetRequest:
    if None in row:
        raise ValueError("more cells than the header has columns")
    given = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    if not given["instrument"]:
        raise ValueError("no instrument")
    instrument = known_instrument(instruments, given["instrument"])
    language = given["language"].lower()
    if not language:
        language = default_language if default_language in instrument.languages else instrument.languages[0]
    purpose = SheetPurpose(
        case=cells.text("case", given["case"]),
        session=cells.session(given["session"]),
        session_date=cells.day("session_date", given["session_date"]),
        subject=cells.text("subject", given["subject"]),
        rater=cells.rater(given["rater"]),
        unit=cells.text("unit", given["unit"]),
    )
    return SheetRequest(instrument, _language(instrument, language), purpose)


def _language(instrument: Instrument, language: str) -> str:
    if language not in instrument.languages:
        known = ", ".join(instrument.languages)
        raise ValueError(f"{instrument.code} has no language {language!r}; it has {known}")
    return language


def purpose_from_texts(
    *, case: str, session: str, session_date: str, subject: str, rater: str, unit: str
) -> SheetPurpose:
    """A purpose as it is typed on a command line. Raises RequestsError with what is wrong."""
    try:
        return SheetPurpose(
            case=cells.text("case", case.strip()),
            session=cells.session(session.strip()),
            session_date=cells.day("session_date", session_date.strip()),
            subject=cells.text("subject", subject.strip()),
            rater=cells.rater(rater.strip()),
            unit=cells.text("unit", unit.strip()),
        )
    except ValueError as error:
        raise RequestsError(f"{error}.") from error
