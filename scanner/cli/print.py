"""`jana print`: sheets for today's meetings, for a family, from a table, or a pool of blank ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from forms.definition import load_library
from scanner.cli.context import Desk, pass_desk
from scanner.cli.print_choices import Choices, Way, listed, refuse_same_file
from scanner.cli.terminal import escaped
from scanner.errors import JanaError, UsageError
from scanner.model.case import Meeting
from scanner.printing.issue import issue
from scanner.printing.packs import Pack, Shelf, pack_for
from scanner.printing.requests import (
    MAX_TROUBLES,
    RequestsError,
    SheetRequest,
    known_instrument,
    pool,
    read_requests,
)
from scanner.record import Record

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
@click.option("--language", help="Language of the sheets: en, fi or sv.")
@click.option("--count", type=click.IntRange(1, MAX_POOL), help="Number of sheets in the pool.")
@click.option("--today", is_flag=True, help="The sheets of all meetings that are planned for today.")
@click.option("--date", "day_text", help="The same for another day; with --case: the day of a new meeting.")
@click.option("--unit", help="Of that unit only; with --case: the unit of a new case.")
@click.option("--case", help="A family's pack: the reference of its case.")
@click.option("--session", help="Number of the meeting within the case.")
@click.option("--raters", help="Who rates the client, such as self,mother,father.")
@click.option("--own", help="Who fills in sheets about themselves too, such as mother.")
@click.option("--instruments", help="Codes of the forms, such as ors,srs; else by the age band.")
@click.option("--subject", help="What the client is called on the sheets; else child or client.")
@click.option("--again", is_flag=True, help="Also what is printed for the meeting already.")
@pass_desk
def command(desk: Desk, /, out: Path, manifest: Path | None, **given: Any) -> None:
    """Print a sheet for every row of REQUESTS (CSV), a day's meetings, a family's pack, or a pool.

    REQUESTS has the columns instrument, language, case, session, session_date, subject, rater and
    unit; all but instrument may be empty or absent. Meetings are planned by `jana case import`.
    Every sheet is in the record before the PDF appears. Sheets of a pool get their case later, by
    `jana sheet bind`.
    """
    choices = Choices(**given)
    refuse_same_file(choices.requests, out, manifest)
    way = choices.way
    if way in (Way.TABLE, Way.POOL):
        wanted = _pool(desk, choices) if choices.requests is None else _from_table(desk, choices.requests)
        with desk.record() as record:
            _print(desk, record, wanted, out, manifest)
        return
    with desk.record() as record:
        shelf = Shelf(load_library(desk.settings.instruments), desk.settings.packs, desk.settings.language)
        meetings = (
            _meetings_of_day(desk, record, choices) if way is Way.DAY else _family(desk, record, choices)
        )
        packs = _packs(meetings, choices, shelf)
        before = sum(pack.printed_before for pack in packs)
        if before:
            desk.say("printed_before", count=before)
        wanted = tuple(request for pack in packs for request in pack.requests)
        if wanted:
            _print(desk, record, wanted, out, manifest, once=not choices.again)
            _tell_pages(desk, meetings, packs)
        else:
            desk.say("nothing_to_print")


def _print(
    desk: Desk,
    record: Record,
    wanted: tuple[SheetRequest, ...],
    out: Path,
    manifest: Path | None,
    *,
    once: bool = False,
) -> None:
    with desk.progress("printing", len(wanted)) as bar:
        issue(
            record,
            wanted,
            out,
            manifest=manifest,
            licence=desk.settings.licence,
            actor=desk.actor,
            once=once,
            progress=lambda done: bar.update(bar.task_ids[0], completed=done),
        )
    desk.say("printed", count=len(wanted), file=out)
    if manifest is not None:
        desk.say("manifest", file=manifest)


def _from_table(desk: Desk, requests: Path) -> tuple[SheetRequest, ...]:
    library = load_library(desk.settings.instruments)
    table = read_requests(requests, library, desk.settings.language)
    if table.ignored:
        desk.say("ignored_columns", file=requests, columns=", ".join(table.ignored))
    return table.requests


def _pool(desk: Desk, choices: Choices) -> tuple[SheetRequest, ...]:
    if choices.count is None:
        raise UsageError("Say how many sheets to print: --count 20.")
    try:
        chosen = known_instrument(load_library(desk.settings.instruments), choices.instrument or "")
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    try:
        return pool(chosen, (choices.language or desk.settings.language).lower(), choices.count)
    except RequestsError as error:
        raise UsageError(str(error)) from error


def _meetings_of_day(desk: Desk, record: Record, choices: Choices) -> tuple[Meeting, ...]:
    """Those that were planned, but for cases that have been closed since."""
    day = choices.day()
    if day is None:
        raise UsageError("Give --date a day, such as 2026-11-30.")
    planned = record.meetings_on(day, choices.unit)
    held = tuple(one for one in planned if one.facts.closed is None or one.facts.closed >= day)
    if len(held) < len(planned):
        desk.say("meetings_of_closed", count=len(planned) - len(held))
    desk.say("meetings", count=len(held), day=day.isoformat())
    return held


def _family(desk: Desk, record: Record, choices: Choices) -> tuple[Meeting, ...]:
    """One meeting; one that the record does not know is made with its sheets, and that is said."""
    reference, number = choices.meeting()
    found = record.meeting(reference, number)
    if not found.case_known and choices.instruments is None:
        raise JanaError(
            f"The case {reference} is not in this record. Look whether it is typed right, take it in with "
            "`jana case import`, or name the forms with --instruments to begin it with these sheets."
        )
    if not found.case_known:
        desk.say("case_begun", case=reference)
    if not found.session_known:
        last = "–" if found.last_session is None else found.last_session
        desk.say("session_begun", case=reference, session=number, last=last)
    return (_completed(found, choices),)


def _completed(found: Meeting, choices: Choices) -> Meeting:
    """With the unit and the day of the command line, which may add to what is known, and not change it."""
    unit = _added("unit", found.facts.unit if found.case_known else None, choices.unit)
    day: date | None = _added("date", found.plan.session_date, choices.day())
    return replace(found, facts=replace(found.facts, unit=unit), plan=replace(found.plan, session_date=day))


def _added(option: str, known: Any, given: Any) -> Any:
    if known is not None and given not in (None, known):
        raise UsageError(f"The record has {option} {known}, not {given}: change it with `jana case import`.")
    return known if given is None else given


def _tell_pages(desk: Desk, meetings: tuple[Meeting, ...], packs: list[Pack]) -> None:
    """Which pages are whose: nothing on a sheet says which family it is for."""
    page = 1
    for meeting, pack in zip(meetings, packs, strict=True):
        if not pack.requests:
            continue
        last = page + len(pack.requests) - 1
        pages = str(page) if last == page else f"{page}-{last}"
        words = (meeting.facts.unit, meeting.plan.session_time, meeting.case, str(meeting.session))
        whose = "  ".join(word for word in words if word is not None)
        click.echo(escaped(desk.texts.of("message", "pages_of", pages=pages, whose=whose)))
        page = last + 1


def _packs(meetings: tuple[Meeting, ...], choices: Choices, shelf: Shelf) -> list[Pack]:
    """A pack for every meeting. Raises JanaError, with all that is wrong, when there cannot be one."""
    wishes = choices.wishes()
    packs, troubles = [], []
    for meeting in meetings:
        try:
            packs.append(pack_for(meeting, wishes, shelf))
        except ValueError as error:
            troubles.append(f"session {meeting.session} of case {meeting.case}: {error}")
    if troubles:
        more = [f"and {len(troubles) - MAX_TROUBLES} more"] if len(troubles) > MAX_TROUBLES else []
        raise JanaError(f"Nothing was printed:\n{listed([*troubles[:MAX_TROUBLES], *more])}")
    return packs
