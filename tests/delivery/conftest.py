"""Every test here can have a record on SQLite and on PostgreSQL."""

from tests.postgres import (
    embedded_record,
    embedded_template,
    embedded_url,
    empty_postgres_url,
    postgres_server,
    postgres_template,
    postgres_url,
    record,
    record_url,
)

__all__ = [
    "embedded_record",
    "embedded_template",
    "embedded_url",
    "empty_postgres_url",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "record",
    "record_url",
]
