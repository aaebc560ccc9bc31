"""`jana reconcile`: where every printed sheet has got to, and whether the figures add up."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date, datetime

import click

from scanner.cli.context import Desk, pass_desk
from scanner.cli.deliver import chosen
from scanner.cli.terminal import escaped
from scanner.errors import ExitCode, UsageError
from scanner.record import AccountedSheet, Counts, Figure, ReconcileRow, SheetCount, TargetCounts
from scanner.record.accounted import LISTS
from scanner.record.reconcile_lines import ReconcileLine, lines_of
from scanner.texts.cells import csv_cell, write_rows

PAGES = ("pages_seen", "pages_read", "pages_refused", "pages_empty", "pages_waiting")


@click.command("reconcile")
@click.option(
    "--by", "by", type=click.Choice(["unit", "day"]), multiple=True, help="A row for each; or both."
)
@click.option(
    "--format", "style", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
@click.option(
    "--list",
    "count",
    type=click.Choice(LISTS),
    help="The sheets behind this figure.",
)
@click.option("--unit", help='With --list: of this unit; "" for sheets of none.')
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="With --list: of this day.")
@click.option("--target", help="Look at this target alone.")
@pass_desk
def command(
    desk: Desk,
    by: tuple[str, ...],
    style: str,
    count: str | None,
    unit: str | None,
    day: datetime | None,
    target: str | None,
) -> int:
    """Account for every sheet: printed = outstanding + in review + settled + void, and settled = delivered +
    pending + rejected + undeliverable.

    Sheets count on the day of their meeting, or of their printing where they name none. Figures that do not
    add up are an error, and the command says so and ends with 1.
    """
    if count is None and (unit is not None or day is not None):
        raise UsageError("--unit and --day choose among the sheets of --list.")
    targets = chosen(desk, () if target is None else (target,))
    if count is not None:
        if by:
            raise UsageError("--list shows sheets: leave --by away.")
        on = None if day is None else day.date()
        _list(desk, targets, count, style, unit=unit, day=on)
        return ExitCode.DONE
    with desk.record() as record:
        rows, counts = record.reconcile_with_counts(targets, by_unit="unit" in by, by_day="day" in by)
    if style == "csv":
        write_rows(ReconcileLine, lines_of(rows), sys.stdout)
    elif style == "json":
        click.echo(json.dumps(_as_object(rows, counts), indent=2, ensure_ascii=False))
    else:
        _show(desk, rows, counts, by)
    return _judge(desk, rows, counts)


def _judge(desk: Desk, rows: Sequence[ReconcileRow], counts: Counts) -> int:
    sheets = sum(row.counts.unaccounted for row in rows)
    parts = (counts.pages_read, counts.pages_refused, counts.pages_empty, counts.pages_waiting)
    pages = abs(counts.pages_seen - sum(parts))
    if sheets or pages:
        desk.say("reconcile_wrong", sheets=sheets, pages=pages)
        return ExitCode.ERROR
    desk.say("reconcile_right")
    return ExitCode.DONE


def _show(desk: Desk, rows: Sequence[ReconcileRow], counts: Counts, by: Sequence[str]) -> None:
    keys, texts = list(dict.fromkeys(by)), desk.texts
    table = [[texts.of("reconcile", name) for name in (*keys, *SheetCount)]]
    for row in rows:
        named = ["-" if getattr(row, name) is None else escaped(str(getattr(row, name))) for name in keys]
        table.append(named + [str(getattr(row.counts, figure.value)) for figure in SheetCount])
    widths = [max(len(line[place]) for line in table) for place in range(len(table[0]))]
    for line in table:
        cells = zip(line, widths, strict=True)
        shown = [f"{c:<{w}}" if n < len(keys) else f"{c:>{w}}" for n, (c, w) in enumerate(cells)]
        click.echo("  ".join(shown).rstrip())
    for name in rows[0].targets if rows else ():
        parts = {field.name: sum(getattr(row.targets[name], field.name) for row in rows) for field in _EACH}
        click.echo(texts.of("message", "delivery_status", target=name, **parts))
    click.echo(texts.of("message", "status_pages", **{name: getattr(counts, name) for name in PAGES}))


_EACH = fields(TargetCounts)


def _as_object(rows: Sequence[ReconcileRow], counts: Counts) -> dict[str, object]:
    return {
        "sheets": [
            {
                "unit": row.unit,
                "day": None if row.day is None else row.day.isoformat(),
                **asdict(row.counts),
                "targets": {name: asdict(of) for name, of in row.targets.items()},
            }
            for row in rows
        ],
        "pages": {name.removeprefix("pages_"): getattr(counts, name) for name in PAGES},
        "unaccounted": sum(row.counts.unaccounted for row in rows),
    }


def _list(
    desk: Desk, targets: Sequence[str], count: str, style: str, *, unit: str | None, day: date | None
) -> None:
    with desk.record() as record:
        # First, so that nobody sees what the audit does not know of.
        record.append_audit(desk.actor, "sheets.read", count)
        only = targets[0] if len(targets) == 1 else None
        found = record.reconciled_sheets(targets, Figure(count=count, unit=unit, day=day, target=only))
        if style == "csv":
            write_rows(AccountedSheet, found, sys.stdout)
        elif style == "json":
            click.echo(json.dumps([_listed(sheet) for sheet in found], indent=2, ensure_ascii=False))
        else:
            for sheet in found:
                cells = (sheet.sheet_id, sheet.instrument, sheet.case, sheet.session, sheet.rater, sheet.unit)
                told = "  ".join("-" if cell is None else str(cell) for cell in cells)
                click.echo(escaped(f"{told}  {sheet.targets}".rstrip()))


def _listed(sheet: AccountedSheet) -> dict[str, object]:
    numbers = {"version": sheet.version, "session": sheet.session}
    return {field.name: numbers.get(field.name, _text(getattr(sheet, field.name))) for field in fields(sheet)}


def _text(value: object) -> str | None:
    return None if value is None else (value if isinstance(value, str) else csv_cell(value))
