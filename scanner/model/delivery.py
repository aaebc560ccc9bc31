"""What is delivered of a sheet whose every line is settled, and what a receiver may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from scanner.model.decision import Status


class Withdrawal(StrEnum):
    """Why what was delivered of a sheet holds no more."""

    VOID = "void"
    """The sheet was taken out of use."""
    WRONG_PERSON = "wrong_person"
    """It turned out to belong to somebody else."""
    REOPENED = "reopened"
    """A person took back the decision that had given an item its value, and gave no other yet."""


class DeliveryState(StrEnum):
    """What became of one version of a sheet at one target."""

    PENDING = "pending"
    """To be sent, now or later."""
    SENDING = "sending"
    """In a batch that was sent, or is about to be: nobody knows yet whether it arrived."""
    DELIVERED = "delivered"
    REJECTED = "rejected"
    """The target does not want it, and said why."""
    UNDELIVERABLE = "undeliverable"
    """It was never sent, because the target could not take it as it is."""
    SUPERSEDED = "superseded"
    """A newer version took its place before it was delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledItem:
    """One item as it stands in one version of its sheet."""

    item: str
    item_number: int
    """Counts from 1, top to bottom on the sheet."""
    status: Status
    """Any but `review`."""
    position_mm: Decimal | None
    """Three decimals, 0 to 100; None when the item has no value."""
    score: Decimal | None
    """One decimal, 0 to 10; None when the item has no value. Blank is never 0."""
    missing_reason: str | None
    """`blank`, `refused`, `illegible` or `lost`; None when the item has a value."""
    decided_by: str
    """`reader/<version>` or a person's account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledSheet:
    """One version of a sheet. The same (sheet_id, version) is always equal to itself, in all fields."""

    sheet_id: str
    """18 characters, without groups."""
    version: int
    """Counts the contents that the sheet has had in turn from 1; a withdrawal is a version of its own."""
    instrument: str
    instrument_version: int
    language: str
    case: str | None
    """Pseudonymous reference; None for a sheet that is not bound to a case."""
    session: int | None
    session_date: date | None
    subject: str | None
    rater: str | None
    unit: str | None
    items: tuple[SettledItem, ...]
    """In the order of the sheet. Of a withdrawn version: as they stood in the version before it."""
    total: Decimal | None
    """Sum of the rounded scores, one decimal; None unless every item has a value, and for an instrument
    whose items make no total."""
    read_at: datetime
    """When the newest of the readings behind the items was made; UTC, like all moments here."""
    settled_at: datetime
    """When the sheet came to have this content, or when it was withdrawn."""
    reader_version: str
    """Of that newest reading."""
    scan_sha256: str
    """Of the file that it was made from."""
    withdrawn: Withdrawal | None
    """None: these are its values. Else what was delivered before is to be taken back, and this is why."""

    @property
    def key(self) -> str:
        """Names this version of this sheet, in letters, digits and a hyphen."""
        return f"{self.sheet_id}-{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSheet:
    """A sheet of a session as the record has it now; void ones are left out."""

    sheet_id: str
    instrument: str
    subject: str | None
    rater: str | None
    settled: SettledSheet | None
    """Its newest version; None while it is outstanding, in review for the first time, or withdrawn."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The target has it for good, or had it already."""

    remote_id: str | None = None
    """What the target calls it; shown to people, never needed."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The target looked at it and does not want it: sending it again as it is makes no sense."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody knows whether the target has it: it is sent again, with the same key."""

    why: str


Answer = Acknowledged | Rejected | Unanswered
