"""`jana demo`: the whole way on made-up sheets, in a record of its own that touches nothing real."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from calibration.evaluate import evaluate_results
from calibration.judged import ResultLine
from calibration.synthesis.morning import Morning, simulate_morning
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import write_truth
from forms.definition import load_library
from forms.render import SheetFace
from scanner.cli.context import Desk, pass_desk
from scanner.cli.read import read_files
from scanner.cli.read_table import ReadTable
from scanner.delivery.results_table import write_csv
from scanner.errors import JanaError
from scanner.intake.find_files import NotTaken
from scanner.model.sheet import SheetPurpose
from scanner.printing.issue import issue
from scanner.printing.requests import SheetRequest
from scanner.record import Record, RefusedRow, ResultRow
from scanner.settings import Settings

FAMILY = (("child", "self"), ("child", "mother"), ("child", "father"), ("mother", "self"))
"""Who fills in a sheet about whom, in the family among the demo's cases."""
MEETINGS = (
    ("A-1042", "fi", "ors", "srs", (("client", "self"),)),
    ("A-1077", "sv", "ors", "srs", (("client", "self"),)),
    ("B-0311", "en", "cors", "csrs", FAMILY),
    ("B-0314", "fi", "ors", "srs", (("client", "self"), ("partner", "self"))),
    ("C-2050", "fi", "gsrs", "gsrs", (("client", "self"),)),
    ("S-0007", "sv", "lass", "lass", (("team", "professional"),)),
)
"""Case, language, instrument at the start and at the end of the meeting, and who fills them in."""


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep everything; default: a new temporary folder.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Other hands, pens and scanners.")
@pass_desk
def command(desk: Desk, out: Path | None, seed: int) -> None:
    """Print, fill in, scan and read a made-up morning's sheets, and show what came of them.

    Hands, pens, printers and scanners are simulated; everything else is the real thing. Your own
    record is not touched.
    """
    started = time.monotonic()
    folder = out or Path(tempfile.mkdtemp(prefix="jana-demo-"))
    scans = _empty_folder(folder) / "scans"
    scans.mkdir()
    desk.settings = _apart(desk.settings, folder)
    desk.say("demo_intro")
    with desk.record() as record:
        faces = _print(desk, record, folder / "forms.pdf", folder / "forms.csv")
        morning = _fill_in(desk, faces, folder / "forms.pdf", scans, seed)
        table = ReadTable(desk.texts)
        for seen in read_files(desk, record, morning.files, folder / "overlays"):
            if not isinstance(seen, NotTaken):
                table.add(*seen)
        table.show()
        _keep_results(record, folder)
        _judge(desk, record, morning)
    _say_what_is_kept(desk, folder)
    desk.say("demo_time", seconds=time.monotonic() - started)


def _empty_folder(folder: Path) -> Path:
    """The folder, made when need be: nothing of anybody's is written over."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise JanaError(f"{folder} cannot be used: {error.strerror}. Choose another place.") from error
    if occupied:
        raise JanaError(f"{folder} is not empty. Name a new folder for the demo.")
    return folder


def _apart(settings: Settings, folder: Path) -> Settings:
    """The user's settings, but with the shipped forms and a record in the demo's own folder."""
    changes: dict[str, object] = {"home": folder / "home", "database_url": None, "database_url_file": None}
    return settings.model_copy(update=changes | {"instruments": (), "licence": None})


def _print(desk: Desk, record: Record, out: Path, manifest: Path) -> tuple[SheetFace, ...]:
    library = load_library(desk.settings.instruments)
    today = datetime.now(UTC).date()
    requests = [
        SheetRequest(
            library[instrument],
            language,
            SheetPurpose(
                case=case,
                session=3,
                session_date=today,
                subject=subject,
                rater=rater,
                unit="demo",
            ),
        )
        for case, language, first, last, people in MEETINGS
        for instrument in (first, last)
        for subject, rater in people
    ]
    with desk.progress("printing", len(requests)) as bar:
        faces = issue(
            record,
            requests,
            out,
            manifest=manifest,
            licence=desk.settings.licence,
            actor=desk.actor,
            progress=lambda done: bar.update(bar.task_ids[0], completed=done),
        )
    desk.say("printed", count=len(faces), file=out)
    return faces


def _fill_in(desk: Desk, faces: Sequence[SheetFace], forms: Path, scans: Path, seed: int) -> Morning:
    sheets = [
        PrintedSheet(pdf=forms, page=page, sheet_id=face.sheet_id.text, layout=face.layout)
        for page, face in enumerate(faces, 1)
    ]
    with desk.progress("scanning", None) as bar:
        morning = simulate_morning(
            sheets,
            scans,
            seed,
            workers=desk.settings.processes,
            progress=lambda done: bar.update(bar.task_ids[0], completed=done),
        )
    write_truth(scans.parent / "truth.jsonl", morning.pages)
    return morning


def _keep_results(record: Record, folder: Path) -> None:
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as out:
        write_csv(ResultRow, record.results(), out)
    with (folder / "refused.csv").open("w", encoding="utf-8", newline="") as out:
        write_csv(RefusedRow, record.refused_rows(), out)


def _judge(desk: Desk, record: Record, morning: Morning) -> None:
    """Hold the results against what the simulated hands meant."""
    refused = {(row.scan_name, row.scan_page) for row in record.refused_rows()}
    results = [
        ResultLine(
            sheet_id=row.sheet_id,
            item=row.item,
            position_mm=None if row.position_mm is None else float(row.position_mm),
            status=row.status,
        )
        for row in record.results()
    ]
    overall = evaluate_results(morning.pages, results, refused).overall.figures
    desk.say(
        "demo_judged",
        accepted=overall.accepted,
        mean=overall.mean_error_mm or 0.0,
        worst=overall.max_error_mm or 0.0,
        silent=overall.silently_wrong,
        review=overall.flagged,
    )


def _say_what_is_kept(desk: Desk, folder: Path) -> None:
    desk.say("demo_kept", folder=folder)
    for name, key in (
        ("forms.pdf", "demo_forms"),
        ("scans/", "demo_filled"),
        ("overlays/", "demo_overlays"),
        ("results.csv", "demo_results"),
        ("home/", "demo_home"),
    ):
        desk.talk.print(f"  {name:<12} {desk.texts.of('message', key)}", soft_wrap=True)
