"""What is planned for a meeting, so that its sheets can be printed without asking again."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table

from scanner.record.columns import BigId
from scanner.record.schema import metadata, session

session_plan = Table(
    "session_plan",
    metadata,
    Column("case_id", BigId, primary_key=True, autoincrement=False),
    Column("session_number", Integer, primary_key=True, autoincrement=False),
    Column("session_time", String(5)),
    Column("subject", String),
    Column("raters", String),
    Column("own", String),
    Column("instruments", String),
    Column("language", String),
    ForeignKeyConstraint(["case_id", "session_number"], [session.c.case_id, session.c.number]),
)
"""A row for each meeting that somebody planned; `raters`, `own` and `instruments` are words with spaces
between them. NULL: nothing was said."""
