"""The tables that people work from: what waits for them, what they said of pages, second looks.

`waiting_mark` holds nothing that the events do not say too. It is kept up with them in the same
transaction, because finding the newest events among a million takes longer than a key press may.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from scanner.record.columns import BigId, UtcTime
from scanner.record.schema import case, event, metadata, page, reading, sheet

waiting_mark = Table(
    "waiting_mark",
    metadata,
    Column("event_id", ForeignKey(event.c.id), primary_key=True, autoincrement=False),
    Column("sheet_id", ForeignKey(sheet.c.id), nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("unit", String),
    Column("case_id", ForeignKey(case.c.id)),
    UniqueConstraint("sheet_id", "item_number"),
    Index("ix_waiting_mark_unit", "unit", "event_id"),
    Index("ix_waiting_mark_case", "case_id", "event_id"),
)
"""Items that wait for a person, by the event since when they wait, and whose they are."""

page_picture = Table(
    "page_picture",
    metadata,
    Column("page_id", ForeignKey(page.c.id), primary_key=True, autoincrement=False),
    Column("png", LargeBinary, nullable=False),
)
"""The whole page, small, for those who settle a mark on it or say what it is."""

page_word = Table(
    "page_word",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("page_id", ForeignKey(page.c.id), nullable=False),
    Column("kind", String, nullable=False),
    Column("sheet_id", ForeignKey(sheet.c.id)),
    Column("actor", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "page_id"),
    CheckConstraint("(kind = 'identified') = (sheet_id IS NOT NULL)", name="sheet_if_identified"),
)
"""What people said of a page; the newest holds."""

second_look = Table(
    "second_look",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("sheet_id", ForeignKey(sheet.c.id), nullable=False),
    Column("item", String, nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reading_id", ForeignKey(reading.c.id), nullable=False),
    Column("drawn_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("answered_by", String),
    Column("position_um", Integer),
    Column("missing_reason", String),
    Column("agrees", Boolean),
    UniqueConstraint("sheet_id", "item_number", "revision"),
    CheckConstraint("position_um BETWEEN 0 AND 100000", name="position_on_line"),
)
"""Values that somebody else looks at once more without seeing them."""
Index(
    "ix_second_look_open",
    second_look.c.id,
    sqlite_where=second_look.c.answered_at.is_(None),
    postgresql_where=second_look.c.answered_at.is_(None),
)
Index("ix_second_look_answered", second_look.c.answered_by, second_look.c.answered_at)
