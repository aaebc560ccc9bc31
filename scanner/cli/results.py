"""`jana results`: what the record holds, as a table for people and programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from scanner.cli.context import Desk, pass_desk
from scanner.delivery.results_table import write_csv, write_json
from scanner.errors import UsageError
from scanner.printing.appearing import appearing
from scanner.record import OutstandingRow, Record, RefusedRow, ResultRow


@click.command("results")
@click.option("--format", "style", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal."
)
@click.option("--refused", is_flag=True, help="Pages and files that could not be read, and why.")
@click.option("--outstanding", is_flag=True, help="Sheets that were printed and have not come back.")
@pass_desk
def command(desk: Desk, style: str, out: Path | None, refused: bool, outstanding: bool) -> None:
    """Print the results: a row for each line of every sheet that has been scanned."""
    if refused and outstanding:
        raise UsageError("Give --refused or --outstanding, not both.")
    kind = "refused" if refused else "outstanding" if outstanding else "results"
    with desk.record() as record:
        # First, so that nobody sees what the audit does not know of.
        record.append_audit(desk.actor, "results.read", kind)
        if out is None:
            _write(record, kind, style, sys.stdout)
            return
        with appearing(out) as part, part.open("w", encoding="utf-8", newline="") as file:
            _write(record, kind, style, file)


def _write(record: Record, kind: str, style: str, out: TextIO) -> int:
    write = write_csv if style == "csv" else write_json
    if kind == "refused":
        return write(RefusedRow, record.refused_rows(), out)
    if kind == "outstanding":
        return write(OutstandingRow, record.outstanding_rows(), out)
    return write(ResultRow, record.results(), out)
