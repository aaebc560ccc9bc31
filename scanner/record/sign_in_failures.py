"""Sign-ins that failed, as far as a throttle must know of them: how many for a key, and when the last.

What the keys are made of (a name and an address, an address, a device) is the caller's affair; here
they are digests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from scanner.record.database import Transaction
from scanner.record.schema_access import sign_in_failure

LONGEST_KEPT_S = 24 * 3600
"""Older ones are forgotten whenever a new one comes."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Of one key."""

    count: int
    last_at: datetime | None
    """None when there are none."""


def note(tx: Transaction, keys: Sequence[str]) -> None:
    """A sign-in failed; it counts for each of these keys (hex digests)."""
    old = sign_in_failure.c.at <= tx.now - timedelta(seconds=LONGEST_KEPT_S)
    tx.connection.execute(delete(sign_in_failure).where(old))
    if keys:
        tx.connection.execute(insert(sign_in_failure), [{"key": key, "at": tx.now} for key in keys])


def of_keys(connection: Connection, keys: Sequence[str], since: datetime) -> dict[str, Failures]:
    """For each key, how many there were since a moment."""
    query = (
        select(
            sign_in_failure.c.key,
            func.count().label("number"),
            func.max(sign_in_failure.c.at, type_=sign_in_failure.c.at.type).label("last_at"),
        )
        .where(sign_in_failure.c.key.in_(keys), sign_in_failure.c.at > since)
        .group_by(sign_in_failure.c.key)
    )
    found = {row.key: Failures(row.number, row.last_at) for row in connection.execute(query)}
    return {key: found.get(key, Failures(0, None)) for key in keys}


def forget(tx: Transaction, keys: Sequence[str]) -> None:
    """A sign-in succeeded: what failed under these keys counts no more."""
    tx.connection.execute(delete(sign_in_failure).where(sign_in_failure.c.key.in_(keys)))
