"""The evaluation for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from calibration.evaluate import Evaluation, Group, Sheets
from calibration.figures import Figures
from calibration.report.run import Run
from calibration.targets import TARGETS

WIDTH = 100
"""Columns that the tables need."""
_NAME_WIDTH = 20
_COLUMNS = (
    "lines",
    "taken",
    "ends",
    "asked",
    "unread",
    "bias",
    "mean",
    "p95",
    "p99",
    "max",
    "wrong",
    "bound",
)
_LEGEND = (
    "taken: unmistakable marks that were accepted; ends: the same within 3 mm of an end; asked: of all "
    "lines, sent to a person; errors of accepted marks in mm; wrong: silently wrong; bound: exact upper "
    "95 % bound (one-sided) of the silently wrong in 10,000 accepted."
)
_MOST_REASONS = 6
_SHEET_COUNTS = (("lost", "lost"), ("mistaken", "taken for another"))


def as_table(evaluation: Evaluation, run: Run) -> RenderableType:
    """Figures by condition and by kind, the targets, and what became of the sheets."""
    parts: list[RenderableType] = [Text(run.in_words, "bold"), Text()]
    parts += [_conditions(evaluation), Text(), _kinds(evaluation), Text(), Text(_LEGEND, "dim"), Text()]
    parts += [_targets(evaluation), Text(), *_remarks(evaluation)]
    return Stack(*parts)


def _empty_table(first: str, columns: tuple[str, ...] = _COLUMNS) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.add_column(first, no_wrap=True, width=_NAME_WIDTH)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _conditions(evaluation: Evaluation) -> Table:
    table = _empty_table("condition")
    for whole in (evaluation.tidy, evaluation.hard):
        inside = [group for group in evaluation.conditions if group.hard == whole.hard]
        for group in inside:
            table.add_row(group.name, *_row(group.figures))
        if inside:
            table.add_row(Text(f"= {whole.name}", "bold"), *_row(whole.figures))
    table.add_row(Text("= all", "bold"), *_row(evaluation.overall.figures))
    return table


def _kinds(evaluation: Evaluation) -> Table:
    table = _empty_table("kind of mark")
    for kind, figures in evaluation.kinds:
        table.add_row(kind.value, *_row(figures))
    return table


def _row(figures: Figures) -> tuple[str | Text, ...]:
    wrong = Text(str(figures.silently_wrong), "bold red" if figures.silently_wrong else "")
    bound = figures.wrong_bound_per_10000
    return (
        f"{figures.lines:,}",
        _percent(figures.accepted_share),
        _percent(figures.near_end_accepted_share),
        _percent(figures.flagged_share),
        Text(f"{figures.unread:,}", "yellow" if figures.unread else "dim"),
        _mm(figures.bias_mm, sign=True),
        _mm(figures.mean_error_mm),
        _mm(figures.p95_error_mm),
        _mm(figures.p99_error_mm),
        _mm(figures.max_error_mm),
        wrong,
        Text("–", "dim") if bound is None else f"{bound:,.1f}" if bound < 1000 else f"{bound:,.0f}",
    )


def _percent(share: float | None) -> str | Text:
    return Text("–", "dim") if share is None else f"{100 * share:.1f}%"


def _mm(size: float | None, *, sign: bool = False) -> str | Text:
    if size is None:
        return Text("–", "dim")
    if abs(size) >= 10:
        return f"{size:.1f}"
    return f"{size:+.3f}" if sign else f"{size:.3f}"


def _targets(evaluation: Evaluation) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("against the targets", no_wrap=True)
    for name in ("tidy", "target", "", "hard", "target", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for target in TARGETS:
        cells: list[str | Text] = []
        for group, hard in ((evaluation.tidy, False), (evaluation.hard, True)):
            there = group.figures.lines > 0
            met = target.met(group, hard=hard) if there else None
            cells.append(target.shown(target.of(group)) if there else "–")
            cells.append(Text(target.shown_limit(hard=hard), "dim"))
            cells.append(_verdict(met))
        table.add_row(target.name, *cells)
    return table


def _verdict(met: bool | None) -> Text:
    if met is None:
        return Text("")
    return Text("met", "green") if met else Text("missed", "bold red")


def _remarks(evaluation: Evaluation) -> Iterator[RenderableType]:
    sheets = evaluation.overall.sheets
    yield _sheets_line(sheets)
    for field, words in _SHEET_COUNTS:
        for name in getattr(sheets, field):
            yield Text(f"  {words}: {name}", "bold red")
    if evaluation.invented:
        yield Text(f"  reported, but never scanned: {', '.join(evaluation.invented)}", "bold red")
    if evaluation.flagged:
        counts: dict[str, int] = {}
        for flagged in evaluation.flagged:
            counts[flagged.reason] = counts.get(flagged.reason, 0) + flagged.lines
        said = [f"{reason} {count}" for reason, count in list(counts.items())[:_MOST_REASONS]]
        yield Text(f"unmistakable marks went to a person for: {', '.join(said)}")
    if evaluation.reliability is None:
        yield Text("confidence: none is given yet")
    else:
        error = evaluation.reliability.expected_error
        yield Text(f"confidence: expected calibration error {error:.4f} (target at most 0.01)")


def _sheets_line(sheets: Sheets) -> Text:
    refused = sum(count for _, count in sheets.refused)
    why = "; ".join(f"{reason} {count}" for reason, count in sheets.refused)
    return Text(
        f"sheets: {sheets.scanned:,} scanned, {refused:,} refused{f' ({why})' if why else ''}, "
        f"{len(sheets.lost):,} lost, {len(sheets.mistaken):,} taken for another"
    )


def wrong(group: Group) -> bool:
    """Something happened that must never happen."""
    return bool(group.figures.silently_wrong or group.sheets.lost or group.sheets.mistaken)
