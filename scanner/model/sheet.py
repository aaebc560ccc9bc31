"""A sheet as the record knows it: what was printed, for whom, and by which layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from forms.layout import FormLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPurpose:
    """Which rating a sheet is for. All of it may be unknown until the sheet is bound."""

    case: str | None = None
    """Pseudonymous reference of the case."""
    session: int | None = None
    """Number of the session within the case."""
    session_date: date | None = None
    subject: str | None = None
    """Pseudonymous reference, within the case, to the person whom the rating is about."""
    rater: str | None = None
    """A value of `forms.instrument.Rater`: who holds the pen."""
    unit: str | None = None


class SheetState(StrEnum):
    """How far a printed sheet has come; every sheet is in exactly one state."""

    OUTSTANDING = "outstanding"
    """It has not been read from any scan."""
    IN_REVIEW = "in_review"
    """A line of it waits for a person."""
    SETTLED = "settled"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSheet:
    """A sheet in the record."""

    sheet_id: str
    """18 characters, without groups."""
    instrument: str
    version: int
    """Of the instrument."""
    language: str
    layout: FormLayout
    purpose: SheetPurpose
    void_reason: str | None
    """None while the sheet is good."""
    read_before: bool = False
    """It has come back already: what another scan of it shows may differ."""


SheetLookup = Callable[[str], KnownSheet | None]
"""From an identifier to the sheet, or None when this record never printed it."""
