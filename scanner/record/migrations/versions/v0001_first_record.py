"""The first record: sheets, scans, readings, events, and the audit.

A migration is history: it says everything itself and does not follow the tables of today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("outcome", "reading", "event", "audit")


def upgrade() -> None:
    create_cases()
    create_sheets()
    create_scans()
    create_outcomes()
    create_readings()
    create_events()
    create_audit()
    guard_append_only()


def create_cases() -> None:
    op.create_table(
        "case",
        sa.Column("id", ID, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("unit", sa.String()),
        sa.Column("age_band", sa.String()),
        sa.Column("opened", sa.Date()),
        sa.Column("closed", sa.Date()),
        sa.Column("outcome", sa.String()),
        sa.Column("retention_class", sa.String()),
        key("case"),
        unique("case", "reference"),
    )
    op.create_table(
        "session",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date()),
        key("session", "case_id", "number"),
        refers("session", "case_id", "case"),
    )


def create_sheets() -> None:
    op.create_table(
        "layout",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        key("layout"),
        unique("layout", "digest"),
    )
    op.create_table(
        "sheet",
        sa.Column("id", ID, nullable=False),
        sa.Column("identifier", sa.String(18), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("layout_id", ID, nullable=False),
        sa.Column("case_id", ID),
        sa.Column("session_number", sa.Integer()),
        sa.Column("session_date", sa.Date()),
        sa.Column("subject", sa.String()),
        sa.Column("rater", sa.String()),
        sa.Column("unit", sa.String()),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT),
        sa.Column("voided_by", sa.String()),
        sa.Column("void_reason", sa.Text()),
        key("sheet"),
        unique("sheet", "identifier"),
        refers("sheet", "layout_id", "layout"),
        refers("sheet", "case_id", "case"),
        sa.ForeignKeyConstraint(
            ["case_id", "session_number"],
            ["session.case_id", "session.number"],
            name="fk_sheet_case_id_session_number",
        ),
    )
    index("sheet", "case_id", "session_number")


def create_scans() -> None:
    op.create_table(
        "scan_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("stored", sa.String()),
        sa.Column("page_count", sa.Integer()),
        sa.Column("taken_at", MOMENT, nullable=False),
        key("scan_file"),
        unique("scan_file", "sha256"),
    )
    op.create_table(
        "sighting",
        sa.Column("id", ID, nullable=False),
        sa.Column("scan_file_id", ID, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.LargeBinary()),
        sa.Column("office", sa.String()),
        sa.Column("seen_at", MOMENT, nullable=False),
        key("sighting"),
        refers("sighting", "scan_file_id", "scan_file"),
    )
    index("sighting", "scan_file_id")
    op.create_table(
        "page",
        sa.Column("id", ID, nullable=False),
        sa.Column("scan_file_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        key("page"),
        refers("page", "scan_file_id", "scan_file"),
        unique("page", "scan_file_id", "number"),
    )


def create_outcomes() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("reader_version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sheet_id", ID),
        sa.Column("standing", sa.String()),
        sa.Column("turn", sa.Integer()),
        sa.Column("matrix", sa.JSON()),
        sa.Column("residual_mm", sa.Float()),
        sa.Column("profile_id", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("detail", sa.Text()),
        sa.Column("read_at", MOMENT, nullable=False),
        key("outcome"),
        refers("outcome", "page_id", "page"),
        refers("outcome", "sheet_id", "sheet"),
        unique("outcome", "page_id", "reader_version"),
    )
    index("outcome", "sheet_id")


def create_readings() -> None:
    op.create_table(
        "reading",
        sa.Column("id", ID, nullable=False),
        sa.Column("outcome_id", ID, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("position_mm", sa.Float()),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        key("reading"),
        refers("reading", "outcome_id", "outcome"),
        unique("reading", "outcome_id", "item_number"),
    )
    op.create_table(
        "crop",
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        key("crop", "reading_id"),
        refers("crop", "reading_id", "reading"),
    )


def create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", ID, nullable=False),
        sa.Column("sheet_id", ID, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("position_um", sa.Integer()),
        sa.Column("score_tenths", sa.Integer()),
        sa.Column("missing_reason", sa.String()),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("restores", sa.Integer()),
        sa.Column("salt", sa.String(32), nullable=False),
        key("event"),
        refers("event", "sheet_id", "sheet"),
        refers("event", "reading_id", "reading"),
        unique("event", "sheet_id", "item_number", "revision"),
        sa.CheckConstraint("position_um BETWEEN 0 AND 100000", name="ck_event_position_on_line"),
        sa.CheckConstraint("score_tenths BETWEEN 0 AND 100", name="ck_event_score_in_range"),
    )


def create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", ID, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        key("audit", "sequence"),
        unique("audit", "previous"),
        unique("audit", "digest"),
    )
    index("audit", "token")


def guard_append_only() -> None:
    """Not against an attacker who owns the database (the audit chain shows him), but against a slip."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=f"pk_{table}")


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
