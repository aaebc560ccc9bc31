"""The tables of the HTML report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape

from calibration.evaluate import Evaluation, Group
from calibration.figures import Figures, Reliability
from calibration.targets import TARGETS
from calibration.truth import DrawnKind

_HEADS = (
    "lines",
    "accepted",
    "at ends",
    "asked",
    "unread",
    "bias",
    "mean",
    "p95",
    "p99",
    "max",
    "silently wrong",
    "at most in 10,000",
)
_FULL_COLOUR_AT = 0.25
"""Share of unmistakable marks not accepted from which on a cell is no deeper in colour."""


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def number(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2g}" if figure < 10 else f"{figure:.1f}"


def mm(size: float | None, *, unit: bool = False, sign: bool = False) -> str:
    if size is None:
        return "–"
    text = f"{size:+.3f}".replace("-", "−") if sign else f"{size:.3f}"
    return f"{text} mm" if unit else text


def targets(evaluation: Evaluation) -> str:
    """Both worlds beside what they must reach."""
    rows = []
    for target in TARGETS:
        cells = ""
        for group, hard in ((evaluation.tidy, False), (evaluation.hard, True)):
            there = group.figures.lines > 0
            met = target.met(group, hard=hard) if there else None
            shown = target.shown(target.of(group)) if there else "–"
            verdict = {None: "", True: "<span class='met'>✓ met</span>", False: _MISSED}[met]
            cells += (
                f"<td>{shown}</td><td class='limit'>{target.shown_limit(hard=hard)}</td><td>{verdict}</td>"
            )
        rows.append(f"<tr><th>{escape(target.name)}</th>{cells}</tr>")
    head = "<th></th>" + "".join(
        f"<th>{name}</th><th>target</th><th></th>" for name in ("tidy office", "hard conditions")
    )
    return _table("targets", head, rows)


_MISSED = "<span class='missed'>✗ missed</span>"


def conditions(evaluation: Evaluation) -> str:
    """Every condition, tidy before hard, each followed by its sum."""
    rows = []
    for whole in (evaluation.tidy, evaluation.hard):
        inside = [group for group in evaluation.conditions if group.hard == whole.hard]
        rows += [_row(group.name, group.figures) for group in inside]
        if inside:
            rows.append(_row(f"all {whole.name}", whole.figures, total=True))
    rows.append(_row("everything", evaluation.overall.figures, total=True))
    return _figure_table("condition", rows)


def kinds(evaluation: Evaluation) -> str:
    return _figure_table("kind", [_row(kind, figures) for kind, figures in evaluation.kinds])


def pens(evaluation: Evaluation) -> str:
    return _figure_table("pen", [_row(pen, figures) for pen, figures in evaluation.pens])


def _row(name: str, figures: Figures, *, total: bool = False) -> str:
    wrong = figures.silently_wrong
    cells = (
        f"{figures.lines:,}",
        percent(figures.accepted_share),
        percent(figures.near_end_accepted_share),
        percent(figures.flagged_share),
        f"{figures.unread:,}",
        mm(figures.bias_mm, sign=True),
        mm(figures.mean_error_mm),
        mm(figures.p95_error_mm),
        mm(figures.p99_error_mm),
        mm(figures.max_error_mm),
        f"<b class='wrong-count'>{wrong:,}</b>" if wrong else "0",
        number(figures.wrong_bound_per_10000),
    )
    shown = "".join(
        f"<td class='zero'>{cell}</td>" if cell in ("–", "0") else f"<td>{cell}</td>" for cell in cells
    )
    return f"<tr{' class=sum' if total else ''}><th>{_words(name)}</th>{shown}</tr>"


def _figure_table(first: str, rows: Iterable[str]) -> str:
    return _table("", f"<th>{first}</th>" + "".join(f"<th>{head}</th>" for head in _HEADS), rows)


def heat(evaluation: Evaluation) -> str:
    """Accepted shares by condition and kind: first what should be taken, then what must be asked."""
    cells = {(condition, kind): figures for condition, kind, figures in evaluation.cells}
    taken = [kind for kind, figures in evaluation.kinds if figures.unmistakable]
    others = [kind for kind, figures in evaluation.kinds if not figures.unmistakable]
    head = "<th>condition</th>" + "".join(f"<th>{_words(kind)}</th>" for kind in (*taken, *others))
    rows = [
        f"<tr><th>{_words(group.name)}</th>"
        + "".join(_cell(cells.get((group.name, kind)), kind, group) for kind in (*taken, *others))
        + "</tr>"
        for group in evaluation.conditions
    ]
    return _table("heat", head, rows)


def _cell(figures: Figures | None, kind: DrawnKind, group: Group) -> str:
    if figures is None:
        return "<td></td>"
    tip = f"{_words(group.name)}, {_words(kind)}: {figures.accepted} of {figures.lines} accepted"
    if figures.silently_wrong:
        return f"<td class='bad' title='{tip}'>✗ {figures.silently_wrong}</td>"
    share = figures.accepted_share
    if share is None:
        if figures.accepted == 0:
            return f"<td class='full' title='{tip}'>·</td>"
        return f"<td class='either' title='{tip}'>{100 * figures.accepted / figures.lines:.0f}</td>"
    tip = f"{tip}; {figures.unmistakable_accepted} of {figures.unmistakable} unmistakable"
    if share == 1:
        return f"<td class='full' title='{tip}'>100</td>"
    miss = min(1.0, (1 - share) / _FULL_COLOUR_AT)
    return f"<td class='share' style='--miss:{100 * miss:.0f}%' title='{tip}'>{_floored(share)}</td>"


def _floored(share: float) -> str:
    """In percent, never rounded up to a hundred."""
    return f"{min(99.9, 100 * share):.1f}" if share > 0.99 else f"{100 * share:.0f}"


def reasons(evaluation: Evaluation) -> str:
    """A row a reason: how many lines, how many for it alone, of which kinds."""
    every: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    of_kinds: dict[str, list[str]] = {}
    for flagged in evaluation.flagged:
        every[flagged.reason] += flagged.lines
        alone[flagged.reason] += flagged.alone
        of_kinds.setdefault(flagged.reason, []).append(f"{_words(flagged.kind)} {flagged.lines}")
    most = max(every.values())
    rows = []
    for reason, count in every.items():
        only = alone[reason]
        bars = (("alone", only), ("", count - only))
        bar = "".join(
            f"<span class='bar {n}' style='width:{96 * c / most:.1f}%'></span>" for n, c in bars if c
        )
        rows.append(
            f"<tr><th>{_words(reason)}</th><td>{count:,}</td><td>{only:,}</td><td>{bar}</td>"
            f"<td>{', '.join(of_kinds[reason])}</td></tr>"
        )
    return _table("reasons", "<th>reason</th><th>lines</th><th>only this</th><th></th><th>kinds</th>", rows)


def confidence(found: Reliability) -> str:
    """What the plot of reliability cannot show: the bins close to certainty."""
    rows = [
        f"<tr><th>{b.from_confidence:g} to {b.to_confidence:g}</th><td>{b.lines:,}</td>"
        f"<td>{100 * b.confidence:.2f} %</td><td>{100 * b.right:.2f} %</td></tr>"
        for b in found.bins
    ]
    return _table("", "<th>confidence</th><th>lines</th><th>promised</th><th>right within 1 mm</th>", rows)


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def _table(name: str, head: str, rows: Iterable[str]) -> str:
    return (
        f"<div class='scroll'><table class='{name}'><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
