"""A case with its meetings, and who is to fill in what: as it is planned, before any sheet is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class AgeBand(StrEnum):
    """How old the client was when the case was opened; it stays so, and chooses the forms."""

    ADULT = "adult"
    ADOLESCENT = "adolescent"
    """From 13 on; up to which birthday is the organisation's to say."""
    CHILD = "child"
    """6 to 12."""


class CaseOutcome(StrEnum):
    """How a case stands, or ended."""

    OPEN = "open"
    CLOSED_PLANNED = "closed_planned"
    CLOSED_UNPLANNED = "closed_unplanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What is known of a case, or said of it. None: nothing."""

    unit: str | None = None
    age_band: AgeBand | None = None
    opened: date | None = None
    closed: date | None = None
    outcome: CaseOutcome | None = None
    retention_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What is known of a planned meeting, or said of it. None: nothing."""

    session_date: date | None = None
    session_time: str | None = None
    """As `HH:MM`, so that sheets come out in the order of the day."""
    subject: str | None = None
    """What the client is called on the sheets; None: as the age band says."""
    raters: tuple[str, ...] | None = None
    """Values of `forms.instrument.Rater`: who rates the client."""
    own: tuple[str, ...] | None = None
    """Who fills in sheets about themselves too: their subject is their role, their rater `self`."""
    instruments: tuple[str, ...] | None = None
    """Codes; None: as the age band says."""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A row of a table of cases: a case, and mostly a meeting of it."""

    line: int
    """Of the file, for people who look for it."""
    case: str
    facts: CaseFacts
    session: int | None
    meeting: SessionFacts
    professional: str | None
    """Name of the account whose case it is."""
    emptied: frozenset[str] = frozenset()
    """Columns of which nothing shall be known any more."""


@dataclass(frozen=True, slots=True)
class RowTrouble:
    """Why a row cannot be taken."""

    line: int
    words: str
    """In English."""
    kind: str
    """Key of the texts' table `row`, for other languages."""
    values: tuple[tuple[str, str], ...] = ()
    """Of the text's placeholders."""


PrintedRating = tuple[str, str | None, str | None]
"""Instrument, subject and rater of a sheet: what is not printed twice for one meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting with all that its sheets depend on."""

    case: str
    session: int
    facts: CaseFacts = field(default_factory=CaseFacts)
    plan: SessionFacts = field(default_factory=SessionFacts)
    case_known: bool = True
    session_known: bool = True
    last_session: int | None = None
    """The highest number that the case has; None while it has no session."""
    printed: frozenset[PrintedRating] = frozenset()
    """Of the sheets that were printed for it and are not void."""
