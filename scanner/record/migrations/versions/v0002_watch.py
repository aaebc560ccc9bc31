"""What a service that watches a folder needs: claims, attempts, files that are finished, stored bytes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sighting", sa.Column("claim", sa.String()))
    op.create_index("ix_sighting_claim", "sighting", ["claim"], unique=True)
    op.add_column("scan_file", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("scan_file", sa.Column("finished_at", MOMENT))
    finish_what_is_read()
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_scan_file_unfinished", "scan_file", ["id"], sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_table(
        "scan_bytes",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "number", name="pk_scan_bytes"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Scans are packed already: trying to pack them again costs time and saves nothing.
        op.execute("ALTER TABLE scan_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL")


def finish_what_is_read() -> None:
    """A file is finished since its newest outcome, when every page has one or the whole file was refused."""
    op.execute(
        "UPDATE scan_file SET finished_at = ("
        " SELECT max(outcome.read_at) FROM outcome JOIN page ON page.id = outcome.page_id"
        " WHERE page.scan_file_id = scan_file.id) "
        "WHERE EXISTS (SELECT 1 FROM page JOIN outcome ON outcome.page_id = page.id"
        " WHERE page.scan_file_id = scan_file.id AND page.number = 0) "
        "OR (page_count IS NOT NULL AND NOT EXISTS (SELECT 1 FROM page WHERE page.scan_file_id = scan_file.id"
        " AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.page_id = page.id)))"
    )
