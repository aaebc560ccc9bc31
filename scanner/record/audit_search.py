"""The audit for somebody who looks something up in it: the newest entries first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from scanner.record.audit_chain import AuditEntry
from scanner.record.schema import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to look for; empty: everything."""

    actor: str = ""
    action: str = ""
    """The whole of it, such as `crop.look`, or its first part with the point, such as `account.`."""
    target: str = ""
    """The whole of it, such as `sheet:J1...`, or how it begins."""
    since: datetime | None = None
    until: datetime | None = None
    """Not itself any more."""


def page(
    connection: Connection, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
) -> tuple[AuditEntry, ...]:
    """Entries that fit, the newest first, from the one before the sequence number `before` on."""
    columns = [audit.c[name] for name in AuditEntry.__slots__]
    query = select(*columns).order_by(audit.c.sequence.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.sequence < before)
    if wanted.actor:
        query = query.where(audit.c.actor == wanted.actor)
    if wanted.action:
        exact = not wanted.action.endswith(".")
        query = query.where(
            audit.c.action == wanted.action
            if exact
            else audit.c.action.startswith(wanted.action, autoescape=True)
        )
    if wanted.target:
        query = query.where(audit.c.target.startswith(wanted.target, autoescape=True))
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    return tuple(AuditEntry(*row) for row in connection.execute(query))
