"""What results are delivered from: the versions of settled sheets, and what became of each at each target."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Tables only. Sheets that are settled already get their versions by `versions.add_missing`, for which
    the audit has to vouch, in the same transaction."""
    create_versions()
    create_deliveries()
    for table in ("sheet_version", "delivery_attempt"):
        guard(table)


def create_versions() -> None:
    op.create_table(
        "sheet_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("sheet_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.String()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        key("sheet_version"),
        refers("sheet_version", "sheet_id", "sheet"),
        unique("sheet_version", "sheet_id", "version"),
    )


def create_deliveries() -> None:
    op.create_table(
        "delivery_target",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("held_by", sa.String()),
        sa.Column("held_until", MOMENT),
        sa.Column("versions_seen", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rests_until", MOMENT),
        sa.Column("trouble", sa.Text()),
        sa.Column("answered_at", MOMENT),
        key("delivery_target", "name"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("sheet_id", ID, nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", MOMENT),
        sa.Column("batch", sa.String(16)),
        sa.Column("remote_id", sa.String()),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_at", MOMENT, nullable=False),
        key("delivery"),
        refers("delivery", "version_id", "sheet_version"),
        refers("delivery", "sheet_id", "sheet"),
        sa.ForeignKeyConstraint(["target"], ["delivery_target.name"], name="fk_delivery_target"),
        unique("delivery", "version_id", "target"),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'delivered', 'rejected', 'undeliverable', 'superseded')",
            name="ck_delivery_state",
        ),
        sa.CheckConstraint("(state = 'sending') = (batch IS NOT NULL)", name="ck_delivery_batch_if_sending"),
    )
    op.create_index("ix_delivery_sheet_id_target", "delivery", ["sheet_id", "target"])
    still_open = sa.text("state IN ('pending', 'sending')")
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["target", "id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("batch", sa.String(16), nullable=False),
        sa.Column("delivery_id", ID),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("detail", sa.Text()),
        key("delivery_attempt"),
        refers("delivery_attempt", "delivery_id", "delivery"),
    )
    op.create_index("ix_delivery_attempt_delivery_id", "delivery_attempt", ["delivery_id"])


def guard(table: str) -> None:
    """Make a table append-only."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
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
