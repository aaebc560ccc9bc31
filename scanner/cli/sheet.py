"""`jana sheet`: look at a printed sheet, make it void, or bind it to a case."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from forms.identifier import SheetId, SheetIdError
from scanner.cli.context import Desk, pass_desk
from scanner.delivery.results_table import utc_text
from scanner.errors import UsageError
from scanner.printing.requests import purpose_from_texts
from scanner.record import SheetStory


@click.group("sheet")
def command() -> None:
    """Look at a printed sheet, make it void, or bind it to a case.

    SHEET_ID is the printed code, with or without its gaps (in quotes when it has gaps).
    """


def _sheet_id(text: str) -> str:
    try:
        return SheetId.parse(text).text
    except SheetIdError as error:
        raise UsageError(f"{text!r} is not a sheet's code: {error}") from error


@command.command()
@click.argument("sheet_id")
@pass_desk
def show(desk: Desk, sheet_id: str) -> None:
    """Show what is known of a sheet: for whom, when printed, its readings and values."""
    identifier = _sheet_id(sheet_id)
    with desk.record() as record:
        story = record.show(identifier)
        rows = record.rows_of_sheet(identifier)
        record.append_audit(desk.actor, "sheet.show", f"sheet:{identifier}")
    console = Console(highlight=False)
    console.print(_facts(desk, story))
    if rows:
        table = Table(box=None, pad_edge=False)
        for heading in ("item", "position_mm", "score", "status", "reasons", "decided_by", "scan"):
            table.add_column(heading)
        for row in rows:
            place = f"{row.scan_name} {row.scan_page}"
            cells = (row.item, row.position_mm, row.score, row.status, " ".join(row.reasons), row.decided_by)
            table.add_row(*("" if cell is None else str(cell) for cell in cells), place)
        console.print(table)


def _facts(desk: Desk, story: SheetStory) -> Table:
    sheet = story.sheet
    purpose = sheet.purpose
    facts: list[tuple[str, object]] = [
        ("sheet_id", SheetId(sheet.sheet_id).grouped()),
        ("instrument", f"{sheet.instrument} {sheet.version} ({sheet.language})"),
        ("printed_at", utc_text(story.printed_at)),
        ("case", purpose.case or desk.texts.of("message", "unbound")),
        ("session", purpose.session),
        ("session_date", purpose.session_date),
        ("subject", purpose.subject),
        ("rater", purpose.rater),
        ("unit", purpose.unit),
        ("void", sheet.void_reason),
    ]
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts:
        if value is not None:
            table.add_row(name, str(value))
    return table


@command.command()
@click.argument("sheet_id")
@click.option("--reason", required=True, help="Why: misprinted, handed to the wrong person, ...")
@pass_desk
def void(desk: Desk, sheet_id: str, reason: str) -> None:
    """Take a sheet out of use for good. If it is scanned later, it is refused."""
    identifier = _sheet_id(sheet_id)
    if not reason.strip():
        raise UsageError("Say why the sheet is made void: --reason TEXT.")
    with desk.record() as record:
        record.void(identifier, reason=reason.strip(), actor=desk.actor)
    desk.say("voided", sheet=identifier, reason=reason.strip())


@command.command()
@click.argument("sheet_id")
@click.option("--case", required=True, help="Pseudonymous reference of the case.")
@click.option("--session", default="", help="Number of the session within the case.")
@click.option("--session-date", default="", help="yyyy-MM-dd")
@click.option("--subject", default="", help="Pseudonymous reference to whom the rating is about.")
@click.option("--rater", default="", help="self, mother, father, guardian, other or professional.")
@click.option("--unit", default="")
@pass_desk
def bind(desk: Desk, /, sheet_id: str, **texts: str) -> None:
    """Give an unbound sheet its case, session, subject and rater."""
    identifier = _sheet_id(sheet_id)
    purpose = purpose_from_texts(**texts)
    with desk.record() as record:
        record.bind(identifier, purpose, actor=desk.actor)
    desk.say("bound", sheet=identifier, case=purpose.case)
