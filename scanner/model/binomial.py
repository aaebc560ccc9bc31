"""How large a share may be, given how often something was seen: exactly, without approximation."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

_HALVINGS = 80
"""Of the interval 0 to 1: far below the precision of a float."""


def upper_bound(seen: int, of: int, level: float = 0.95) -> float:
    """One-sided exact upper confidence bound of a share that was seen `seen` times in `of` trials.

    The share above which seeing so few would have a probability below `1 - level` (C. Clopper and E.
    Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, Biometrika
    26, 1934). One-sided 95 %: with 0 of n it is `1 - 0.05 ** (1 / n)`, about 3 / n. Without any trial,
    nothing is known: 1. Raises ValueError unless 0 <= seen <= of and 0 < level < 1.
    """
    if not (0 <= seen <= of and 0 < level < 1):
        raise ValueError(f"{seen} of {of} at level {level} is no share that could have been seen")
    if seen == of:
        return 1.0
    ways = _log_ways(seen, of)
    low, high = seen / of, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _at_most(ways, of, middle) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def exact_interval(seen: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Two-sided exact confidence interval (Clopper-Pearson) of a share; as `upper_bound` otherwise."""
    one_sided = (1 + level) / 2
    return 1 - upper_bound(of - seen, of, one_sided), upper_bound(seen, of, one_sided)


def _log_ways(seen: int, of: int) -> NDArray[np.float64]:
    """Logarithms of the binomial coefficients of `of` over 0 to `seen`."""
    whole = lgamma(of + 1)
    return np.array([whole - lgamma(k + 1) - lgamma(of - k + 1) for k in range(seen + 1)])


def _at_most(ways: NDArray[np.float64], of: int, share: float) -> float:
    """Probability of at most `len(ways) - 1` successes in `of` trials."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    count = np.arange(len(ways))
    terms = ways + count * log(share) + (of - count) * log1p(-share)
    highest = float(terms.max())
    return exp(highest) * float(np.exp(terms - highest).sum())
