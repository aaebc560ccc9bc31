"""One row of OpenFIT's flat file, in types that cannot hold what the template forbids.

A questionnaire was answered with four scores, or it was skipped with nothing; a total has no place, since
the template takes four items and a blank total. A score of 0 is a mark at the left end and is written
`0.0`; a missing one makes the whole questionnaire impossible to build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from scanner.model.delivery import SettledSheet

CLIENT_COLUMNS = (
    "Service_Location",
    "Provider_Email",
    "Provider_FirstName",
    "Provider_LastName",
    "Provider_ID",
    "Client_ID",
    "Client_FirstName",
    "Client_LastName",
    "Client_Gender",
    "Client_Group",
    "Case_ID",
    "Case_Date",
)
"""What the key file knows and the record does not."""
COLUMNS = (
    *CLIENT_COLUMNS,
    *("Session_ID", "Session_Date", "Notes"),
    *("ORS_Skip", "ORSQ1", "ORSQ2", "ORSQ3", "ORSQ4", "Total_ORS"),
    *("SRS_Skip", "SRSQ1", "SRSQ2", "SRSQ3", "SRSQ4", "Total_SRS"),
)
"""The template's, exactly and in its order."""
ITEMS = 4
_LEAST, _MOST = Decimal(0), Decimal(10)

SkipStyle = Literal["1/0", "Y/N"]
_FLAGS: dict[SkipStyle, tuple[str, str]] = {"1/0": ("1", "0"), "Y/N": ("Y", "N")}
"""Skipped, answered."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Four scores, top to bottom."""

    scores: tuple[Decimal, Decimal, Decimal, Decimal]
    """One decimal each, 0 to 10."""

    def __post_init__(self) -> None:
        """Raises ValueError for anything but four scores: also what a type checker never saw stays out."""
        if len(self.scores) != ITEMS:
            raise ValueError(f"four scores make a questionnaire, not {len(self.scores)}")
        for score in self.scores:
            # The type says so already; what comes from elsewhere is asked again.
            if not isinstance(score, Decimal) or not _LEAST <= score <= _MOST:
                raise ValueError("a score is a decimal number from 0 to 10")


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was answered: all blank."""


Questionnaire = Answered | Skipped


@dataclass(frozen=True, slots=True)
class Unfit:
    """What the template cannot take, and why."""

    why: str


def questionnaire_of(sheet: SettledSheet) -> Questionnaire | Unfit:
    """All four scores, nothing at all, or the reason why this sheet is neither."""
    scores = tuple(item.score for item in sheet.items)
    if len(scores) != ITEMS:
        return Unfit(f"it has {len(scores)} items, and OpenFIT takes four")
    first, second, third, fourth = scores
    if first is not None and second is not None and third is not None and fourth is not None:
        return Answered((first, second, third, fourth))
    if any(score is not None for score in scores):
        blank = ", ".join(str(item.item_number) for item in sheet.items if item.score is None)
        return Unfit(f"partly answered (no value on line {blank}): OpenFIT takes four items or none")
    return Skipped()


@dataclass(frozen=True, slots=True)
class Client:
    """A person in OpenFIT. Not shown by `repr`, which might end in a log."""

    cells: Mapping[str, str] = field(repr=False)
    """By `CLIENT_COLUMNS`."""
    line: int
    """Of the key file."""


@dataclass(frozen=True, slots=True)
class OpenFitRow:
    """One session of one client."""

    client: Client
    session_id: int
    session_date: date
    ors: Questionnaire
    srs: Questionnaire

    def cells(self, style: SkipStyle) -> tuple[str, ...]:
        """In the order of `COLUMNS`."""
        return (
            *(self.client.cells[name] for name in CLIENT_COLUMNS),
            str(self.session_id),
            self.session_date.isoformat(),
            "",
            *_five(self.ors, style),
            *_five(self.srs, style),
        )


def _five(answers: Questionnaire, style: SkipStyle) -> tuple[str, ...]:
    """The flag, four scores, and the total, which is always blank."""
    skipped, answered = _FLAGS[style]
    match answers:
        case Answered(scores):
            return (answered, *(f"{score:.1f}" for score in scores), "")
        case Skipped():
            return (skipped, *[""] * (ITEMS + 1))
