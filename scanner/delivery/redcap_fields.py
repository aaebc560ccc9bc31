"""The fields of a REDCap project that takes our sheets, and a sheet as a row of them.

One form for whom and when, and one for each instrument. All fields of a sheet are in its row every time,
empty ones too: REDCap overwrites what it is sent, so that a correction to blank really blanks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from scanner.model.delivery import SettledSheet, Withdrawal

MAX_RECORD = 100
"""Characters of a record's name."""
COMMON = ("case_ref", "session", "session_date", "subject", "rater", "unit")
"""Fields of the first form, after the record's name."""
_BINDING = dict(zip(COMMON, ("case", "session", "session_date", "subject", "rater", "unit"), strict=True))

Row = dict[str, str]
"""From a field to its value; empty for none."""


@dataclass(frozen=True, slots=True)
class SheetFields:
    """Names of the fields of one instrument's form."""

    instrument: str
    items: tuple[str, ...]
    """Keys of the items, top to bottom."""

    def __post_init__(self) -> None:
        """Raises ValueError when two fields would have the same name, as with items `a` and `a_why`."""
        names = self.all()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{self.instrument} would have the field {', '.join(twice)} twice")

    def all(self) -> tuple[str, ...]:
        """Every field, in the form's order; what REDCap adds itself is left out."""
        pairs = [field for item in self.items for field in (self.score(item), self.why(item))]
        about = ("total", "withdrawn", "sheet", "version", "language", "form_version")
        return (*pairs, *(self.about(name) for name in (*about, "read_at", "settled_at", "reader")))

    def score(self, item: str) -> str:
        return f"{self.instrument}_{item}"

    def why(self, item: str) -> str:
        """Why the item has no score."""
        return f"{self.instrument}_{item}_why"

    def about(self, name: str) -> str:
        """A field about the sheet as a whole."""
        return f"{self.instrument}_{name}"

    @property
    def form(self) -> str:
        return self.instrument

    @property
    def complete(self) -> str:
        """REDCap's own field: whether the form is done."""
        return f"{self.form}_complete"


def record_name(sheet: SettledSheet, record: Literal["sheet", "session"]) -> str:
    """The sheet itself, or (case, session, subject, rater) in letters that REDCap takes for a name."""
    if record == "sheet":
        return sheet.sheet_id
    parts = (sheet.case, sheet.session, sheet.subject, sheet.rater)
    return ":".join(_safe("" if part is None else str(part)) for part in parts)


def row_of(sheet: SettledSheet, record: Literal["sheet", "session"], record_field: str) -> Row:
    """All that a project gets of one version. A withdrawn one blanks every value and says why."""
    fields = SheetFields(sheet.instrument, tuple(item.item for item in sheet.items))
    row = {record_field: record_name(sheet, record), **_common(sheet, record)}
    gone = sheet.withdrawn is not None
    for item in sheet.items:
        row[fields.score(item.item)] = "" if gone or item.score is None else f"{item.score:.1f}"
        row[fields.why(item.item)] = "" if gone else item.missing_reason or ""
    about = {
        "total": "" if gone or sheet.total is None else f"{sheet.total:.1f}",
        "withdrawn": "" if sheet.withdrawn is None else sheet.withdrawn.value,
        "sheet": sheet.sheet_id,
        "version": str(sheet.version),
        "language": sheet.language,
        "form_version": str(sheet.instrument_version),
        "read_at": _moment(sheet.read_at),
        "settled_at": _moment(sheet.settled_at),
        "reader": sheet.reader_version,
    }
    row |= {fields.about(name): value for name, value in about.items()}
    row[fields.complete] = "0" if gone else "2"
    return row


def merged(rows: Sequence[Row]) -> Row:
    """Rows of one record in one: they agree on whom and when, and share no other field."""
    whole: Row = {}
    for row in rows:
        whole |= row
    return whole


def _common(sheet: SettledSheet, record: Literal["sheet", "session"]) -> Row:
    # Whoever the sheet was wrongly said to be about is no part of its record any more. A session's
    # record is that person's own, and what else stands in it stays.
    wrong = record == "sheet" and sheet.withdrawn is Withdrawal.WRONG_PERSON
    values = {field: getattr(sheet, attribute) for field, attribute in _BINDING.items()}
    return {field: "" if wrong or value is None else str(value) for field, value in values.items()}


def _safe(part: str) -> str:
    """Letters, digits and a few signs; everything else as `~` and its code, so that no two names meet."""
    return quote(part, safe="").replace("~", "%7E").replace("%", "~")


def _moment(moment: datetime) -> str:
    """In UTC, the way REDCap writes moments."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")
