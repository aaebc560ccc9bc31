"""`jana sheet`: look at a printed sheet, make it void, or bind it to a case."""

from __future__ import annotations

import click
from rich.table import Table

from forms.identifier import SheetId, SheetIdError
from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.errors import UsageError
from scanner.model.delivery import Withdrawal
from scanner.printing.requests import RequestsError, purpose_from_texts
from scanner.record import ResultRow, SheetScan, SheetStory
from scanner.texts.cells import utc_text


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
    """Show what is known of a sheet: for whom, when printed, its scans and its values."""
    identifier = _sheet_id(sheet_id)
    with desk.record() as record:
        record.append_audit(desk.actor, "sheet.show", f"sheet:{identifier}")
        story = record.show(identifier)
    console = plain_console()
    console.print(_facts(desk, story), soft_wrap=True)
    if story.scans:
        console.print(_scans(desk, story.scans), soft_wrap=True)
    if story.rows:
        console.print(_values(story.rows), soft_wrap=True)


def _scans(desk: Desk, scans: tuple[SheetScan, ...]) -> Table:
    """Each time the sheet came back, and what that was: first, sighting, conflict, or why refused; and
    which pictures of it are gone."""
    table = _table("scan", "page", "read_at", "", "")
    for scan in scans:
        what = scan.refusal or scan.standing or ""
        cells = (scan.scan_name, str(scan.scan_page), utc_text(scan.read_at), str(what), _gone(desk, scan))
        table.add_row(*cells)
    return table


def _gone(desk: Desk, scan: SheetScan) -> str:
    gone = []
    if scan.scan_purged_at is not None:
        gone.append(desk.texts.of("message", "scan_purged", day=scan.scan_purged_at.date().isoformat()))
    if scan.crops_purged:
        gone.append(desk.texts.of("message", "crops_purged"))
    return ", ".join(gone)


def _values(rows: tuple[ResultRow, ...]) -> Table:
    table = _table("item", "position_mm", "score", "status", "reasons", "decided_by")
    for row in rows:
        cells = (row.item, row.position_mm, row.score, row.status, " ".join(row.reasons), row.decided_by)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ignore")
    return table


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
@click.option("--wrong-person", is_flag=True, help="What was delivered of it is about somebody else.")
@pass_desk
def void(desk: Desk, sheet_id: str, reason: str, wrong_person: bool) -> None:
    """Take a sheet out of use for good. If it is scanned later, it is refused.

    What was delivered of it is taken back there.
    """
    identifier = _sheet_id(sheet_id)
    if not reason.strip() or not reason.isprintable():
        raise UsageError("Say why the sheet is made void, on one line: --reason TEXT.")
    with desk.record() as record:
        withdrawal = Withdrawal.WRONG_PERSON if wrong_person else Withdrawal.VOID
        record.void(identifier, reason=reason.strip(), actor=desk.actor, withdrawal=withdrawal)
    desk.say("voided", sheet=identifier, reason=reason.strip())


@command.command()
@click.argument("sheet_id")
@click.option("--case", required=True, help="Pseudonymous reference of the case.")
@click.option("--session", default="", help="Number of the session within the case.")
@click.option("--session-date", default="", help="As yyyy-MM-dd.")
@click.option("--subject", default="", help="Pseudonymous reference to whom the rating is about.")
@click.option("--rater", default="", help="self, mother, father, guardian, other or professional.")
@click.option("--unit", default="", help="Office or team.")
@pass_desk
def bind(desk: Desk, /, sheet_id: str, **texts: str) -> None:
    """Give an unbound sheet its case, session, subject and rater.

    What is printed on the sheet already may be left out, and cannot be changed.
    """
    identifier = _sheet_id(sheet_id)
    try:
        purpose = purpose_from_texts(**texts)
    except RequestsError as error:
        raise UsageError(str(error)) from error
    if purpose.case is None:
        raise UsageError("Say which case the sheet belongs to: --case REFERENCE.")
    with desk.record() as record:
        record.bind(identifier, purpose, actor=desk.actor)
    desk.say("bound", sheet=identifier, case=purpose.case)
