"""Stands between a client and PostgreSQL, and cuts the line just after the server has committed."""

from __future__ import annotations

import select
import socket
import threading
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT\0"
"""The end of the message; `BEGIN ... READ COMMITTED` does not contain it."""


class ReplyThief:
    """Passes everything on, except for the server's answer to the first COMMIT while it lurks.

    The server has committed by then; the client cannot know.
    """

    def __init__(self, folder: Path, server_folder: str) -> None:
        self.lurking = False
        self._server = str(Path(server_folder) / SOCKET)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        # Waking the thread by shutting down, because closing alone does not end its accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, socket.socket(socket.AF_UNIX) as server:
                server.connect(self._server)
                self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        committing = False
        while True:
            readable, _, _ = select.select([client, server], [], [])
            for source in readable:
                data = source.recv(65536)
                if not data:
                    return
                if source is server and committing:
                    self.lurking = False
                    return
                if source is client and COMMIT in data and self.lurking:
                    committing = True
                (server if source is client else client).sendall(data)
