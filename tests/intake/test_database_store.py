"""Scans in the database: whole or not at all, once, in pieces, and read from private copies that go again."""

from __future__ import annotations

import hashlib
import os
import stat
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.scan_store import StoredScan, StoreError
from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileRefusal
from scanner.record import Record, Transaction, scan_bytes

LIMIT = 10_000_000
CONTENT = bytes(range(256)) * 10_000
"""Two and a half pieces."""


@pytest.fixture
def store(record: Record, tmp_path: Path) -> Iterator[DatabaseScanStore]:
    """On both databases, though only PostgreSQL is meant for it."""
    opened = DatabaseScanStore(record, tmp_path / "copies", LIMIT)
    yield opened
    opened.close()


def put(store: DatabaseScanStore, tmp_path: Path, content: bytes = CONTENT) -> str:
    source = tmp_path / "scan"
    source.write_bytes(content)
    kept = store.put(source)
    assert isinstance(kept, StoredScan), kept
    assert (kept.size_bytes, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return kept.sha256


def rows(record: Record) -> int:
    counting = text("SELECT count(*) FROM scan_bytes")
    return int(record.look(lambda connection: connection.scalar(counting)) or 0)


@pytest.mark.parametrize("content", [b"", b"x", CONTENT])
def test_what_is_put_can_be_read_again_and_is_kept_once(
    store: DatabaseScanStore, record: Record, tmp_path: Path, content: bytes
) -> None:
    sha256 = put(store, tmp_path, content)
    pieces = rows(record)
    assert put(store, tmp_path, content) == sha256
    assert rows(record) == pieces == max(1, -(-len(content) // scan_bytes.PIECE_BYTES))
    assert store.verify(sha256)
    assert list(store.hashes()) == [sha256]
    with store.local(sha256) as path:
        assert path.read_bytes() == content
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_no_file_to_keep_is_refused_and_nothing_of_it_is_kept(record: Record, tmp_path: Path) -> None:
    small = DatabaseScanStore(record, tmp_path / "copies", 10)
    large, link, pipe = tmp_path / "large", tmp_path / "link", tmp_path / "pipe"
    large.write_bytes(b"x" * 11)
    link.symlink_to(large)
    os.mkfifo(pipe)
    reasons = [getattr(small.put(path), "reason", None) for path in (large, link, pipe, tmp_path)]
    assert reasons == [RefusalReason.TOO_LARGE, *[RefusalReason.NOT_A_SCAN] * 3]
    assert rows(record) == 0


def test_a_file_that_is_written_to_meanwhile_leaves_nothing(record: Record, tmp_path: Path) -> None:
    source = tmp_path / "scan"
    source.write_bytes(CONTENT)

    def go_on() -> None:
        with source.open("ab") as file:
            file.write(b"more")

    kept = DatabaseScanStore(record, tmp_path / "copies", LIMIT, step=go_on).put(source)
    assert isinstance(kept, FileRefusal)
    assert kept.reason is RefusalReason.TORN
    assert rows(record) == 0


def test_keeping_that_is_broken_off_leaves_nothing(record: Record, tmp_path: Path) -> None:
    def stop() -> None:
        raise InterruptedError

    source = tmp_path / "scan"
    source.write_bytes(CONTENT)
    with pytest.raises(InterruptedError):
        DatabaseScanStore(record, tmp_path / "copies", LIMIT, step=stop).put(source)
    assert rows(record) == 0


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM scan_bytes WHERE number = 1",
        "UPDATE scan_bytes SET bytes = (SELECT bytes FROM scan_bytes WHERE number = 2) WHERE number = 0",
    ],
)
def test_what_is_spoilt_is_not_read_and_the_same_file_again_mends_it(
    store: DatabaseScanStore, record: Record, tmp_path: Path, harm: str
) -> None:
    sha256 = put(store, tmp_path)
    record.write(lambda tx: tx.connection.execute(text(harm)))
    assert not store.verify(sha256)
    with pytest.raises(StoreError, match="spoilt"):
        store.local(sha256)
    put(store, tmp_path)
    with store.local(sha256) as path:
        assert path.read_bytes() == CONTENT
    store.remove(sha256)
    assert rows(record) == 0
    assert not store.verify(sha256)


def test_a_copy_lives_as_long_as_somebody_reads_it(store: DatabaseScanStore, tmp_path: Path) -> None:
    first, second, third = (put(store, tmp_path, name) for name in (b"1", b"2", b"3"))
    one, again = store.local(first), store.local(first)
    assert one.path == again.path
    one.close()
    with store.local(second):
        assert again.path.exists()
    again.close()
    with store.local(third) as path:
        assert [it.name for it in path.parent.iterdir()] == [third]
    store.close()
    assert list((tmp_path / "copies").iterdir()) == []


def test_the_copies_of_a_killed_process_are_removed_and_those_of_a_living_one_are_not(
    record: Record, store: DatabaseScanStore, tmp_path: Path
) -> None:
    dead = tmp_path / "copies" / "dead"
    dead.mkdir()
    (dead / "scan").write_bytes(b"secret")
    with store.local(put(store, tmp_path)) as path:
        DatabaseScanStore(record, tmp_path / "copies", LIMIT)
        assert path.exists()
    assert not dead.exists()


def test_a_database_that_takes_no_writes_is_noticed_before_anything_is_claimed(
    record: Record, tmp_path: Path
) -> None:
    store = DatabaseScanStore(record, tmp_path / "copies", LIMIT)
    store.make_sure(1)
    assert rows(record) == 0

    def take_away(tx: Transaction) -> None:
        tx.connection.execute(text("ALTER TABLE scan_bytes RENAME TO gone"))

    record.write(take_away)
    with pytest.raises(Exception, match="scan_bytes"):
        store.make_sure(1)


def test_memory_does_not_grow_with_the_file(postgres_url: str, tmp_path: Path) -> None:
    """Thirty pieces and five take the same."""

    def peak(work: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def keep_and_copy(store: DatabaseScanStore, pieces: int) -> None:
        sha256 = put_large(store, pieces)
        store.local(sha256).close()

    def put_large(store: DatabaseScanStore, pieces: int) -> str:
        source = tmp_path / "large"
        with source.open("wb") as file:
            for _ in range(pieces):
                file.write(os.urandom(scan_bytes.PIECE_BYTES))
        kept = store.put(source)
        assert isinstance(kept, StoredScan)
        return kept.sha256

    with Record.open(postgres_url) as record:
        store = DatabaseScanStore(record, tmp_path / "copies", 1 << 30)
        keep_and_copy(store, 2)  # what is made once
        few, many = (peak(partial(keep_and_copy, store, pieces)) for pieces in (5, 30))
        store.close()
    assert many < few + 2 * scan_bytes.PIECE_BYTES
