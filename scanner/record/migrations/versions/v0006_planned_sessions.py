"""What is planned for a meeting, and finding the meetings of a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "session_plan",
        sa.Column("case_id", ID, autoincrement=False, nullable=False),
        sa.Column("session_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("session_time", sa.String(5)),
        sa.Column("subject", sa.String()),
        sa.Column("raters", sa.String()),
        sa.Column("own", sa.String()),
        sa.Column("instruments", sa.String()),
        sa.Column("language", sa.String()),
        sa.PrimaryKeyConstraint("case_id", "session_number", name="pk_session_plan"),
        sa.ForeignKeyConstraint(
            ["case_id", "session_number"],
            ["session.case_id", "session.number"],
            name="fk_session_plan_case_id",
        ),
    )
    op.create_index("ix_session_date", "session", ["date"])
