"""Run by alembic, with the connection that `scanner.record.migrate` hands over in its transaction."""

from __future__ import annotations

from alembic import context

from scanner.record.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
