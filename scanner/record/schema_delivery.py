"""The tables of what is delivered: the versions of settled sheets, and what became of each at each target.

`sheet_version` and `delivery_attempt` are append-only. A version keeps its content as it was, so that
the same version gives the same bytes for good; the audit vouches for it as it does for events.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from scanner.record.columns import BigId, UtcTime
from scanner.record.schema import metadata, sheet

sheet_version = Table(
    "sheet_version",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("sheet_id", ForeignKey(sheet.c.id), nullable=False),
    Column("version", Integer, nullable=False),
    Column("withdrawn", String),
    Column("content", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("salt", String(32), nullable=False),
    UniqueConstraint("sheet_id", "version"),
)
"""What a sheet came to hold when all of its lines were settled; or that this holds no more."""

delivery_target = Table(
    "delivery_target",
    metadata,
    Column("name", String, primary_key=True),
    Column("held_by", String),
    Column("held_until", UtcTime),
    Column("versions_seen", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("rests_until", UtcTime),
    Column("trouble", Text),
    Column("answered_at", UtcTime),
)
"""Who delivers to a target, and whether the target is down."""

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("version_id", ForeignKey(sheet_version.c.id), nullable=False),
    Column("sheet_id", ForeignKey(sheet.c.id), nullable=False),
    Column("target", ForeignKey(delivery_target.c.name), nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcTime),
    Column("batch", String(16)),
    Column("remote_id", String),
    Column("reason", Text),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("version_id", "target"),
    CheckConstraint(
        "state IN ('pending', 'sending', 'delivered', 'rejected', 'undeliverable', 'superseded')",
        name="state",
    ),
    CheckConstraint("(state = 'sending') = (batch IS NOT NULL)", name="batch_if_sending"),
    Index(None, "sheet_id", "target"),
)
# Small however much was delivered: it holds only what is still to be done.
_OPEN = delivery.c.state.in_(("pending", "sending"))
Index("ix_delivery_open", delivery.c.target, delivery.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("target", String, nullable=False),
    Column("batch", String(16), nullable=False),
    Column("delivery_id", ForeignKey(delivery.c.id), index=True),
    Column("at", UtcTime, nullable=False),
    Column("answer", String, nullable=False),
    Column("detail", Text),
)
"""What came of each time that something was sent; without a delivery: of a batch as a whole."""
