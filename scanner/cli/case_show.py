"""`jana case show` and `jana case list`: a case with its meetings and sheets, and all cases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields

import click
from rich.table import Table

from scanner.cli.case_import import shown
from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.model.case import CaseFacts, SessionFacts
from scanner.record import CaseLine, CaseMeeting, CaseSheet, CaseStory
from scanner.texts.cells import csv_cell, utc_text

WIDEST = 1000
"""Characters of a line."""


@click.command()
@click.argument("case")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def show(desk: Desk, case: str, as_json: bool) -> None:
    """Show a case: what is known of it, its meetings, its sheets and how far each has come."""
    with desk.record() as record:
        story = record.show_case(case, actor=desk.actor)
    if as_json:
        click.echo(json.dumps(_as_object(story), indent=2, ensure_ascii=False, default=csv_cell))
        return
    _print(_facts(desk, story))
    if story.meetings:
        _print(_meetings(story.meetings))
    if story.sheets:
        _print(_sheets(desk, story.sheets))


@click.command("list")
@click.option("--unit", help="Of that unit only.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each case, on a line of its own.")
@pass_desk
def list_command(desk: Desk, unit: str | None, as_json: bool) -> None:
    """List all cases with the number of their meetings and sheets, unit by unit."""
    with desk.record() as record:
        lines = record.list_cases(unit, actor=desk.actor)
    if as_json:
        for line in lines:
            click.echo(json.dumps(_flat(line), ensure_ascii=False, default=csv_cell))
    elif lines:
        _print(_list(lines))
    else:
        desk.say("no_cases")


def _print(table: Table) -> None:
    """As wide as it is: what goes to a file or a pipe must not be cut at the width of a terminal."""
    plain_console(width=WIDEST).print(table, soft_wrap=True)


def _facts(desk: Desk, story: CaseStory) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("case", story.case)
    for name, value in _known(story.facts).items():
        table.add_row(name, shown(value))
    if story.professionals:
        table.add_row("professional", ", ".join(story.professionals))
    if not story.sheets:
        table.add_row("", desk.texts.of("message", "no_sheets"))
    return table


def _meetings(meetings: Sequence[CaseMeeting]) -> Table:
    names = [one.name for one in fields(SessionFacts)]
    used = [name for name in names if any(getattr(meeting.plan, name) is not None for meeting in meetings)]
    table = _table("session", *used)
    for meeting in meetings:
        values = (getattr(meeting.plan, name) for name in used)
        table.add_row(str(meeting.session), *("" if value is None else shown(value) for value in values))
    return table


def _sheets(desk: Desk, sheets: Sequence[CaseSheet]) -> Table:
    table = _table("sheet_id", "session", "instrument", "language", "subject", "rater", "printed_at", "state")
    for sheet in sheets:
        state = desk.texts.of("sheet_state", sheet.state.value)
        whom = (sheet.subject, sheet.rater)
        cells = (sheet.session, sheet.instrument, sheet.language, *whom, utc_text(sheet.printed_at), state)
        table.add_row(sheet.sheet_id, *("" if cell is None else str(cell) for cell in cells))
    return table


def _list(lines: Sequence[CaseLine]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("case", "unit", "age_band", "opened", "closed"):
        table.add_column(name, no_wrap=True, overflow="ignore")
    numbers = ("sessions", "printed", "outstanding", "in_review", "settled", "void")
    for name in numbers:
        table.add_column(name, no_wrap=True, overflow="ignore", justify="right")
    for line in lines:
        facts = line.facts
        words = (line.case, facts.unit, facts.age_band, facts.opened, facts.closed)
        cells = (*words, *(getattr(line, name) for name in numbers))
        table.add_row(*("" if cell is None else shown(cell) for cell in cells))
    return table


def _as_object(story: CaseStory) -> dict[str, object]:
    """The case for programs: names as in the tables, times and days as everywhere, lists as lists."""
    return {
        "case": story.case,
        **asdict(story.facts),
        "professionals": list(story.professionals),
        "sessions": [
            {"session": meeting.session, "planned": meeting.planned, **asdict(meeting.plan)}
            for meeting in story.meetings
        ],
        "sheets": [asdict(sheet) for sheet in story.sheets],
    }


def _flat(line: CaseLine) -> dict[str, object]:
    values = asdict(line)
    facts = values.pop("facts")
    return {"case": values.pop("case"), **facts, **values}


def _known(facts: CaseFacts) -> dict[str, object]:
    return {name: value for name, value in asdict(facts).items() if value is not None}


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ignore")
    return table
