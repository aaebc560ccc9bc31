"""Train boosted oblivious trees on evidence: small enough to read, quick enough to train from nothing.

Gradient boosting of the logistic loss with second-order leaves (Friedman 2001; Chen and Guestrin 2016),
on trees that ask the same question on a whole level (Prokhorenkova et al. 2018), over quantile bins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scanner.model.confidence import ConfidenceModel, Tree

TREES = 400
DEPTH = 4
RATE = 0.06
"""How much of each tree is taken."""
BINS = 48
RIDGE = 4.0
"""Second-order weight that every leaf is drawn towards 0 with."""
MIN_GAIN = 1e-3
MAX_ODDS = 12.0

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]


def train(
    measures: Floats, right: NDArray[np.bool_], names: tuple[str, ...], weight: Floats | None = None
) -> ConfidenceModel:
    """A model of `right`, shape (lines,), given `measures`, shape (lines, len(names)); its knots are those of
    the logistic function. Raises ValueError when all lines are alike."""
    if right.all() or not right.any():
        raise ValueError("a model needs lines that are right and lines that are not")
    own = np.ones(len(right)) if weight is None else weight
    edges = [_edges(column) for column in measures.T]
    binned = np.stack([np.searchsorted(edge, column) for edge, column in zip(edges, measures.T, strict=True)])
    share = float(np.average(right, weights=own))
    base = float(np.log(share / (1.0 - share)))
    odds, trees = np.full(len(right), base), []
    for _ in range(TREES):
        chance = 1.0 / (1.0 + np.exp(-odds))
        gradient, curvature = own * (right - chance), own * chance * (1.0 - chance)
        tree, leaf = _grown(binned, edges, gradient, curvature)
        trees.append(tree)
        odds += np.array(tree.leaves)[leaf]
    return ConfidenceModel(names, base, tuple(trees), logistic_knots())


def logistic_knots() -> tuple[tuple[float, float], ...]:
    """Log odds taken at their word."""
    odds = np.linspace(-MAX_ODDS, MAX_ODDS, 49)
    return tuple((float(x), float(1.0 / (1.0 + np.exp(-x)))) for x in odds)


def _edges(column: Floats) -> Floats:
    """Limits between the bins of a measure: quantiles, each value once."""
    return np.unique(np.quantile(column, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))


def _grown(binned: Bins, edges: list[Floats], gradient: Floats, curvature: Floats) -> tuple[Tree, Bins]:
    """One tree, and the leaf of every line in it."""
    leaf = np.zeros(binned.shape[1], dtype=np.int64)
    measures: list[int] = []
    limits: list[float] = []
    for _ in range(DEPTH):
        measure, place = _best_question(binned, edges, gradient, curvature, leaf, 1 << len(measures))
        measures.append(measure)
        limits.append(float(edges[measure][place]))
        leaf = 2 * leaf + (binned[measure] > place)
    count = 1 << DEPTH
    up = np.bincount(leaf, gradient, count)
    down = np.bincount(leaf, curvature, count)
    leaves = RATE * up / (down + RIDGE)
    return Tree(tuple(measures), tuple(limits), tuple(float(value) for value in leaves)), leaf


def _best_question(
    binned: Bins,
    edges: list[Floats],
    gradient: Floats,
    curvature: Floats,
    leaf: Bins,
    leaves: int,
) -> tuple[int, int]:
    """The measure, and the bin up to which the answer is no, that improve all leaves together the most."""
    best, found = -np.inf, (0, 0)
    for measure, edge in enumerate(edges):
        bins = len(edge) + 1
        if bins < 2:
            continue
        cell = leaf * bins + binned[measure]
        sums = [
            np.bincount(cell, value, leaves * bins).reshape(leaves, bins).cumsum(axis=1)
            for value in (gradient, curvature)
        ]
        low_up, low_down = (total[:, :-1] for total in sums)
        high_up, high_down = (total[:, -1:] - total[:, :-1] for total in sums)
        gain = (low_up**2 / (low_down + RIDGE) + high_up**2 / (high_down + RIDGE)).sum(axis=0)
        place = int(np.argmax(gain))
        if gain[place] > best + MIN_GAIN:
            best, found = float(gain[place]), (measure, place)
    return found
