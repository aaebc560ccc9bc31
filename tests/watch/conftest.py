"""Tests of the service that need a record have one in an SQLite file, or on a real PostgreSQL server."""

from tests.postgres import embedded_template, embedded_url, postgres_server, postgres_template, postgres_url

__all__ = ["embedded_template", "embedded_url", "postgres_server", "postgres_template", "postgres_url"]
