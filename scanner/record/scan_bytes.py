"""Scans in the database, in pieces: for a store that every machine reaches which reaches the record.

Pieces are written under a name of their own and get that of their content at the end, in one transaction:
either all of a scan is there, or nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, delete, func, insert, select, update

from scanner.record.database import Transaction
from scanner.record.schema import scan_bytes

PIECE_BYTES = 1 << 20
"""A whole scan in one row would have to fit into memory, here and in the server, several times."""


def keep(tx: Transaction, pieces: Iterable[bytes]) -> tuple[str, int]:
    """Write what `pieces` give; the hash of it all, and its bytes. What is kept already is kept once."""
    incoming = f"incoming {secrets.token_hex(16)}"
    digest, size, number = hashlib.sha256(), 0, 0
    for number, piece in enumerate(_with_one(pieces)):
        digest.update(piece)
        size += len(piece)
        row = {"sha256": incoming, "number": number, "bytes": piece}
        tx.connection.execute(insert(scan_bytes), row)
    sha256 = digest.hexdigest()
    _keep_others_out(tx.connection, sha256)
    if holds(tx.connection, sha256):
        remove(tx, incoming)
    else:  # not there, or spoilt: what we have in hand is good
        remove(tx, sha256)
        mine = scan_bytes.c.sha256 == incoming
        tx.connection.execute(update(scan_bytes).where(mine).values(sha256=sha256))
    return sha256, size


def try_to_keep(tx: Transaction) -> None:
    """Write a piece and take it out again: fails where nothing could be kept."""
    incoming = f"incoming {secrets.token_hex(16)}"
    tx.connection.execute(insert(scan_bytes), {"sha256": incoming, "number": 0, "bytes": bytes(8192)})
    remove(tx, incoming)


def pieces(connection: Connection, sha256: str) -> Iterator[bytes]:
    """The bytes of a scan in their order, one piece in memory at a time."""
    here = scan_bytes.c.sha256 == sha256
    last = connection.scalar(select(func.max(scan_bytes.c.number)).where(here))
    for number in range(0 if last is None else last + 1):
        piece = connection.scalar(select(scan_bytes.c.bytes).where(here, scan_bytes.c.number == number))
        if piece is None:
            return  # the hash will not be right
        yield bytes(piece)


def holds(connection: Connection, sha256: str) -> bool:
    """Whether a scan is there and its bytes still have their hash."""
    first = select(scan_bytes.c.number).where(scan_bytes.c.sha256 == sha256).limit(1)
    if connection.scalar(first) is None:
        return False
    digest = hashlib.sha256()
    for piece in pieces(connection, sha256):
        digest.update(piece)
    return digest.hexdigest() == sha256


def remove(tx: Transaction, sha256: str) -> None:
    """Throw a scan's bytes away; not being there is right too."""
    tx.connection.execute(delete(scan_bytes).where(scan_bytes.c.sha256 == sha256))


def hashes(connection: Connection) -> Iterator[str]:
    """Every scan that is kept, whether its bytes are right or not."""
    query = select(scan_bytes.c.sha256).where(scan_bytes.c.number == 0).order_by(scan_bytes.c.sha256)
    with connection.execution_options(yield_per=2000).execute(query) as rows:
        yield from rows.scalars()


def _with_one(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """At least one piece, so that an empty file is one that is there."""
    nothing = True
    for piece in pieces:
        nothing = False
        yield piece
    if nothing:
        yield b""


def _keep_others_out(connection: Connection, sha256: str) -> None:
    """Whoever brings the same bytes waits until we have ended. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(bytes.fromhex(sha256)[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
