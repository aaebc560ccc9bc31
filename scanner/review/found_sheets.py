"""Sheets as a list shows them, and the search for one that has not come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forms.identifier import SheetId
from scanner.model.sheet import SheetPurpose
from scanner.record import ListedSheet, sheet_lists
from scanner.review.paper_words import library
from scanner.review.visit import Visit
from scanner.texts import Texts
from scanner.texts.cells import utc_text

MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is known of a sheet that is looked for, as it was typed."""

    case: str = ""
    date: str = ""
    instrument: str = ""

    @classmethod
    def by(cls, form: Mapping[str, str]) -> Search:
        return cls(
            case=form.get("case", "").strip(),
            date=form.get("date", "").strip(),
            instrument=form.get("instrument", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWords:
    """A sheet in words."""

    sheet_id: str
    grouped: str
    words: str
    scanned: str


def found_sheets(visit: Visit, search: Search) -> list[SheetWords]:
    """Sheets that fit what is known; none where nothing is known, or a date is none."""
    day = day_of(search.date)
    if not (search.case or search.date or search.instrument) or (search.date and day is None):
        return []
    scope = visit.known.scope
    found = visit.record.look(
        lambda connection: sheet_lists.outstanding(
            connection,
            scope,
            reference=search.case or None,
            session_date=day,
            instrument=search.instrument or None,
            limit=MOST,
        )
    )
    return [in_words(visit, sheet) for sheet in found]


def in_words(visit: Visit, sheet: ListedSheet) -> SheetWords:
    """The sheet as a list shows it."""
    facts = [
        f"{instrument_name(visit, sheet.instrument)} ({sheet.language})",
        *purpose_words(visit.texts, sheet.purpose),
    ]
    return SheetWords(
        sheet_id=sheet.sheet_id,
        grouped=grouped(sheet.sheet_id),
        words=" · ".join(facts),
        scanned="" if sheet.read_at is None else utc_text(sheet.read_at)[:10],
    )


def purpose_words(texts: Texts, purpose: SheetPurpose) -> list[str]:
    """For whom a sheet is, as far as it is known."""
    said = [purpose.case or ""]
    if purpose.session is not None:
        said.append(texts.of("mark", "session", number=purpose.session))
    said.append("" if purpose.session_date is None else purpose.session_date.isoformat())
    if purpose.subject:
        said.append(texts.of("mark", "about", subject=purpose.subject))
    if purpose.rater:
        said.append(texts.of("mark", "by", rater=texts.of("rater", purpose.rater)))
    return [*filter(None, said), *filter(None, [purpose.unit])]


def grouped(sheet_id: str) -> str:
    """The code as it is printed, in groups."""
    return SheetId(sheet_id).grouped()


def instrument_name(visit: Visit, code: str) -> str:
    """What a form is called; its code where it is not known any more."""
    known = library(visit.site.settings.instruments).get(code)
    return code.upper() if known is None else known.name


def instrument_names(visit: Visit) -> list[tuple[str, str]]:
    """Codes and names of all instruments."""
    return [(code, known.name) for code, known in sorted(library(visit.site.settings.instruments).items())]


def day_of(text: str) -> date | None:
    """The day that a field of a form names; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
