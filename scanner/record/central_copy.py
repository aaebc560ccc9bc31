"""The central database to a file and back, by PostgreSQL's own programs.

Passwords go to them in the environment, which only their own user can read, never in the arguments.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg.conninfo
from sqlalchemy import URL, Connection, func, select, text

from scanner.errors import DatabaseError, JanaError
from scanner.record.schema import VERSION_TABLE
from scanner.record.schema_access import PASSING

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps each version's programs, whichever is first in PATH."""


def dump(connection: Connection, url: URL, snapshot: str, target: Path) -> None:
    """Write what the transaction of `connection` sees into a file of PostgreSQL's custom format."""
    version = int(str(connection.scalar(select(func.current_setting("server_version_num"))))) // 10_000
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    # The database may hold other programs' schemas too: they are none of ours.
    others = text(
        "SELECT nspname FROM pg_namespace WHERE nspname <> current_schema() "
        "AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
    )
    arguments += [f'--exclude-schema="{name}"' for name in connection.scalars(others)]
    # A backup holds the scans as files, and the queue of what is to be read follows from the record.
    # Nobody who was signed in when it was made is to be so when it is put back.
    left_out = ("scan_bytes", "procrastinate_*", *PASSING)
    arguments += [f"--exclude-table-data={name}" for name in left_out]
    target.touch(mode=0o600)
    _run("pg_dump", version, url, [*arguments, f"--file={target}"])
    # Reading it back from end to end is all that can be done without a second database.
    _run("pg_restore", version, None, ["--file=/dev/null", str(target)])


def restore(url: URL, copy: Path) -> None:
    """Put a dump back in one transaction; the tables that it holds replace those of the same name."""
    arguments = ["--clean", "--if-exists", "--no-owner", "--no-privileges"]
    arguments += ["--single-transaction", "--exit-on-error", str(copy)]
    _run("pg_restore", 0, url, arguments)


def schema_of(copy: Path) -> str | None:
    """The version of the schema in a dump; None when it holds no record of ours."""
    data = _run("pg_restore", 0, None, ["--data-only", f"--table={VERSION_TABLE}", "--file=-", str(copy)])
    found = re.search(r"^COPY [^\n]*version_num[^\n]*\n(\w+)$", data, re.MULTILINE)
    return None if found is None else found[1]


def _run(name: str, version: int, url: URL | None, arguments: list[str]) -> str:
    program, environment = _program(name, version), dict(os.environ)
    if url is not None:
        _, known = url.get_dialect()().create_connect_args(url)
        password = known.pop("password", None)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        arguments = [f"--dbname={psycopg.conninfo.make_conninfo(**known)}", *arguments]
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next(iter(done.stderr.strip().splitlines()), f"it ended with {done.returncode}")
        raise DatabaseError(f"The database could not be copied: {said}")
    return done.stdout


def _program(name: str, version: int) -> str:
    """The program, as new as the server: an older one refuses to work."""
    for path in _candidates(name):
        if _version(path) >= version:
            return path
    wanted = f" of version {version} or newer" if version else ""
    raise JanaError(
        f"The program {name}{wanted} is missing: install PostgreSQL's client programs "
        f"(apt-get install postgresql-client{f'-{version}' if version else ''})."
    )


def _candidates(name: str) -> Iterator[str]:
    first = shutil.which(name)
    if first is not None:
        yield first
    yield from sorted(map(str, PROGRAMS.glob(f"*/bin/{name}")), key=_version, reverse=True)


@cache
def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return 0 if found is None else int(found[1])
