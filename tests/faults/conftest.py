"""One set of scans for all faults; a stand for each test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.paper import Paper, printed_paper
from tests.faults.server import Server
from tests.faults.stand import Stand
from tests.postgres import postgres_server, postgres_template, postgres_url
from tests.warm import Warm

__all__ = ["postgres_server", "postgres_template", "postgres_url"]


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """Printed and scanned sheets."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "home").mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith("JANA_")}
    environment = {**own, "JANA_HOME": str(folder / "home"), "JANA_LANGUAGE": "en"}

    def command(arguments: list[str]) -> int:
        words = [sys.executable, "-m", "scanner.cli.main", *arguments]
        return subprocess.run(words, env=environment, check=False, capture_output=True).returncode

    return printed_paper(folder, command)


@pytest.fixture
def stand(tmp_path: Path, warm: Warm, paper: Paper) -> Iterator[Stand]:
    """With an embedded record."""
    found = Stand(tmp_path, warm, paper)
    yield found
    found.close()


@pytest.fixture
def central_stand(tmp_path: Path, warm: Warm, paper: Paper, postgres_url: str) -> Iterator[Stand]:
    """With a record on a real PostgreSQL server."""
    found = Stand(tmp_path, warm, paper, postgres_url)
    yield found
    found.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that may be killed and frozen."""
    # Not in pytest's folder, which another run shuts against the server's user when it starts.
    with tempfile.TemporaryDirectory(prefix="jana-faults-") as folder:
        found = Server(Path(folder))
        yield found
        found.close()


@pytest.fixture
def central(tmp_path: Path, warm: Warm, paper: Paper, server: Server) -> Iterator[Stand]:
    """With a record on that server."""
    server.empty()
    found = Stand(tmp_path, warm, paper, server.url)
    yield found
    server.thaw()
    found.close()
