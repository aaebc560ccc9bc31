"""`jana read`: scans in, scores out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click
from rich.progress import Progress

from scanner.cli.context import Desk, pass_desk
from scanner.cli.read_table import ReadTable
from scanner.cli.terminal import leave_stdout
from scanner.delivery.results_table import as_json
from scanner.errors import ExitCode, JanaError
from scanner.intake.find_files import NotTaken, scan_files
from scanner.intake.open_store import open_store
from scanner.intake.page_job import PageReader, ReaderSetup
from scanner.intake.take_in import FileReport, Intake, PageReport
from scanner.intake.workers import PageWorkers
from scanner.model.decision import Status
from scanner.model.result import PageOutcome
from scanner.reading.profile import SHIPPED, load_profile
from scanner.record import Record, ResultRow


@click.command("read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "json_lines", is_flag=True, help="One JSON object for each page, a line each.")
@click.option(
    "--overlay",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for pictures of what the machine saw, one a page.",
)
@click.option("--strict", is_flag=True, help="Leave with exit code 6 when anything was refused.")
@pass_desk
def command(desk: Desk, paths: tuple[Path, ...], json_lines: bool, overlay: Path | None, strict: bool) -> int:
    """Read scans into the record: files (PDF, TIFF, JPEG, PNG), or folders with all in them.

    A file that was read before is not read again. What the reader is not sure of waits for a person;
    what cannot be read is refused with its reason (`jana results --refused`).
    """
    files = list(scan_files(paths))
    if not files:
        desk.say("no_files", path=", ".join(str(path) for path in paths))
        return ExitCode.NOTHING_READ
    tally = Tally()
    shown = _JsonLines() if json_lines else ReadTable(desk.texts)
    try:
        with desk.record() as record:
            for seen in read_files(desk, record, files, overlay):
                if isinstance(seen, NotTaken):
                    tally.not_taken += 1
                    desk.say("not_taken", path=seen.path, why=seen.why)
                    continue
                tally.count(*seen)
                shown.add(*seen)
    except KeyboardInterrupt:
        _finish(desk, shown, tally)
        desk.say("interrupted")
        return ExitCode.INTERRUPTED
    _finish(desk, shown, tally)
    if overlay is not None:
        desk.say("overlays", folder=overlay)
    return _exit_code(desk, tally, strict)


def read_files(
    desk: Desk, record: Record, files: Iterable[Path | NotTaken], overlay: Path | None
) -> Iterator[tuple[PageReport, tuple[ResultRow, ...]] | NotTaken]:
    """Read files into the record: each page's report with the current values of its sheet."""
    settings = desk.settings
    if overlay is not None:
        try:
            overlay.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JanaError(f"{overlay} cannot be made: {error.strerror}.") from error
    profile = load_profile(settings.profile or SHIPPED)
    setup = ReaderSetup(settings.record_url(), profile, overlay, settings.review.second_look_share)
    store = open_store(record, desk.store_place)
    workers: PageWorkers[PageOutcome | JanaError] = PageWorkers(
        partial(PageReader, setup), settings.limits, settings.processes
    )
    intake = Intake(
        record,
        store,
        workers,
        actor=desk.actor,
        redraw=overlay is not None,
        second_look_share=settings.review.second_look_share,
    )
    with closing(store), workers, desk.progress("reading", None) as bar:
        for report in intake.take(files):
            match report:
                case FileReport():
                    _lengthen(bar, report.page_count)
                case PageReport():
                    bar.advance(bar.task_ids[0])
                    sheet_id = report.sheet_id
                    yield report, () if sheet_id is None else record.rows_of_sheet(sheet_id)
                case NotTaken():
                    yield report


def _lengthen(bar: Progress, pages: int) -> None:
    task = bar.tasks[0]
    bar.update(task.id, total=(task.total or 0) + pages)


@dataclass
class Tally:
    """How many pages ended how, and the lines of the sheets among them."""

    pages: Counter[str] = field(default_factory=Counter)
    lines: dict[tuple[str, str], Status] = field(default_factory=dict)
    not_taken: int = 0
    """Files and folders that were named or met, and could not be opened."""

    def count(self, report: PageReport, rows: tuple[ResultRow, ...]) -> None:
        self.pages[report.outcome] += 1
        self.lines |= {(row.sheet_id, row.item): row.status for row in rows}


class _JsonLines:
    """One object a page on standard output. Whoever reads them may stop; the reading goes on."""

    def __init__(self) -> None:
        self._heard = True

    def add(self, report: PageReport, rows: tuple[ResultRow, ...]) -> None:
        if not self._heard:
            return
        try:
            click.echo(json.dumps(_as_json(report, rows), ensure_ascii=False))
        except BrokenPipeError:
            self._heard = False
            leave_stdout()

    def show(self) -> None:
        """Everything was shown as it came."""


def _as_json(report: PageReport, rows: tuple[ResultRow, ...]) -> dict[str, object]:
    return {
        "scan_name": report.scan_name,
        "scan_page": report.scan_page,
        "sheet_id": report.sheet_id,
        "outcome": report.outcome,
        "reason": None if report.reason is None else report.reason.value,
        "items": [as_json(row) for row in rows],
    }


def _finish(desk: Desk, shown: _JsonLines | ReadTable, tally: Tally) -> None:
    shown.show()
    pages = tally.pages
    desk.say(
        "read_summary",
        pages=pages.total(),
        read=pages["read"],
        seen=pages["seen_before"],
        empty=pages["empty"],
        refused=pages["refused"],
    )
    if tally.lines:
        waiting = sum(status is Status.REVIEW for status in tally.lines.values())
        desk.say("lines_summary", settled=len(tally.lines) - waiting, review=waiting)


def _exit_code(desk: Desk, tally: Tally, strict: bool) -> ExitCode:
    if tally.pages.total() == tally.pages["refused"]:
        desk.say("nothing_read")
        return ExitCode.NOTHING_READ
    if strict and tally.pages["refused"]:
        return ExitCode.REFUSED
    return ExitCode.ERROR if tally.not_taken else ExitCode.DONE
