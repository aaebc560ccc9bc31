"""`jana print`: sheets for today's meetings, or a pool of blank ones."""

from __future__ import annotations

from pathlib import Path

import click

from forms.definition import load_library
from scanner.cli.context import Desk, pass_desk
from scanner.errors import UsageError
from scanner.printing.issue import issue
from scanner.printing.requests import RequestsError, SheetRequest, known_instrument, pool, read_requests

MAX_POOL = 100_000


@click.command("print")
@click.argument("requests", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write."
)
@click.option(
    "--manifest", type=click.Path(dir_okay=False, path_type=Path), help="A CSV of what is on which page."
)
@click.option("--instrument", help="Code of the pool's instrument, such as ors.")
@click.option("--language", help="Language of the pool: en, fi or sv.")
@click.option("--count", type=click.IntRange(1, MAX_POOL), help="Number of sheets in the pool.")
@pass_desk
def command(
    desk: Desk,
    requests: Path | None,
    out: Path,
    manifest: Path | None,
    instrument: str | None,
    language: str | None,
    count: int | None,
) -> None:
    """Print a sheet for every row of REQUESTS (CSV), or a pool of unbound sheets.

    REQUESTS has the columns instrument, language, case, session, session_date, subject, rater and
    unit; all but instrument may be empty or absent. Every sheet is in the record before the PDF
    appears. Sheets of a pool get their case later, by `jana sheet bind`.
    """
    _refuse_same_file(requests, out, manifest)
    wanted = _wanted(desk, requests, instrument, language, count)
    with desk.record() as record, desk.progress("printing", len(wanted)) as bar:
        issue(
            record,
            wanted,
            out,
            manifest=manifest,
            licence=desk.settings.licence,
            actor=desk.actor,
            progress=lambda done: bar.update(bar.task_ids[0], completed=done),
        )
    desk.say("printed", count=len(wanted), file=out)
    if manifest is not None:
        desk.say("manifest", file=manifest)


def _refuse_same_file(*paths: Path | None) -> None:
    """The sheets must not be written over the table that asked for them."""
    places = [path.resolve() for path in paths if path is not None]
    if len(set(places)) < len(places):
        raise UsageError("REQUESTS, --out and --manifest must be different files.")


def _wanted(
    desk: Desk, requests: Path | None, instrument: str | None, language: str | None, count: int | None
) -> tuple[SheetRequest, ...]:
    if (requests is None) == (instrument is None):
        raise UsageError("Give either REQUESTS.csv, or --instrument with --count.")
    library = load_library(desk.settings.instruments)
    if requests is not None:
        if language is not None or count is not None:
            raise UsageError("--language and --count go with --instrument, not with REQUESTS.csv.")
        table = read_requests(requests, library, desk.settings.language)
        if table.ignored:
            desk.say("ignored_columns", file=requests, columns=", ".join(table.ignored))
        return table.requests
    if count is None:
        raise UsageError("Say how many sheets to print: --count 20.")
    try:
        chosen = known_instrument(library, instrument or "")
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    try:
        return pool(chosen, (language or desk.settings.language).lower(), count)
    except RequestsError as error:
        raise UsageError(str(error)) from error
