"""What the reader must reach, in a tidy office and under hard conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calibration.evaluate import Group

DOUBLE_ENTRY_PER_10000 = 0.46
"""Wrong fields in 10,000 when two people type the same paper forms and their entries are compared (A.
Paulsen, S. Overgaard, J. Lauritsen, Quality of data entry using single entry, double entry and automated
forms processing, PLoS ONE 7, 2012): the figure to be better than."""


@dataclass(frozen=True, slots=True)
class Target:
    """One limit, for tidy and for hard conditions."""

    name: str
    unit: str
    """` %`, ` mm` or nothing, for a count."""
    at_least: bool
    """The figure must be at least the limit; else at most."""
    tidy: float
    hard: float
    of: Callable[[Group], float | None]

    def limit(self, *, hard: bool) -> float:
        return self.hard if hard else self.tidy

    def met(self, group: Group, *, hard: bool) -> bool | None:
        """None when there is nothing to judge by."""
        figure = self.of(group)
        if figure is None:
            return None
        limit = self.limit(hard=hard)
        return figure >= limit if self.at_least else figure <= limit

    def shown(self, figure: float | None) -> str:
        """A figure of this target in words, with its unit."""
        if figure is None:
            return "–"
        decimals = {" %": 2, " mm": 3}.get(self.unit, 0)
        return f"{figure:,.{decimals}f}{self.unit}"

    def shown_limit(self, *, hard: bool) -> str:
        limit = f"{self.limit(hard=hard):g}{self.unit}"
        if self.limit(hard=hard) == 0:
            return "0"
        return f"{'≥' if self.at_least else '≤'} {limit}"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _lost(group: Group) -> float:
    return len(group.sheets.lost) + len(group.sheets.mistaken)


TARGETS = (
    Target("sheets lost or taken for another", "", False, 0, 0, _lost),
    Target(
        "unmistakable marks accepted", " %", True, 98.5, 93.0, lambda g: _percent(g.figures.accepted_share)
    ),
    Target(
        "the same within 3 mm of an end",
        " %",
        True,
        98.5,
        93.0,
        lambda g: _percent(g.figures.near_end_accepted_share),
    ),
    Target("mean error of accepted", " mm", False, 0.08, 0.15, lambda g: g.figures.mean_error_mm),
    Target("99 % of accepted within", " mm", False, 0.3, 0.6, lambda g: g.figures.p99_error_mm),
    Target("accepted and off by more than 1 mm", "", False, 0, 0, lambda g: g.figures.off),
    Target("accepted where a person would stop", "", False, 0, 0, lambda g: g.figures.should_ask),
)
"""In the order of their telling."""
