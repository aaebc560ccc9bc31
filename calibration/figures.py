"""How some lines came out, in figures; and whether the reader's confidence is true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.judged import JudgedLine, Outcome
from scanner.model.binomial import upper_bound

PER = 10_000
"""Silently wrong lines are given per so many accepted ones, as in the literature on data entry."""
CONFIDENCE_EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)
"""Of the bins of confidence; fine where nearly all lines are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How some lines came out. Sizes of errors are of accepted lines where one place was meant; None
    where there is none."""

    lines: int
    accepted: int
    flagged: int
    """Sent to a person, for whatever reason."""
    unread: int
    """On pages that were refused or lost, or missing from a reading."""
    unmistakable: int
    """A careful person would take these marks."""
    unmistakable_accepted: int
    near_end: int
    """Unmistakable and meant within 3 mm of an end."""
    near_end_accepted: int
    bias_mm: float | None
    """Mean of reading minus truth: above 0 the reader reads too far right."""
    mean_error_mm: float | None
    p95_error_mm: float | None
    p99_error_mm: float | None
    max_error_mm: float | None
    off: int
    """Accepted and off by more than 1 mm."""
    should_ask: int
    """Accepted where a person would stop, or as a line of another sheet."""
    silently_wrong: int
    """Both of these."""

    @property
    def accepted_share(self) -> float | None:
        """Share of the unmistakable marks that were accepted; those on refused pages were not."""
        return _share(self.unmistakable_accepted, self.unmistakable)

    @property
    def near_end_accepted_share(self) -> float | None:
        """The same of those near an end."""
        return _share(self.near_end_accepted, self.near_end)

    @property
    def flagged_share(self) -> float | None:
        """Share of all lines that went to a person."""
        return _share(self.flagged, self.lines)

    @property
    def wrong_per_10000(self) -> float | None:
        """Silently wrong lines in 10,000 accepted ones."""
        share = _share(self.silently_wrong, self.accepted)
        return None if share is None else PER * share

    @property
    def wrong_bound_per_10000(self) -> float | None:
        """The exact upper 95 % bound of that, one-sided; see `scanner.model.binomial`."""
        return PER * upper_bound(self.silently_wrong, self.accepted) if self.accepted else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def figures_of(lines: Sequence[JudgedLine]) -> Figures:
    """Count and measure."""
    errors = np.array([e for line in lines if line.accepted and (e := line.error_mm) is not None])
    sizes = np.abs(errors)
    clear = [line for line in lines if line.unmistakable]
    at_ends = [line for line in clear if line.near_end]
    wrong = [line for line in lines if line.silently_wrong]
    off = sum(line.off for line in wrong)

    def quantile(share: float) -> float | None:
        return float(np.quantile(sizes, share)) if sizes.size else None

    return Figures(
        lines=len(lines),
        accepted=sum(line.accepted for line in lines),
        flagged=sum(line.outcome is Outcome.FLAGGED for line in lines),
        unread=sum(line.outcome in (Outcome.REFUSED, Outcome.LOST) for line in lines),
        unmistakable=len(clear),
        unmistakable_accepted=sum(line.accepted for line in clear),
        near_end=len(at_ends),
        near_end_accepted=sum(line.accepted for line in at_ends),
        bias_mm=float(errors.mean()) if sizes.size else None,
        mean_error_mm=float(sizes.mean()) if sizes.size else None,
        p95_error_mm=quantile(0.95),
        p99_error_mm=quantile(0.99),
        max_error_mm=quantile(1.0),
        off=off,
        should_ask=len(wrong) - off,
        silently_wrong=len(wrong),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Lines of about the same confidence."""

    from_confidence: float
    to_confidence: float
    lines: int
    confidence: float
    """Mean of what was promised."""
    right: float
    """Share that was within 1 mm of what the person meant."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the reader promised, and what came true."""

    bins: tuple[Bin, ...]
    """Only those with lines in them."""
    expected_error: float
    """Expected calibration error: mean of |promised - right| over the bins, weighted by their lines (M.
    Naeini and others, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015)."""


def reliability_of(lines: Iterable[JudgedLine]) -> Reliability | None:
    """Confidence against truth, over all lines with a position and a confidence; None without any."""
    given = [
        (c, line.right) for line in lines if (c := line.confidence) is not None and line.said_mm is not None
    ]
    if not given:
        return None
    promised = np.array([confidence for confidence, _ in given])
    right = np.array([came_true for _, came_true in given], dtype=np.float64)
    which = np.clip(
        np.searchsorted(CONFIDENCE_EDGES, promised, side="right") - 1, 0, len(CONFIDENCE_EDGES) - 2
    )
    bins = tuple(
        Bin(
            CONFIDENCE_EDGES[i],
            CONFIDENCE_EDGES[i + 1],
            int(here.sum()),
            float(promised[here].mean()),
            float(right[here].mean()),
        )
        for i in range(len(CONFIDENCE_EDGES) - 1)
        if (here := which == i).any()
    )
    return Reliability(bins, sum(b.lines * abs(b.confidence - b.right) for b in bins) / len(given))
