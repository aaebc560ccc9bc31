"""Readings held against truth: how often, how far and how silently the reader is wrong.

Silently wrong is the one unforgivable result: a value that was accepted and is more than 1 mm off,
or that was accepted where a careful person would have stopped and asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from calibration.figures import Figures, Reliability, figures_of, reliability_of
from calibration.judged import JudgedLine, Outcome, ResultLine, invented, judged_results
from calibration.truth import DrawnKind, PageTruth
from scanner.model.decision import Reason

_REMARKS = {Reason.PAST_END.value, Reason.ON_END.value, Reason.SCALE.value}
"""What may also stand on accepted lines: the cause of asking only where nothing else is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """What became of some pages."""

    scanned: int
    refused: tuple[tuple[str, int], ...]
    """How many for which reason, the most frequent first."""
    lost: tuple[str, ...]
    """Neither read nor refused: must never happen."""
    mistaken: tuple[str, ...]
    """Read as another sheet: must never happen."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together, and their pages."""

    name: str
    hard: bool | None
    """None for a group that holds both."""
    figures: Figures
    sheets: Sheets


@dataclass(frozen=True, slots=True)
class Flagged:
    """Unmistakable marks of one kind that went to a person for one reason."""

    reason: str
    kind: DrawnKind
    lines: int
    alone: int
    """Of these, how many for this reason only: so many more would be accepted without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole run."""

    overall: Group
    tidy: Group
    hard: Group
    conditions: tuple[Group, ...]
    """In the order in which they came."""
    kinds: tuple[tuple[DrawnKind, Figures], ...]
    """Only kinds that occur, in the order of `DrawnKind`."""
    pens: tuple[tuple[str, Figures], ...]
    cells: tuple[tuple[str, DrawnKind, Figures], ...]
    """Per condition and kind."""
    flagged: tuple[Flagged, ...]
    """Why unmistakable marks went to a person, the most frequent reason first."""
    reliability: Reliability | None
    """None while the reader gives no confidence."""
    invented: tuple[str, ...]
    """Sheets that the reader reports although nobody scanned them."""


def evaluate(lines: Iterable[JudgedLine], invented: Sequence[str] = ()) -> Evaluation:
    """Figures over everything and over its parts."""
    every = list(lines)
    by_condition: dict[str, list[JudgedLine]] = {}
    by_pen: dict[str, list[JudgedLine]] = {}
    by_cell: dict[tuple[str, DrawnKind], list[JudgedLine]] = {}
    for line in every:
        by_condition.setdefault(line.condition, []).append(line)
        by_pen.setdefault(line.truth.pen or "no pen", []).append(line)
        by_cell.setdefault((line.condition, line.truth.kind), []).append(line)
    by_kind = ((kind, [line for line in every if line.truth.kind is kind]) for kind in DrawnKind)
    return Evaluation(
        overall=_group("all", None, every),
        tidy=_group("tidy", False, [line for line in every if not line.hard]),
        hard=_group("hard", True, [line for line in every if line.hard]),
        conditions=tuple(_group(name, some[0].hard, some) for name, some in by_condition.items()),
        kinds=tuple((kind, figures_of(some)) for kind, some in by_kind if some),
        pens=tuple((pen, figures_of(by_pen[pen])) for pen in sorted(by_pen)),
        cells=tuple((*key, figures_of(some)) for key, some in by_cell.items()),
        flagged=_flagged(every),
        reliability=reliability_of(every),
        invented=tuple(invented),
    )


def evaluate_results(
    truth: Iterable[PageTruth],
    results: Iterable[ResultLine],
    refused_pages: Set[tuple[str, int | None]] = frozenset(),
) -> Evaluation:
    """Hold the results of scans that really exist against what is on them; see `judged_results`."""
    pages, rows = list(truth), list(results)
    return evaluate(judged_results(pages, rows, refused_pages), invented(pages, rows))


def _group(name: str, hard: bool | None, lines: Sequence[JudgedLine]) -> Group:
    return Group(name, hard, figures_of(lines), _sheets(lines))


def _sheets(lines: Sequence[JudgedLine]) -> Sheets:
    pages: dict[str, list[JudgedLine]] = {}
    for line in lines:
        pages.setdefault(line.sheet, []).append(line)
    refusals = Counter(
        next((line.refusal for line in page if line.refusal), "refused")
        for page in pages.values()
        if all(line.outcome is Outcome.REFUSED for line in page)
    )
    return Sheets(
        scanned=len(pages),
        refused=tuple(refusals.most_common()),
        lost=tuple(n for n, page in pages.items() if all(line.outcome is Outcome.LOST for line in page)),
        mistaken=tuple(n for n, page in pages.items() if any(line.wrong_sheet for line in page)),
    )


def causes(line: JudgedLine) -> tuple[str, ...]:
    """Why a line went to a person: its reasons, without mere remarks where something else is given."""
    real = tuple(reason for reason in line.reasons if reason not in _REMARKS)
    return real or line.reasons


def _flagged(lines: Iterable[JudgedLine]) -> tuple[Flagged, ...]:
    every: Counter[tuple[str, DrawnKind]] = Counter()
    alone: Counter[tuple[str, DrawnKind]] = Counter()
    for line in lines:
        if line.unmistakable and line.outcome is Outcome.FLAGGED:
            reasons = causes(line)
            every.update((reason, line.truth.kind) for reason in reasons)
            if len(reasons) == 1:
                alone[reasons[0], line.truth.kind] += 1
    per_reason: Counter[str] = Counter()
    for (reason, _), count in every.items():
        per_reason[reason] += count
    ranked = sorted(every.items(), key=lambda e: (-per_reason[e[0][0]], e[0][0], -e[1], e[0][1]))
    return tuple(Flagged(reason, kind, n, alone[reason, kind]) for (reason, kind), n in ranked)
