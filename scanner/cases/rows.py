"""A table of cases, row by row: a case, mostly with a planned meeting; or why a row is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from forms.instrument import Instrument
from scanner.cases import cells
from scanner.cases.personal import is_personal_heading, looks_like_name, mostly_names, what_is_personal
from scanner.cases.table import Table, TableError, read_table
from scanner.model.case import AgeBand, CaseFacts, CaseOutcome, CaseRow, RowTrouble, SessionFacts
from scanner.texts.row_error import RowError

CASE_COLUMNS = (
    "case",
    "unit",
    "age_band",
    "opened",
    "closed",
    "outcome",
    "retention_class",
    "professional",
)
SESSION_COLUMNS = (
    "session",
    "session_date",
    "session_time",
    "subject",
    "raters",
    "own",
    "instruments",
    "language",
)
COLUMNS = CASE_COLUMNS + SESSION_COLUMNS
EMPTIED = ("-", "–", "—")
"""A cell that holds only this empties what is known; an empty cell says nothing, for most tables do not have
everything that the record has. Word processors make longer ones of the first."""
NEVER_EMPTIED = ("case", "session", "professional")
"""The first two name what a row is about; whose a case is, is changed with the account."""


@dataclass(frozen=True, slots=True)
class Known:
    """What cells may name."""

    instruments: Mapping[str, Instrument]
    retention_classes: Collection[str]


@dataclass(frozen=True, slots=True)
class CaseTable:
    """What a file says of cases."""

    rows: tuple[CaseRow, ...]
    troubles: tuple[RowTrouble, ...]
    """Rows that cannot be understood, which are not among `rows`."""
    ignored: tuple[str, ...]
    """Columns that mean nothing here."""
    encoding: str
    separator: str
    spoken_dates: int
    """Rows with a day as d.M.yyyy."""


def read_cases(path: Path, known: Known) -> CaseTable:
    """Read a table of cases.

    Raises TableError for a file that is no table, has no column `case`, or holds anything personal.
    """
    table = read_table(path, COLUMNS)
    _check_header(path, table)
    ignored = tuple(name for name in table.header if name and name not in COLUMNS)
    _refuse_personal_columns(path, table)
    rows, troubles, spoken = [], [], 0
    for line, values in table.rows:
        try:
            row, as_spoken = _row(line, _cells(table, values), known)
        except RowError as error:
            troubles.append(error.at(line))
        else:
            rows.append(row)
            spoken += as_spoken
    return CaseTable(tuple(rows), tuple(troubles), ignored, table.encoding, table.separator, spoken)


def _check_header(path: Path, table: Table) -> None:
    if "case" not in table.header:
        known = ", ".join(COLUMNS)
        raise TableError(f"{path} needs a header with at least `case`; known are {known}.")
    if not table.rows:
        raise TableError(f"{path} has a header and no rows: there is nothing to take in.")


def _refuse_personal_columns(path: Path, table: Table) -> None:
    """Columns that we would pass over count too: what is in the file comes from somewhere."""
    found = {name for name in table.header if is_personal_heading(name)}
    for place, name in enumerate(table.header):
        if name in COLUMNS:
            continue
        values = [row[place] for _, row in table.rows if place < len(row)]
        if any(map(what_is_personal, values)) or mostly_names(values):
            found.add(name or f"column {place + 1}")
    if found:
        raise TableError(
            f"{path} holds personal data ({', '.join(sorted(found))}): nothing was taken in. Clients are "
            "known here by pseudonymous references only; leave these columns out, and try again."
        )


def _cells(table: Table, values: tuple[str, ...]) -> dict[str, str]:
    """The known cells of a row by their column. Raises RowError for a row that is too long."""
    if any(values[len(table.header) :]):
        raise RowError("too_many_cells")
    found = dict(zip(table.header, values, strict=False))
    return {name: found.get(name, "") for name in COLUMNS}


def _row(line: int, given: dict[str, str], known: Known) -> tuple[CaseRow, bool]:
    """The row, and whether it has a day as it is spoken. Raises RowError."""
    for name, value in given.items():
        personal = what_is_personal(value)
        # Before anything else is said of a cell, since that would repeat it.
        if personal is not None:
            raise RowError(f"looks_like_{personal}", name=name)
    emptied = frozenset(name for name, value in given.items() if value in EMPTIED)
    for name in emptied:
        if name in NEVER_EMPTIED:
            raise RowError("not_emptied", name=name)
    given = {name: "" if name in emptied else value for name, value in given.items()}
    reference = _reference("case", given["case"])
    if reference is None:
        raise RowError("no_case")
    spoken = [cells.day_as_spoken(name, given[name]) for name in ("opened", "closed", "session_date")]
    opened, closed, session_date = (day for day, _ in spoken)
    facts = CaseFacts(
        unit=_reference("unit", given["unit"], may_be_name=True),
        age_band=cells.one_of("age_band", given["age_band"], AgeBand),
        opened=opened,
        closed=closed,
        outcome=cells.one_of("outcome", given["outcome"], CaseOutcome),
        retention_class=_retention(given["retention_class"], known.retention_classes),
    )
    meeting = SessionFacts(
        session_date=session_date,
        session_time=cells.time_of_day("session_time", given["session_time"]),
        subject=_reference("subject", given["subject"]),
        raters=cells.roles("raters", given["raters"], cells.RATERS),
        own=cells.roles("own", given["own"], cells.OWN),
        instruments=_instruments(given["instruments"], known.instruments),
        language=_language(given["language"], known.instruments),
    )
    session = cells.session(given["session"])
    named = [name for name in SESSION_COLUMNS if given[name] or name in emptied]
    if session is None and named:
        raise RowError("no_session", name=named[0])
    professional = _reference("professional", given["professional"], may_be_name=True)
    row = CaseRow(
        line=line,
        case=reference,
        facts=facts,
        session=session,
        meeting=meeting,
        professional=professional,
        emptied=emptied,
    )
    return row, any(as_spoken for _, as_spoken in spoken)


def _reference(name: str, given: str, *, may_be_name: bool = False) -> str | None:
    """A text that must not say who somebody is; what it says is not repeated."""
    if not may_be_name and looks_like_name(given):
        raise RowError("looks_like_name", name=name)
    return cells.text(name, given)


def _retention(given: str, known: Collection[str]) -> str | None:
    if given and given not in known:
        raise RowError("no_retention", given=repr(given), known=", ".join(sorted(known)) or "-")
    return given or None


def _instruments(given: str, known: Mapping[str, Instrument]) -> tuple[str, ...] | None:
    codes = cells.several(given)
    for code in codes:
        if code not in known:
            raise RowError("no_instrument", given=repr(code), known=", ".join(sorted(known)))
    return codes or None


def _language(given: str, known: Mapping[str, Instrument]) -> str | None:
    if not given:
        return None
    languages = sorted({language for instrument in known.values() for language in instrument.languages})
    if given.lower() not in languages:
        raise RowError("no_language", given=repr(given), known=", ".join(languages))
    return given.lower()
