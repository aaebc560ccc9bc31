"""The schema: made by migrations, guarded, and refused when it is newer than we are."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import column, insert, select, table, text, update
from sqlalchemy.exc import IntegrityError

from scanner.errors import DatabaseError
from scanner.record import Record, Transaction
from scanner.record.migrate import MIGRATIONS
from scanner.record.schema import APPEND_ONLY, HEAD, VERSION_TABLE, metadata
from tests.record.builders import PRINTED_AT, decisions, printed, read
from tests.record.tampering import behind


@pytest.fixture(params=["embedded", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'new folder' / 'record.sqlite'}"
    return str(request.getfixturevalue("empty_postgres_url"))


def test_migrating_from_nothing_ends_at_the_tables_of_today(empty_url: str) -> None:
    Record.open(empty_url).close()
    options = {"version_table": VERSION_TABLE, "compare_type": True, "include_name": _is_ours}
    with behind(empty_url) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The queue's tables are procrastinate's."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def test_the_head_is_the_newest_migration() -> None:
    newest = max(path.stem for path in (MIGRATIONS / "versions").glob("v*.py"))
    assert newest.startswith(f"v{HEAD}_")


def test_of_several_that_open_an_empty_record_one_makes_the_schema(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _: Record.open(empty_url), range(4)):
            opened.close()
    with Record.open(empty_url) as record:
        actions = [entry.action for entry in record.audit_entries()]
    assert actions == ["record.schema"]


def test_a_newer_schema_is_refused_and_left_alone(record_url: str) -> None:
    versions = table(VERSION_TABLE, column("version_num"))
    with behind(record_url) as connection:
        connection.execute(update(versions).values(version_num="9999"))
    for read_only in (False, True):
        with pytest.raises(DatabaseError, match="9999 is newer"):
            Record.open(record_url, read_only=read_only)
    with behind(record_url) as connection:
        assert connection.scalar(select(versions.c.version_num)) == "9999"


def test_a_reader_does_not_make_a_schema(empty_url: str) -> None:
    with pytest.raises(DatabaseError, match=r"no record at|jana db upgrade"):
        Record.open(empty_url, read_only=True)


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_was_recorded_can_be_neither_changed_nor_removed(
    record: Record, record_url: str, change: str
) -> None:
    read(record, printed(record)[0], decisions(10.0, 20.0))
    with behind(record_url) as connection:
        words = "INSERT INTO page_word (page_id, kind, actor, at) SELECT id, 'not_ours', 'a', :at FROM page"
        at = PRINTED_AT if connection.dialect.name == "postgresql" else "2026-03-02 09:00:00"
        connection.execute(text(words), {"at": at})
        tried = "INSERT INTO delivery_attempt (target, batch, at, answer) VALUES ('a', 'b', :at, 'down')"
        connection.execute(text(tried), {"at": at})
    for name in APPEND_ONLY:
        key = next(iter(metadata.tables[name].c)).name
        with (
            pytest.raises(IntegrityError, match=f"{name} is append-only"),
            behind(record_url) as connection,
        ):
            connection.execute(text(change.format(name, key, key)))


def test_a_whole_table_cannot_be_emptied(postgres_url: str) -> None:
    with (
        pytest.raises(IntegrityError, match="is append-only"),
        behind(postgres_url) as connection,
    ):
        connection.execute(text("TRUNCATE audit"))


def test_a_value_off_the_line_cannot_be_stored(record: Record, record_url: str) -> None:
    read(record, printed(record)[0], decisions(10.0))
    copy = (
        "INSERT INTO event (sheet_id, item, item_number, revision, kind, actor, at, reading_id, status, "
        "position_um, reasons, decided_by, salt) SELECT sheet_id, item, item_number, 2, kind, actor, at, "
        "reading_id, status, 100001, reasons, decided_by, salt FROM event"
    )
    with (
        pytest.raises(IntegrityError, match="position_on_line"),
        behind(record_url) as connection,
    ):
        connection.execute(text(copy))


def test_a_row_cannot_point_at_nothing(record: Record) -> None:
    def dangle(tx: Transaction) -> None:
        tx.connection.execute(insert(metadata.tables["page"]).values(scan_file_id=99, number=1))

    with pytest.raises(IntegrityError):
        record.write(dangle)


def test_the_embedded_record_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "record.sqlite"
    Record.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
