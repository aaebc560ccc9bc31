"""How the work stands: what waits and since when, what was refused and why, when something last came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from scanner.model.outcome import RefusalReason
from scanner.record.counts import Counts, counts
from scanner.record.outcomes import PageKind
from scanner.record.page_waits import waits_again
from scanner.record.results import is_newest_outcome
from scanner.record.schema import outcome, page, scan_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The record at one moment."""

    counts: Counts
    files_waiting: int
    """Taken in, with something in them that has no outcome yet."""
    oldest_waiting_at: datetime | None
    """When the oldest of them was taken in."""
    refused: Mapping[RefusalReason, int]
    """Pages, and files as a whole, by reason, the most frequent first. Adds up to `pages_refused`."""
    newest_outcome_at: datetime | None
    """When a page last got its outcome."""


def overview(connection: Connection) -> Overview:
    """All of it, of one moment when the connection is in one of `Database.reading`."""
    waiting = connection.execute(
        select(func.count().label("files"), func.min(scan_file.c.taken_at).label("since")).where(
            scan_file.c.finished_at.is_(None)
        )
    ).one()
    number = func.count().label("number")
    refused = (
        select(outcome.c.reason, number)
        .join(page, outcome.c.page_id == page.c.id)
        .where(outcome.c.kind == PageKind.REFUSED.value, is_newest_outcome(), ~waits_again())
        .group_by(outcome.c.reason)
        .order_by(number.desc(), outcome.c.reason)
    )
    return Overview(
        counts=counts(connection),
        files_waiting=waiting.files,
        oldest_waiting_at=waiting.since,
        refused={RefusalReason(row.reason): row.number for row in connection.execute(refused)},
        newest_outcome_at=connection.scalar(select(func.max(outcome.c.read_at))),
    )
