"""`jana calibrate evaluate`: readings against truth, simulated or real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from calibration.evaluate import Evaluation, evaluate
from calibration.judged import JudgedLine, invented, judged_results
from calibration.real import load_refused, load_results, load_truth
from calibration.report.data import as_json, write_lines
from calibration.report.html import as_html
from calibration.report.run import Run
from calibration.report.table import WIDTH, as_table, wrong
from calibration.report.worst import Worst
from scanner.cli.calibrate.world import WorldOptions, world_options
from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.errors import ExitCode, JanaError, UsageError
from scanner.printing.appearing import appearing
from scanner.reading.read import READER_VERSION

_OUT = click.Path(dir_okay=False, path_type=Path)
_IN = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("evaluate")
@world_options
@click.option(
    "--truth",
    type=(_IN, _IN),
    metavar="TRUTH.jsonl RESULTS.csv",
    help="Judge results of scans that really exist instead, against a file that says what is on them.",
)
@click.option("--refused", type=_IN, help="With --truth: the table of `jana results --refused`.")
@click.option("--json", "json_out", type=_OUT, help="All figures for programs.")
@click.option(
    "--html", "html_out", type=_OUT, help="A report with plots and the worst pictures, in one file."
)
@click.option("--lines", "lines_out", type=_OUT, help="Every line with its truth, as CSV.")
@click.option(
    "--fail-on-wrong", is_flag=True, help="Exit code 1 when a line is silently wrong or a sheet lost."
)
@pass_desk
def command(
    desk: Desk,
    world: WorldOptions,
    truth: tuple[Path, Path] | None,
    refused: Path | None,
    json_out: Path | None,
    html_out: Path | None,
    lines_out: Path | None,
    fail_on_wrong: bool,
) -> None:
    """Read simulated sheets and hold what was read against what the hands meant.

    Above all it counts what is silently wrong: accepted and more than 1 mm off, or accepted where a
    person would have stopped. The same seed gives the same figures.
    """
    if refused is not None and truth is None:
        raise UsageError("--refused belongs to --truth.")
    worst = Worst()
    if truth is None:
        run = world.run(desk)
        lines = [worst.look(line) for line in world.lines(desk)]
        evaluation = evaluate(lines)
    else:
        run, lines, evaluation = _real(*truth, refused)
    console = plain_console()
    console.width = max(console.width, WIDTH)
    console.print(as_table(evaluation, run))
    _write(json_out, lambda out: out.write(as_json(evaluation, run)))
    _write(html_out, lambda out: out.write(as_html(evaluation, run, lines, worst.pictures())))
    _write(lines_out, lambda out: write_lines(lines, out))
    if fail_on_wrong and wrong(evaluation.overall):
        click.get_current_context().exit(ExitCode.ERROR)


def _real(truth: Path, results: Path, refused: Path | None) -> tuple[Run, list[JudgedLine], Evaluation]:
    """Judge scans that really exist."""
    pages, rows = load_truth(truth), load_results(results)
    try:
        lines = list(judged_results(pages, rows, frozenset() if refused is None else load_refused(refused)))
    except ValueError as error:
        raise JanaError(f"These runs cannot be judged: {error}.") from error
    evaluation = evaluate(lines, invented(pages, rows))
    run = Run(
        source=truth.name,
        conditions=tuple(group.name for group in evaluation.conditions),
        sheets=evaluation.overall.sheets.scanned,
        seed=None,
        rare_share=None,
        profile_id=None,
        reader_version=READER_VERSION,
    )
    return run, lines, evaluation


def _write(path: Path | None, write: Callable[[TextIO], object]) -> None:
    if path is not None:
        with appearing(path) as part, part.open("w", encoding="utf-8", newline="") as out:
            write(out)
