"""From simulated lines to a profile: train the model, make its probabilities honest, choose what is accepted.

Three parts of the world that share no page: one trains the trees, one tells what their sums mean and
where acceptance begins, one says what that comes to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.boosting import train
from calibration.evidence import Evidence
from scanner.model.binomial import upper_bound
from scanner.model.confidence import ConfidenceModel
from scanner.model.profile import Profile
from scanner.reading.confidence import MEASURES, log_odds, probability

RISK = 0.2e-4
"""Upper bound of the silently wrong share that is aimed at: 0.2 of 10,000."""
LEVEL = 0.95
PER = 10_000
"""Shares this small are told as so many of so many lines."""
AT_LEAST = 0.98
"""Share of the unmistakable marks of a tidy office that is accepted even where the risk cannot be shown to be
kept: a reader that asks about everything helps nobody, and the profile says what is not shown."""
PASSING_WEIGHT = 8.0
"""How much more a line counts in training that the rules alone would accept: the model decides only there."""
KNOTS = 24
"""Points, at most, between which a probability is interpolated."""
LOOSENED = {
    "max_foot_mm": 2.4,
    "max_stroke_misfit_mm": 1.8,
    "max_cross_misfit_mm": 1.3,
    "max_blob_misfit_mm": 0.14,
    "max_flare_mm": 2.4,
    "max_flare_share": 0.5,
    "max_near_flare_mm": 1.3,
    "max_disagreement_mm": 0.7,
    "max_straightness_mm": 0.45,
    "max_blob_height_mm": 1.3,
    "pale_share": 0.55,
}
"""Limits by hand that a model judges better, one measure together with the others: with a model they only
keep out what is beyond doubt."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a profile does on lines that neither trained it nor chose its threshold."""

    lines: int
    accepted: int
    wrong: int
    """Silently wrong: accepted and more than 1 mm off, or accepted where a person would stop."""
    bound: float
    """Upper 95 % bound of the silently wrong share of what was accepted."""
    clear_tidy: float
    """Share of the unmistakable marks of a tidy office that were accepted."""
    clear_hard: float
    calibration_error: float
    """Mean difference between confidence and the share that is right, over bins of equal number."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A new profile, whether it keeps to the risk, and what it costs."""

    profile: Profile
    met: bool
    """Whether the lines at hand suffice to say that the risk is kept."""
    cost: Cost


def limits_for(base: Profile) -> Profile:
    """The rules alone, as they stand beside a model: what evidence must be gathered under."""
    return replace(base, model=None, **LOOSENED)  # type: ignore[arg-type]  # every one is a number


def model_of(training: Evidence, choosing: Evidence) -> ConfidenceModel:
    """Trees from one part of the world, and what their sums mean from another.

    Raises ValueError when training shows nothing wrong.
    """
    weight = np.where(training.passes, PASSING_WEIGHT, 1.0)
    model = train(training.measures, training.right, MEASURES, weight)
    return replace(model, knots=_honest_knots(log_odds(choosing.measures, model), choosing.right))


def calibrate(
    model: ConfidenceModel, choosing: Evidence, stating: Evidence, base: Profile, risk: float
) -> Calibration:
    """A profile that accepts by this model, with its cost on lines that chose nothing."""
    threshold, met = _threshold(choosing, probability(log_odds(choosing.measures, model), model), risk)
    profile = replace(limits_for(base), model=model, min_confidence=threshold)
    return Calibration(profile, met, cost_of(profile, model, stating))


def _honest_knots(odds: Floats, right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """What log odds mean, as seen: isotonic regression by pooling adjacent violators (Ayer et al. 1955),
    over groups of lines, thinned to a few knots. The ends are drawn in as if one more had been otherwise."""
    order = np.argsort(odds, kind="stable")
    groups = np.array_split(order, min(len(order), 200))
    pools: list[list[float]] = []
    for group in groups:
        pools.append([float(odds[group].mean()), float(right[group].sum()), float(len(group))])
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            x, hits, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[2] + x * count) / (last[2] + count)
            last[1], last[2] = last[1] + hits, last[2] + count
    every = np.unique(np.linspace(0, len(pools) - 1, KNOTS).round().astype(int))
    return tuple((pools[i][0], (pools[i][1] + 0.5) / (pools[i][2] + 1.0)) for i in every)


