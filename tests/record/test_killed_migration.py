"""A migration that is killed at any of its statements leaves the record as it was, and usable.

Each child is forked by a program without threads, and kills itself with the signal that nobody can
catch; the next place is tried until a migration lives to its end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from scanner.record import Record
from scanner.record.migrate import MIGRATIONS
from scanner.record.schema import HEAD
from tests.record.builders import decisions, printed, read

PROGRAM = """
    import json, os, signal, sys
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import event
    from scanner.record import migrate
    from scanner.record.database import Database

    def upgrade(url, revision):
        database = Database(url)
        if database.embedded:
            migrate._make_private_file(database.url)
        with database.administering() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(migrate.MIGRATIONS))
            config.set_main_option("path_separator", "os")
            command.upgrade(config, revision)
        database.close()

    def die_at(url, place):
        database, seen = Database(url), []
        @event.listens_for(database._engine, "after_cursor_execute")
        def count(_connection, _cursor, statement, *_):
            seen.append(statement)
            if len(seen) == place:
                os.kill(os.getpid(), signal.SIGKILL)
        migrate.prepare(database)

    def child(work, *arguments):
        pid = os.fork()
        if pid == 0:
            work(*arguments)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def schema(url):
        database = Database(url)
        with database.reading() as connection:
            found = migrate.installed(connection)
        database.close()
        return found

    url, start, step = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
    if start:
        child(upgrade, url, start)
    found, place = [], 1
    while True:
        code = child(die_at, url, place)
        if code == 0:
            break
        found.append((place, code, schema(url)))
        place += step
    print(json.dumps({"killed": found, "lived": schema(url)}))
"""

OLDEST = min(path.stem[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*.py"))

STEPS = {"": 23, OLDEST: 5}
"""Where to begin (nothing: an empty database), and how many statements lie between two places. The way
from the oldest schema goes over every step since."""


@pytest.mark.parametrize("start", STEPS)
@pytest.mark.parametrize("kind", ["embedded", "postgres"])
def test_killed_anywhere_the_record_is_as_it_was(
    request: pytest.FixtureRequest, tmp_path: str, kind: str, start: str
) -> None:
    url = (
        f"sqlite:///{tmp_path}/record.sqlite"
        if kind == "embedded"
        else str(request.getfixturevalue("empty_postgres_url"))
    )
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), url, start, str(STEPS[start])]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["killed"]) >= 3
    assert {(code, schema) for _, code, schema in told["killed"]} == {(-9, start or None)}
    assert told["lived"] == HEAD
    with Record.open(url) as record:
        [sheet_id] = printed(record)
        read(record, sheet_id, decisions(10.0, 20.0))
        assert record.verify().fault is None
