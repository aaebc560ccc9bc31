"""A record on SQLite, the page over it, and browsers that are signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.record import Record
from tests.postgres import (
    embedded_record,
    embedded_template,
    embedded_url,
    postgres_server,
    postgres_template,
    postgres_url,
    record,
    record_url,
)
from tests.review.office import Moments, Office

__all__ = [
    "embedded_record",
    "embedded_template",
    "embedded_url",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "record",
    "record_url",
]


@pytest.fixture
def moments() -> Moments:
    """The clock that the page and its record go by."""
    return Moments()


@pytest.fixture
def office(embedded_url: str, tmp_path: Path, moments: Moments) -> Iterator[Office]:
    """The page, as it is served on this machine."""
    with Record.open(embedded_url, clock=moments) as opened, Office(opened, tmp_path) as made:
        yield made


@pytest.fixture
def secure_office(embedded_url: str, tmp_path: Path, moments: Moments) -> Iterator[Office]:
    """The page as it is served over TLS, under a name of its own."""
    with (
        Record.open(embedded_url, clock=moments) as opened,
        Office(opened, tmp_path, secure=True) as made,
    ):
        yield made
