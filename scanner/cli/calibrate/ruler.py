"""`jana calibrate ruler`: what this printer and this scanner do to a sheet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calibration.ruler import read_ruler
from calibration.ruler_bounds import Level, Verdict, worst
from calibration.ruler_devices import KeptDevice, as_table, check_name, keep, kept
from calibration.ruler_scan import load_scan
from calibration.ruler_verdicts import judge
from forms.ruler_sheet import LANGUAGES, render_ruler
from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.cli.terminal import harmless
from scanner.errors import UsageError
from scanner.printing.appearing import appearing

STYLES = {Level.OK: "green", Level.WATCH: "yellow", Level.OUT: "bold red"}
OVERALL = {
    Level.OK: "This pair is fit for use.",
    Level.WATCH: "This pair can be used; what is marked 'watch' makes it read less well.",
    Level.OUT: "This pair is out of bounds: mend what is marked so, then print and scan the ruler again.",
}
STEEL_MM = click.FloatRange(80.0, 120.0)
"""What a steel ruler can read on a line of 100 mm: anything else is a slip."""


@click.command("ruler")
@click.argument("scan", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the sheet to print (PDF)."
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the sheet.")
@click.option("--page", type=click.IntRange(min=1), help="Page of SCAN, when it has several.")
@click.option("--printed-mm", type=STEEL_MM, help="What a steel ruler reads on line A of the paper.")
@click.option("--printed-down-mm", type=STEEL_MM, help="The same on line B.")
@click.option("--name", help="Keep what is measured as the profile of this device.")
@click.option("--list", "show_kept", is_flag=True, help="Show the devices that are kept.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object (with --list an array).")
@pass_desk
def command(
    desk: Desk,
    scan: Path | None,
    out: Path | None,
    language: str | None,
    page: int | None,
    printed_mm: float | None,
    printed_down_mm: float | None,
    name: str | None,
    show_kept: bool,
    as_json: bool,
) -> None:
    """Measure a printer and a scanner: print the ruler sheet (--out), scan it, and give SCAN here.

    Says of scale, skew, feed, sharpness and contrast whether they are ok, to be watched, or out of
    bounds, and what to do. With --name it is kept in JANA_HOME/devices, beside what was measured before.
    """
    if sum((scan is not None, out is not None, show_kept)) != 1:
        raise UsageError("Give one of these: --out RULER.pdf, the SCAN of a printed ruler sheet, or --list.")
    if scan is None and (page, printed_mm, printed_down_mm, name) != (None, None, None, None):
        raise UsageError("--page, --printed-mm, --printed-down-mm and --name go with a SCAN.")
    if out is not None:
        _print(desk, out, language)
    elif language is not None:
        raise UsageError("--language goes with --out.")
    elif show_kept:
        _list(kept(desk.settings.home), as_json=as_json)
    elif scan is not None:
        _measure(desk, scan, page, (printed_mm, printed_down_mm), name, as_json=as_json)


def _print(desk: Desk, out: Path, language: str | None) -> None:
    with appearing(out) as part:
        render_ruler(part, language or desk.settings.language)
    desk.talk.print(
        f"The ruler sheet is in {harmless(str(out))}. Print it at actual size, scan it as you scan every "
        "sheet,\nand give the scan to `jana calibrate ruler`.",
        soft_wrap=True,
    )


def _measure(
    desk: Desk,
    scan: Path,
    page: int | None,
    printed: tuple[float | None, float | None],
    name: str | None,
    *,
    as_json: bool,
) -> None:
    if name is not None:
        check_name(name)  # before the work, not after it
    scanned = load_scan(scan, page, desk.settings.limits)
    figures = read_ruler(scanned, *printed)
    verdicts = judge(figures)
    table = as_table(figures, verdicts, datetime.now(UTC), scanned.source.scan_sha256)
    if as_json:
        click.echo(json.dumps({**table, "verdicts": [_as_json(v) for v in verdicts]}, indent=2))
    else:
        _show(verdicts)
    if name is not None:
        path = keep(desk.settings.home, name, table)
        desk.talk.print(f"Kept in {harmless(str(path))}.", soft_wrap=True)


def _as_json(verdict: Verdict) -> dict[str, str | None]:
    return {
        "check": verdict.check,
        "level": verdict.level.value,
        "figure": verdict.figure,
        "meaning": verdict.meaning,
        "remedy": verdict.remedy,
    }


def _show(verdicts: tuple[Verdict, ...]) -> None:
    """A row for each property, remedies beneath, and in the end one sentence on the whole."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for verdict in verdicts:
        said = verdict.meaning if verdict.remedy is None else f"{verdict.meaning}\n→ {verdict.remedy}"
        table.add_row(Text(verdict.level, STYLES[verdict.level]), verdict.check, verdict.figure, said)
    console = plain_console()
    console.print(table)
    level = worst(verdicts)
    console.print(Padding(Text(OVERALL[level], STYLES[level]), (1, 0, 0, 0)))


def _list(devices: tuple[KeptDevice, ...], *, as_json: bool) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [{"name": d.name, "measurements": list(d.measurements)} for d in devices]
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("device", "measured_at", "verdict", "error_mm", "dpi", "measurements"):
        table.add_column(heading, no_wrap=True)
    for device in devices:
        last = device.measurements[-1]
        verdict = str(last["verdict"])
        error, dpi = last.get("error_mm"), last.get("dpi_across")
        table.add_row(
            device.name,
            str(last["measured_at"]),
            Text(verdict, STYLES[Level(verdict)] if verdict in list(Level) else ""),
            "" if error is None else f"{error:.3f}",
            "" if dpi is None else f"{dpi:.0f}",
            str(len(device.measurements)),
        )
    plain_console().print(table)
