"""When the bytes of a scan were purged, so that nobody looks for them in vain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scan_file", sa.Column("purged_at", sa.DateTime(timezone=True)))
