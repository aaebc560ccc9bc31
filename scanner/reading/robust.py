"""Medians, percentiles, weighted means and parabolas of small arrays, without numpy's overhead.

`np.median`, `np.percentile`, `np.average` and `np.linalg.lstsq` look after axes, weights, masks, ranks and
values that are no numbers; on the few dozen values of a stroke or a profile that takes twenty times as
long as the sum itself. These give the same results, and know nothing of the rest: no empty arrays, no NaN.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model.page import GreyPixels
from scanner.reading.mapping import FloatArray

Numbers = NDArray[np.floating[Any]]


def median(values: Numbers) -> float:
    """Median of all values."""
    ordered = np.sort(values, axis=None)
    half = len(ordered) >> 1
    if len(ordered) & 1:
        return float(ordered[half])
    return (float(ordered[half - 1]) + float(ordered[half])) / 2


def row_medians(values: Numbers) -> Numbers:
    """Median of every row: along the last axis, which disappears."""
    ordered = np.sort(values, axis=-1)
    half = ordered.shape[-1] >> 1
    if ordered.shape[-1] & 1:
        return np.asarray(ordered[..., half])
    return np.asarray((ordered[..., half - 1] + ordered[..., half]) / 2)


def percentile(values: Numbers, percent: float) -> float:
    """Percentile of all values, 0 to 100, between neighbours in proportion."""
    ordered = np.sort(values, axis=None)
    place = (len(ordered) - 1) * percent / 100.0
    low = int(place)
    below, above = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    return below + (above - below) * (place - low)


def grey_percentiles(grey: GreyPixels, *percents: float) -> list[float]:
    """Percentiles of eight-bit values, 0 to 100, from how often each of the 256 occurs."""
    counts = cv2.calcHist([grey], [0], None, [256], [0.0, 256.0]).ravel()
    up_to = np.cumsum(counts, dtype=np.float64)
    found = []
    for percent in percents:
        place = (grey.size - 1) * percent / 100.0
        low = int(place)
        below, above = np.searchsorted(up_to, (low, min(low + 1, grey.size - 1)), side="right").tolist()
        found.append(below + (above - below) * (place - low))
    return found


def parabola(y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The least squares parabola x(y) at each of the places `y`, and its slope dx/dy there.

    By polynomials that are orthogonal on the places (Forsythe 1957). At least three different places.
    """
    away = y - float(np.add.reduce(y)) / len(y)
    squares = away * away
    square = float(np.add.reduce(squares))
    lean = float(squares @ away) / square
    bend = squares - square / len(y) - lean * away
    along, bent = float(away @ x) / square, float(bend @ x) / float(bend @ bend)
    fitted = float(np.add.reduce(x)) / len(x) + along * away + bent * bend
    return fitted, along + bent * (2.0 * away - lean)


def weighted_mean(values: Numbers, weights: Numbers) -> float:
    """Mean of values by their weights, whose sum is not 0."""
    return float(values @ weights) / float(np.add.reduce(weights))
