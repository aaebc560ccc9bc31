"""What the review page needs: people and what they may see, what waits for them, what they say of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_accounts()
    create_sessions()
    create_page_words()
    let_pages_be_read_again()
    create_waiting_marks()
    create_second_looks()
    decided = sa.text("kind = 'decision'")
    op.create_index(
        "ix_event_decided", "event", ["actor", "at"], sqlite_where=decided, postgresql_where=decided
    )


def create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("all_units", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String()),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.String()),
        sa.Column("totp_last_step", sa.BigInteger()),
        sa.Column("oidc_issuer", sa.String()),
        sa.Column("oidc_subject", sa.String()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        key("account"),
        unique("account", "folded_name"),
        unique("account", "oidc_issuer", "oidc_subject"),
        sa.CheckConstraint("(oidc_issuer IS NULL) = (oidc_subject IS NULL)", name="ck_account_oidc_whole"),
    )
    op.create_table(
        "account_unit",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        key("account_unit", "account_id", "unit"),
        refers("account_unit", "account_id", "account"),
    )
    op.create_table(
        "account_case",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        key("account_case", "account_id", "case_id"),
        refers("account_case", "account_id", "account"),
        refers("account_case", "case_id", "case"),
    )


def create_sessions() -> None:
    op.create_table(
        "web_session",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        key("web_session", "token_digest"),
        refers("web_session", "account_id", "account"),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        key("sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_key_at", "sign_in_failure", ["key", "at"])
    op.create_index("ix_sign_in_failure_at", "sign_in_failure", ["at"])


def create_page_words() -> None:
    op.create_table(
        "page_picture",
        sa.Column("page_id", ID, autoincrement=False, nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        key("page_picture", "page_id"),
        refers("page_picture", "page_id", "page"),
    )
    op.create_table(
        "page_word",
        sa.Column("id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sheet_id", ID),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        key("page_word"),
        refers("page_word", "page_id", "page"),
        refers("page_word", "sheet_id", "sheet"),
        sa.CheckConstraint(
            "(kind = 'identified') = (sheet_id IS NOT NULL)", name="ck_page_word_sheet_if_identified"
        ),
    )
    op.create_index("ix_page_word_page_id", "page_word", ["page_id"])
    if is_embedded():
        guard("page_word")
    else:
        op.execute(
            "CREATE TRIGGER page_word_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON page_word "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        # Pictures are packed already: trying to pack them again costs time and saves nothing.
        op.execute("ALTER TABLE page_picture ALTER COLUMN png SET STORAGE EXTERNAL")


def let_pages_be_read_again() -> None:
    """A page has one outcome by each version of the reader, and one more by each word of a person."""
    if is_embedded():
        rebuild_outcomes()
    else:
        op.drop_constraint("uq_outcome_page_id_reader_version", "outcome")
        op.add_column("outcome", sa.Column("word_id", ID))
        op.create_foreign_key("fk_outcome_word_id", "outcome", "page_word", ["word_id"], ["id"])
        op.create_unique_constraint(
            "uq_outcome_word_id_reader_version", "outcome", ["word_id", "reader_version"]
        )
    unprompted, refused = sa.text("word_id IS NULL"), sa.text("kind = 'refused'")
    op.create_index(
        "uq_outcome_unprompted",
        "outcome",
        ["page_id", "reader_version"],
        unique=True,
        sqlite_where=unprompted,
        postgresql_where=unprompted,
    )
    op.create_index("ix_outcome_page_id", "outcome", ["page_id"])
    op.create_index("ix_outcome_refused", "outcome", ["id"], sqlite_where=refused, postgresql_where=refused)


def rebuild_outcomes() -> None:
    """SQLite cannot take a constraint off a table. Readings point at the rows meanwhile, which is looked
    at when the transaction ends: then the same rows are there again."""
    columns = (
        "id, page_id, reader_version, kind, sheet_id, standing, turn, matrix, residual_mm, profile_id, "
        "reason, detail, read_at"
    )
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f"CREATE TABLE outcome_before AS SELECT {columns} FROM outcome")  # noqa: S608 - our own words
    op.drop_table("outcome")
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
        sa.Column("word_id", ID),
        key("outcome"),
        refers("outcome", "page_id", "page"),
        refers("outcome", "sheet_id", "sheet"),
        refers("outcome", "word_id", "page_word"),
        unique("outcome", "word_id", "reader_version"),
    )
    op.execute(f"INSERT INTO outcome ({columns}) SELECT {columns} FROM outcome_before ORDER BY id")  # noqa: S608
    op.drop_table("outcome_before")
    op.create_index("ix_outcome_sheet_id", "outcome", ["sheet_id"])
    guard("outcome")


def create_waiting_marks() -> None:
    op.create_table(
        "waiting_mark",
        sa.Column("event_id", ID, autoincrement=False, nullable=False),
        sa.Column("sheet_id", ID, nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String()),
        sa.Column("case_id", ID),
        key("waiting_mark", "event_id"),
        refers("waiting_mark", "event_id", "event"),
        refers("waiting_mark", "sheet_id", "sheet"),
        refers("waiting_mark", "case_id", "case"),
        unique("waiting_mark", "sheet_id", "item_number"),
    )
    op.create_index("ix_waiting_mark_unit", "waiting_mark", ["unit", "event_id"])
    op.create_index("ix_waiting_mark_case", "waiting_mark", ["case_id", "event_id"])
    op.execute(
        "INSERT INTO waiting_mark (event_id, sheet_id, item_number, case_id, unit) "
        "SELECT event.id, event.sheet_id, event.item_number, sheet.case_id, "
        'coalesce(sheet.unit, (SELECT unit FROM "case" WHERE "case".id = sheet.case_id),'
        " (SELECT office FROM sighting JOIN page ON page.scan_file_id = sighting.scan_file_id"
        " JOIN outcome ON outcome.page_id = page.id"
        " WHERE outcome.sheet_id = sheet.id AND office IS NOT NULL ORDER BY sighting.id LIMIT 1)) "
        "FROM event JOIN sheet ON sheet.id = event.sheet_id "
        "WHERE event.status = 'review' AND sheet.voided_at IS NULL AND NOT EXISTS (SELECT 1 FROM event later "
        " WHERE later.sheet_id = event.sheet_id AND later.item_number = event.item_number"
        " AND later.revision = event.revision + 1)"
    )


def create_second_looks() -> None:
    op.create_table(
        "second_look",
        sa.Column("id", ID, nullable=False),
        sa.Column("sheet_id", ID, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by", sa.String()),
        sa.Column("position_um", sa.Integer()),
        sa.Column("missing_reason", sa.String()),
        sa.Column("agrees", sa.Boolean()),
        key("second_look"),
        refers("second_look", "sheet_id", "sheet"),
        refers("second_look", "reading_id", "reading"),
        unique("second_look", "sheet_id", "item_number", "revision"),
        sa.CheckConstraint("position_um BETWEEN 0 AND 100000", name="ck_second_look_position_on_line"),
    )
    unanswered = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_second_look_open", "second_look", ["id"], sqlite_where=unanswered, postgresql_where=unanswered
    )
    op.create_index("ix_second_look_answered", "second_look", ["answered_by", "answered_at"])


def is_embedded() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def guard(table: str) -> None:
    """SQLite's way of making a table append-only."""
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=f"pk_{table}")


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