def _threshold(evidence: Evidence, confidence: Floats, risk: float) -> tuple[float, bool]:
    """The lowest confidence at which the bound of the silently wrong share keeps to the risk.

    Where none does (too few lines were tried, or too much is wrong), the one with the lowest bound among
    those that accept `AT_LEAST` as much as should be, or as the rules let pass.
    """
    passing = np.flatnonzero(evidence.passes)
    order = passing[np.argsort(-confidence[passing], kind="stable")]
    wrong = np.cumsum(~evidence.right[order], dtype=np.int64)
    # Only where the confidence changes can a threshold lie.
    ends = np.flatnonzero(np.diff(confidence[order], append=-1.0) < 0)
    # Of thresholds with as many wrong ones, the lowest has the lowest bound.
    ends = ends[np.diff(wrong[ends], append=wrong[-1] + 1) > 0]
    seen, of = wrong[ends], ends + 1
    kept = _last_within(seen, of, risk)
    if kept is not None:
        return float(confidence[order[ends[kept]]]), True
    wanted = evidence.clear & ~evidence.hard
    shares = np.cumsum(wanted[order])[ends] / max(1, int(np.count_nonzero(wanted)))
    enough = np.flatnonzero(shares >= min(AT_LEAST, float(shares[-1])))
    best = enough[_lowest_bound(seen[enough], of[enough])]
    return float(confidence[order[ends[best]]]), False


def _last_within(seen: Counts, of: Counts, risk: float) -> int | None:
    """The last of these shares whose bound keeps to the risk. No bound lies below what was seen."""
    for place in np.flatnonzero(seen <= risk * of)[::-1]:
        if upper_bound(int(seen[place]), int(of[place]), LEVEL) <= risk:
            return int(place)
    return None


def _lowest_bound(seen: Counts, of: Counts) -> int:
    """The first of these shares that has the lowest bound. No bound lies below what was seen."""
    best, lowest = 0, np.inf
    shares = seen / of
    for place in np.argsort(shares, kind="stable"):
        if shares[place] > lowest:
            break
        bound = upper_bound(int(seen[place]), int(of[place]), LEVEL)
        if (bound, place) < (lowest, best):
            best, lowest = int(place), bound
    return best


def cost_of(profile: Profile, model: ConfidenceModel, evidence: Evidence) -> Cost:
    """What a profile accepts of some evidence that was gathered under its rules."""
    confidence = probability(log_odds(evidence.measures, model), model)
    accepted = evidence.passes & (confidence >= profile.min_confidence)
    wrong = int(np.count_nonzero(accepted & ~evidence.right))
    count = int(np.count_nonzero(accepted))

    def share(of: NDArray[np.bool_]) -> float:
        chosen = evidence.clear & of
        return float(np.mean(accepted[chosen])) if chosen.any() else 0.0

    return Cost(
        lines=evidence.lines,
        accepted=count,
        wrong=wrong,
        bound=upper_bound(wrong, count, LEVEL),
        clear_tidy=share(~evidence.hard),
        clear_hard=share(evidence.hard),
        calibration_error=_calibration_error(confidence, evidence.right),
    )


def _calibration_error(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over bins of equal number (Naeini et al. 2015)."""
    if not len(confidence):
        return 0.0
    groups = np.array_split(np.argsort(confidence, kind="stable"), bins)
    gaps = [abs(float(confidence[g].mean()) - float(right[g].mean())) * len(g) for g in groups if len(g)]
    return sum(gaps) / len(confidence)
