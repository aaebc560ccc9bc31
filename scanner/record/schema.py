"""The tables. Unique constraints carry the rules, so that two processes cannot break them.

Lengths on the line are whole micrometres and scores whole tenths: exact in both databases,
and what is printed (three decimals, one decimal) is what is stored. All times are UTC.

The tables in `APPEND_ONLY` are just that; triggers refuse anything else. The pictures of the lines
stand apart in `crop`, because they are purged long before the values.

What people work with, and who they are, is in `schema_review` and `schema_access`; what is delivered
in `schema_delivery`; what is planned for meetings in `schema_cases`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from scanner.record.columns import BigId, UtcTime

HEAD = "0006"
"""The newest migration; a record that names another is upgraded or refused."""

VERSION_TABLE = "jana_schema"
"""Not alembic's usual name: the central database may hold other programs' schemas too."""

APPEND_ONLY = ("outcome", "reading", "event", "audit", "page_word", "sheet_version", "delivery_attempt")

WHOLE_FILE = 0
"""Page number of an outcome that concerns the file as a whole; pages count from 1."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

case = Table(
    "case",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("reference", String, nullable=False, unique=True),
    Column("unit", String),
    Column("age_band", String),
    Column("opened", Date),
    Column("closed", Date),
    Column("outcome", String),
    Column("retention_class", String),
)

session = Table(
    "session",
    metadata,
    Column("case_id", ForeignKey(case.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("date", Date, index=True),
)

layout = Table(
    "layout",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

sheet = Table(
    "sheet",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("identifier", String(18), nullable=False, unique=True),
    Column("instrument", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("layout_id", ForeignKey(layout.c.id), nullable=False),
    Column("case_id", ForeignKey(case.c.id)),
    Column("session_number", Integer),
    Column("session_date", Date),
    Column("subject", String),
    Column("rater", String),
    Column("unit", String),
    Column("printed_at", UtcTime, nullable=False),
    Column("voided_at", UtcTime),
    Column("voided_by", String),
    Column("void_reason", Text),
    # Holds only when both are there: a sheet may name a case without a session.
    ForeignKeyConstraint(["case_id", "session_number"], [session.c.case_id, session.c.number]),
    Index(None, "case_id", "session_number"),
)

scan_file = Table(
    "scan_file",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media", String, nullable=False),
    Column("stored", String),
    Column("page_count", Integer),
    Column("taken_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("finished_at", UtcTime),
    Column("purged_at", UtcTime),
)
# Small however long the record grows: it holds only what is still to be read.
Index(
    "ix_scan_file_unfinished",
    scan_file.c.id,
    sqlite_where=scan_file.c.finished_at.is_(None),
    postgresql_where=scan_file.c.finished_at.is_(None),
)

scan_bytes = Table(
    "scan_bytes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)
"""Scans in pieces, for a store in the database. They do not refer to `scan_file`: bytes come first."""

sighting = Table(
    "sighting",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("scan_file_id", ForeignKey(scan_file.c.id), nullable=False, index=True),
    Column("name", LargeBinary, nullable=False),
    Column("folder", LargeBinary),
    Column("office", String),
    Column("seen_at", UtcTime, nullable=False),
    Column("claim", String),
    Index(None, "claim", unique=True),
)

page = Table(
    "page",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("scan_file_id", ForeignKey(scan_file.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    UniqueConstraint("scan_file_id", "number"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("page_id", ForeignKey(page.c.id), nullable=False),
    Column("reader_version", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("sheet_id", ForeignKey(sheet.c.id), index=True),
    Column("standing", String),
    Column("turn", Integer),
    Column("matrix", JSON(none_as_null=True)),
    Column("residual_mm", Float),
    Column("profile_id", String),
    Column("reason", String),
    Column("detail", Text),
    Column("read_at", UtcTime, nullable=False),
    Column("word_id", ForeignKey("page_word.id")),
    # A page is read once by each version of the reader, and once more for each time that a person says
    # which sheet it shows.
    UniqueConstraint("word_id", "reader_version"),
)
Index(
    "uq_outcome_unprompted",
    outcome.c.page_id,
    outcome.c.reader_version,
    unique=True,
    sqlite_where=outcome.c.word_id.is_(None),
    postgresql_where=outcome.c.word_id.is_(None),
)
Index("ix_outcome_page_id", outcome.c.page_id)
# What a person may be able to identify: few, however long the record grows.
Index(
    "ix_outcome_refused",
    outcome.c.id,
    sqlite_where=outcome.c.kind == "refused",
    postgresql_where=outcome.c.kind == "refused",
)

reading = Table(
    "reading",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("outcome_id", ForeignKey(outcome.c.id), nullable=False),
    Column("item", String, nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("position_mm", Float),
    Column("verdict", String, nullable=False),
    Column("reasons", String, nullable=False),
    Column("confidence", Float),
    Column("standing", String, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("candidates", JSON, nullable=False),
    UniqueConstraint("outcome_id", "item_number"),
)

crop = Table(
    "crop",
    metadata,
    Column("reading_id", ForeignKey(reading.c.id), primary_key=True),
    Column("png", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("sheet_id", ForeignKey(sheet.c.id), nullable=False),
    Column("item", String, nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reading_id", ForeignKey(reading.c.id), nullable=False),
    Column("status", String, nullable=False),
    Column("position_um", Integer),
    Column("score_tenths", Integer),
    Column("missing_reason", String),
    Column("reasons", String, nullable=False),
    Column("confidence", Float),
    Column("decided_by", String, nullable=False),
    Column("restores", Integer),
    Column("salt", String(32), nullable=False),
    UniqueConstraint("sheet_id", "item_number", "revision"),
    CheckConstraint("position_um BETWEEN 0 AND 100000", name="position_on_line"),
    CheckConstraint("score_tenths BETWEEN 0 AND 100", name="score_in_range"),
)
# How much somebody has decided since this morning.
Index(
    "ix_event_decided",
    event.c.actor,
    event.c.at,
    sqlite_where=event.c.kind == "decision",
    postgresql_where=event.c.kind == "decision",
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", BigId, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("token", String(32), nullable=False, index=True),
    Column("previous", String(64), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
)
