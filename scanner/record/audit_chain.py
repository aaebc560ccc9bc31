"""The audit's chain of hashes: every entry seals itself and the one before.

An entry holds who did what to which object, with ids and digests only: no score and nothing of
a person, so that erasing a person's data leaves the chain whole. Whoever edits, removes, adds
or reorders an entry breaks it; cutting entries off at the end shows only beside an anchor that
is kept outside the database (`Anchor`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from scanner.record.schema import audit

Detail = str | int | None | Sequence[str] | Sequence[int]

GENESIS = "0" * 64
"""What the first entry has before it."""

LOCK_KEY = 0x6A616E61_41554454
"""PostgreSQL's advisory lock for appending; any fixed number does."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain."""

    actor: str
    action: str
    """Object and verb, such as `sheet.void`."""
    target: str
    """What it was done to, such as `sheet:J1...` or `scan:<sha256>`."""
    detail: Mapping[str, Detail]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry as it is stored."""

    sequence: int
    """Counts from 1 without gaps."""
    at: datetime
    actor: str
    action: str
    target: str
    detail: str
    """Canonical JSON."""
    token: str
    """The same for all entries of one transaction, and for no other."""
    previous: str
    digest: str

    def computed_digest(self) -> str:
        """SHA-256 over all else, in hex."""
        parts = (
            self.sequence,
            self.at.isoformat(timespec="microseconds"),
            self.actor,
            self.action,
            self.target,
            self.detail,
            self.token,
            self.previous,
        )
        return digest_of(parts)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the chain to keep outside the database: what was there must still be there."""

    sequence: int
    digest: str


def digest_of(parts: object) -> str:
    """SHA-256 in hex of the canonical JSON of `parts`."""
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def canonical(parts: object) -> str:
    """The one way to write a value as JSON: sorted keys, no spaces, ASCII."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)


def append(connection: Connection, drafts: Sequence[Draft], *, at: datetime, token: str) -> None:
    """Put entries at the end of the chain; other writers wait until this transaction ends."""
    if not drafts:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
    last = head(connection)
    sequence, previous = (last.sequence, last.digest) if last else (0, GENESIS)
    rows = []
    for draft in drafts:
        sequence += 1
        entry = AuditEntry(
            sequence,
            at,
            draft.actor,
            draft.action,
            draft.target,
            canonical(draft.detail),
            token,
            previous,
            "",
        )
        previous = entry.computed_digest()
        rows.append({name: getattr(entry, name) for name in AuditEntry.__slots__} | {"digest": previous})
    connection.execute(insert(audit), rows)


def head(connection: Connection) -> Anchor | None:
    """The end of the chain, or None while it is empty."""
    row = connection.execute(
        select(audit.c.sequence, audit.c.digest).order_by(audit.c.sequence.desc()).limit(1)
    ).first()
    return Anchor(row.sequence, row.digest) if row else None


def holds(connection: Connection, token: str) -> bool:
    """Whether a transaction with this token was committed."""
    return (
        connection.execute(select(audit.c.token).where(audit.c.token == token).limit(1)).first() is not None
    )


def entries(connection: Connection, *, lot: int = 2000) -> Iterator[AuditEntry]:
    """All entries from the first on, without holding them all in memory."""
    columns = [audit.c[name] for name in AuditEntry.__slots__]
    statement = select(*columns).order_by(audit.c.sequence)
    with connection.execution_options(yield_per=lot).execute(statement) as rows:
        for row in rows:
            yield AuditEntry(*row)
