"""Real processes, and a real PostgreSQL server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.acceptance.command import home, jana
from tests.acceptance.process import Process, WarmProcess
from tests.postgres import own_postgres, postgres_server, postgres_template, postgres_url
from tests.warm import Warm

__all__ = ["home", "jana", "own_postgres", "postgres_server", "postgres_template", "postgres_url"]

LAST = "test_demo.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The demo takes longest and shows least when something else fails: it comes last."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture
def process(home: Path) -> Process:
    """The installed command in a process of its own, with the test's home."""
    return Process(Path(sys.executable).with_name("jana"), dict(os.environ))


@pytest.fixture
def warm_process(process: Process, warm: Warm) -> WarmProcess:
    """The same from a warm program, for what is not about its start."""
    return WarmProcess(process.program, process.environment, warm)
