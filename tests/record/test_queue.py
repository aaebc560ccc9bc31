"""The queue in the central database: nothing is lost in it, and no death is blamed on the wrong page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from scanner.intake.commit import commit_page
from scanner.model.page import PageSource
from scanner.model.result import EmptyPage
from scanner.reading.read import READER_VERSION
from scanner.record import Record, ScanFile, Sighting, Transaction, queue

FILE = "f" * 64
SILENT_S = 20.0


@pytest.fixture
def central(postgres_url: str) -> Iterator[Record]:
    with Record.open(postgres_url) as record:
        yield record


def take(record: Record, sha256: str = FILE, *, queued: bool = True) -> None:
    file = ScanFile(sha256=sha256, size_bytes=1, media="tiff", stored="database")
    record.take(file, Sighting(name=b"scan.tif"), actor="test", queued=queued)


def read(record: Record, *pages: int) -> None:
    for page in pages:
        commit_page(record, EmptyPage(PageSource(FILE, "scan.tif", page)), reader_version=READER_VERSION)


def jobs(record: Record) -> list[dict[str, Any]]:
    """What waits, in the order in which it would be fetched."""
    query = text(
        "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC, id"
    )
    rows = record.look(lambda connection: connection.execute(query).all())
    return [{"task": row.task_name, **row.args} for row in rows]


def fetch_and_die(record: Record) -> None:
    """What the database sees of a worker that takes the next job and is never heard of again."""

    def work(tx: Transaction) -> None:
        worker = tx.connection.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()"))
        fetching = text("SELECT id FROM procrastinate_fetch_job_v2(ARRAY[:queue]::varchar[], :worker)")
        assert tx.connection.scalar(fetching, {"queue": queue.QUEUE, "worker": worker}) is not None
        silent = text(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '30 s' WHERE id = :id"
        )
        tx.connection.execute(silent, {"id": worker})

    record.write(work)


def put_back(record: Record) -> queue.Returned:
    return record.write(lambda tx: queue.put_back(tx, SILENT_S))


def test_a_new_file_and_its_job_are_written_together_or_not_at_all(central: Record) -> None:
    def fail(tx: Transaction) -> None:
        queue.add_file(tx, FILE)
        raise LookupError

    with pytest.raises(LookupError):
        central.write(fail)
    assert jobs(central) == []
    take(central)
    take(central)  # the same bytes again
    assert jobs(central) == [{"task": queue.OPEN, "sha256": FILE}]


def test_what_a_reader_in_the_same_place_reads_itself_is_not_queued(central: Record) -> None:
    take(central, queued=False)
    assert jobs(central) == []


def test_files_take_turns_in_the_queue(central: Record) -> None:
    for name in ("a", "b"):
        take(central, name * 64, queued=False)
        central.write(partial(queue.add_runs, sha256=name * 64, pages=range(1, 46)))
    take(central, "c" * 64)
    order = [(job["sha256"][0], job.get("pages", [0])[0]) for job in jobs(central)]
    assert order == [("c", 0), ("a", 1), ("b", 1), ("a", 21), ("b", 21), ("a", 41), ("b", 41)]


def test_the_job_of_a_living_worker_is_left_to_it(central: Record) -> None:
    take(central)
    fetch_and_die(central)
    assert central.write(lambda tx: queue.put_back(tx, 3600)).jobs == 0
    assert put_back(central) == queue.Returned(jobs=1, alone=0)
    assert put_back(central).jobs == 0
    assert jobs(central) == [{"task": queue.OPEN, "sha256": FILE}]


def test_only_what_is_left_of_a_dead_workers_file_goes_back(central: Record) -> None:
    """It had looked into the file, handed pages 5 and 6 out, and read two of its own."""
    take(central)
    fetch_and_die(central)
    central.set_pages(FILE, 6, actor="test")
    central.write(lambda tx: queue.add_runs(tx, FILE, (5, 6)))
    read(central, 1, 2)
    put_back(central)
    assert jobs(central) == [
        {"task": queue.READ, "sha256": FILE, "pages": [3, 4], "tries": 1},
        {"task": queue.READ, "sha256": FILE, "pages": [5, 6], "tries": 0},
    ]


def test_a_page_that_ends_its_readers_is_found_out_and_its_neighbours_are_not_blamed(central: Record) -> None:
    """Page 3 ends whoever reads it; the others are read as soon as they come before it, or go alone."""
    take(central, queued=False)
    central.set_pages(FILE, 5, actor="test")
    central.write(lambda tx: queue.add_runs(tx, FILE, range(1, 6)))
    fetch_and_die(central)
    read(central, 1, 2)
    put_back(central)
    assert [(job["pages"], job["tries"]) for job in jobs(central)] == [([3, 4, 5], 1)]
    fetch_and_die(central)
    assert put_back(central).alone == 3
    assert [(job["pages"], job["tries"]) for job in jobs(central)] == [([3], 2), ([4], 2), ([5], 2)]
    for _ in range(3):
        fetch_and_die(central)
    read(central, 4, 5)
    put_back(central)
    assert [(job["pages"], job["tries"]) for job in jobs(central)] == [([3], 3)]


def test_a_file_that_the_queue_has_lost_is_found_in_the_record(central: Record) -> None:
    take(central)
    take(central, "a" * 64, queued=False)
    assert central.look(queue.without_job) == {"a" * 64}
    both = {"a" * 64, FILE}
    assert [central.write(lambda tx: queue.add_lost(tx, both)) for _ in range(2)] == [1, 0]
    assert sorted(job["sha256"] for job in jobs(central)) == sorted(both)


def test_a_file_that_is_finished_is_not_lost(central: Record) -> None:
    take(central, queued=False)
    central.set_pages(FILE, 1, actor="test")
    read(central, 1)
    assert central.look(queue.without_job) == set()


def test_a_later_schema_of_the_queue_is_added_once(postgres_url: str) -> None:
    """As after an update of procrastinate: the tables say that they have not seen its last migration."""
    with Record.open(postgres_url) as record:
        take(record)
        known = text("SELECT obj_description('procrastinate_jobs'::regclass)")
        before = record.look(lambda connection: connection.scalar(known))

        def forget(tx: Transaction) -> None:
            tx.connection.execute(text("COMMENT ON TABLE procrastinate_jobs IS 'looked after by others'"))

        record.write(forget)
        assert record.look(queue.is_prepared)

        def go_back(tx: Transaction) -> None:
            note = str(before).rpartition(" ")[0] + " 03.04.00_01_pre_add_retry_failed_job_procedure"
            tx.connection.execute(text(f"COMMENT ON TABLE procrastinate_jobs IS '{note}'"))

        record.write(go_back)
        assert not record.look(queue.is_prepared)
    with Record.open(postgres_url) as record:
        assert record.look(lambda connection: connection.scalar(known)) == before
        assert len(jobs(record)) == 1
