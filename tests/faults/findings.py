"""What lies in the folders and stands in the tables: gathered with SQL and system calls only.

Nothing here uses the code under test, so that a mistake in it cannot hide itself.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.drops import Places

Row = dict[str, Any]
TABLES = {
    "sheet": "id",
    "scan_file": "id",
    "scan_bytes": "sha256, number",
    "sighting": "id",
    "page": "id",
    "outcome": "id",
    "reading": "id",
    "event": "id",
    "audit": "sequence",
}
"""Each with what puts its rows in order."""
REASON = ".reason.txt"


@dataclass(frozen=True)
class Lying:
    """A file in the inbox or in one of our folders."""

    where: str
    """`waiting`, `claimed`, `done` or `refused`."""
    office: str
    name: str
    sha256: str | None
    """None for what is no regular file."""
    path: Path


@dataclass
class Folders:
    """What lies in the inbox and in the store."""

    files: list[Lying] = field(default_factory=list)
    reasons: list[Path] = field(default_factory=list)
    """Files that say why another was refused."""
    left_over: list[str] = field(default_factory=list)
    """Things that no service at rest leaves behind."""
    services: int = 0
    """Services that have a folder for claims."""
    stored: dict[str, str] = field(default_factory=dict)
    """Hash that each file of the store is named by, and the hash of its bytes."""


def folders(places: Places) -> Folders:
    """Look through inbox and store, hashing everything."""
    found = Folders()
    for path in _all_below(places.inbox):
        _sort(path.relative_to(places.inbox).parts, path, found)
    for path in _all_below(places.scans):
        parts = path.relative_to(places.scans).parts
        if parts[0] == "incoming" and len(parts) > 1:
            found.left_over.append(f"in the store: {path.name}")
        elif len(parts) == 2 and parts[0] != "incoming":
            found.stored["".join(parts)] = hash_of(path)
        elif path.is_file() and path.name != "reading.lock":
            found.left_over.append(f"in the store: {path.name}")
    return found


def _sort(parts: tuple[str, ...], path: Path, found: Folders) -> None:
    if parts[0] == ".jana":
        return _sort_ours(parts[1:], path, found)
    if path.is_dir() and not path.is_symlink():
        return None
    where = parts[0] if parts[0] in ("done", "refused") and len(parts) > 1 else "waiting"
    folder = parts[1:-1] if where != "waiting" else parts[:-1]
    if where == "refused" and path.name.endswith(REASON):
        found.reasons.append(path)
    else:
        found.files.append(Lying(where, "/".join(folder), path.name, _hash_if_file(path), path))
    return None


def _sort_ours(parts: tuple[str, ...], path: Path, found: Folders) -> None:
    """`.jana/claims/<service>/<token>/<name>`, and nothing else."""
    match parts:
        case () | ("claims",):
            pass
        case ("claims", _):
            found.services += 1
        case ("claims", _, "alive"):
            pass
        case ("claims", _, token) if path.is_dir():
            found.left_over.append(f"a claim's folder {token}")
        case ("claims", _, _, name) if not name.startswith("."):
            found.files.append(Lying("claimed", "", name, _hash_if_file(path), path))
        case _:
            found.left_over.append(f"in .jana: {'/'.join(parts)}")


def tables(url: str) -> dict[str, list[Row]]:
    """Every row of the tables, as of one moment."""
    queries = {name: f"SELECT * FROM {name} ORDER BY {order}" for name, order in TABLES.items()}  # noqa: S608
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as embedded:
            embedded.row_factory = sqlite3.Row
            embedded.execute("BEGIN")
            trouble = embedded.execute("PRAGMA integrity_check").fetchone()[0]
            if trouble != "ok":
                raise AssertionError(f"the database file is damaged: {trouble}")
            return {name: [dict(row) for row in embedded.execute(query)] for name, query in queries.items()}
    with psycopg.connect(url, row_factory=dict_row) as central:
        central.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {name: central.execute(query).fetchall() for name, query in queries.items()}


def moment(value: object) -> str:
    """A time of either database, as the audit writes it."""
    known = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    known = known.replace(tzinfo=UTC) if known.tzinfo is None else known.astimezone(UTC)
    return known.isoformat()


def traces(places: Places) -> tuple[str, ...]:
    """Everything that could change, in few words: each table's rows, each file with its place and age."""
    found = []
    for name, rows in tables(places.url).items():
        found += [f"{name} {row}" for row in rows]
    for path in _all_below(places.inbox):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            found.append(f"{path} {status.st_ino} {status.st_size} {status.st_mtime_ns}")
    found += [f"{path} {path.lstat().st_size}" for path in _all_below(places.scans)]
    return tuple(found)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_if_file(path: Path) -> str | None:
    return hash_of(path) if stat.S_ISREG(path.lstat().st_mode) else None


def _all_below(folder: Path) -> Iterator[Path]:
    for here, names, files in os.walk(folder):
        yield from (Path(here, name) for name in sorted([*names, *files]))
