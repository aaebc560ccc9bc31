"""What the errors of a run look like: how large, where on the line, and whether confidence is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.figures import Reliability
from calibration.judged import JudgedLine
from calibration.report.plots import Axis, Frame, stairs
from calibration.targets import TARGETS

Floats = NDArray[np.float64]

_SHOWN_MM = 0.6
"""Errors beyond this stand at the edge of a plot."""
_MOST_DOTS = 400
_PLACE_EDGES = np.array([0, 1, 2, 3, 5, *range(10, 95, 5), 95, 97, 98, 99, 100], dtype=np.float64)
"""Of the stretches of the line; short ones near the ends, where a tick may draw a reading to itself."""
_P99 = next(target for target in TARGETS if target.name == "99 % of accepted within")


def _errors(lines: Sequence[JudgedLine], *, hard: bool) -> Floats:
    return np.array(
        [e for line in lines if line.hard is hard and line.accepted and (e := line.error_mm) is not None]
    )


def _series(lines: Sequence[JudgedLine]) -> Iterator[tuple[str, bool, Floats]]:
    for name, hard in (("tidy", False), ("hard", True)):
        errors = _errors(lines, hard=hard)
        if errors.size:
            yield name, hard, errors


def histogram(lines: Sequence[JudgedLine]) -> str:
    """Signed errors of accepted marks, as shares of their series."""
    edges = np.linspace(-_SHOWN_MM, _SHOWN_MM, 49)
    drawn = []
    highest = 0.05
    for name, _, errors in _series(lines):
        counts = np.histogram(np.clip(errors, -_SHOWN_MM, _SHOWN_MM), edges)[0]
        shares = counts / errors.size
        highest = max(highest, float(shares.max()))
        drawn.append((name, stairs(edges.tolist(), shares.tolist(), 0.0)))
    step = 0.1 if highest > 0.25 else 0.05
    ticks = tuple(np.arange(0.0, highest + step, step).tolist())
    frame = Frame(
        Axis(
            -_SHOWN_MM, _SHOWN_MM, (-0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6), "read minus meant, mm", label=_signed
        ),
        Axis(0.0, ticks[-1], ticks, "", label=_percent),
    )
    shapes = [frame.area(points, name) for name, points in drawn]
    return frame.svg("Histogram of errors", shapes + [frame.line(points, name) for name, points in drawn])


def along_the_line(lines: Sequence[JudgedLine]) -> str:
    """Error against place: the middle 90 % of each stretch, its mean, and single marks far off."""
    known = [
        (line.truth.position_mm, error, "hard" if line.hard else "tidy")
        for line in lines
        if line.accepted and (error := line.error_mm) is not None and line.truth.position_mm is not None
    ]
    places = np.array([place for place, _, _ in known])
    errors = np.array([error for _, error, _ in known])
    frame = Frame(
        Axis(0, 100, (0, 20, 40, 60, 80, 100), "place that was meant, mm from the left end"),
        Axis(-_SHOWN_MM, _SHOWN_MM, (-0.6, -0.3, 0, 0.3, 0.6), "", label=_signed),
    )
    which = np.clip(np.digitize(places, _PLACE_EDGES) - 1, 0, len(_PLACE_EDGES) - 2)
    upper, lower, mean = [], [], []
    for i in range(len(_PLACE_EDGES) - 1):
        here = errors[which == i]
        if here.size >= 5:
            middle = float(_PLACE_EDGES[i] + _PLACE_EDGES[i + 1]) / 2
            low, high = np.quantile(here, (0.05, 0.95))
            lower.append((middle, float(low)))
            upper.append((middle, float(high)))
            mean.append((middle, float(here.mean())))
    far = sorted(known, key=lambda mark: -abs(mark[1]))[:_MOST_DOTS]
    dots = [
        frame.dot(place, error, name, 1.6, f"{error:+.2f} mm at {place:.1f}")
        for place, error, name in far
        if abs(error) > 0.15
    ]
    band = [frame.area(upper + lower[::-1], "band")] if upper else []
    return frame.svg("Error against place", [*band, *dots, frame.line(mean, "mean")])


def further_off(lines: Sequence[JudgedLine]) -> str:
    """Share of the accepted marks that are further off than so many mm, both on logarithmic axes.

    The rings are the targets for 99 %: a curve must pass below and left of its ring.
    """
    frame = Frame(
        Axis(0.01, 10, (0.01, 0.03, 0.1, 0.3, 1, 3, 10), "further off than, mm", log=True),
        Axis(1e-4, 1, (1e-4, 1e-3, 1e-2, 1e-1, 1), "", log=True, label=_percent),
    )
    drawn = []
    for name, hard, errors in _series(lines):
        sizes = np.sort(np.abs(errors))
        left = 1 - np.arange(sizes.size) / sizes.size
        points = [(0.01, float((sizes >= 0.01).mean()))]
        for size, share in zip(_thinned(sizes), _thinned(left), strict=True):
            if size > 0.01:
                points += [(float(size), points[-1][1]), (float(size), float(share))]
        drawn.append(frame.line([*points, (points[-1][0], 1e-4)], name))
        limit = _P99.limit(hard=hard)
        drawn.append(frame.goal(limit, 0.01, name, f"target: 99 % within {limit:g} mm"))
    return frame.svg("Share of accepted marks further off", drawn)


def _thinned(figures: Floats) -> Floats:
    """At most some hundred of them, the last ones, where the tail is, all."""
    if figures.size <= 400:
        return figures
    chosen = np.unique(figures.size - np.geomspace(1, figures.size, 300).astype(int))
    return np.asarray(figures[chosen])


def reliability(found: Reliability) -> str:
    """What was promised against what came true; the size of a dot says how many lines it stands for."""
    ticks = (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    frame = Frame(
        Axis(0, 1, ticks, "confidence given", label=_percent), Axis(0, 1, ticks, "", label=_percent)
    )
    most = max(b.lines for b in found.bins)
    dots = [
        frame.dot(
            b.confidence,
            b.right,
            "tidy",
            2.5 + 7 * (b.lines / most) ** 0.5,
            f"{b.lines:,} lines: {b.confidence:.4f} promised, {b.right:.4f} right",
        )
        for b in found.bins
    ]
    return frame.svg("Reliability of confidence", [frame.line([(0, 0), (1, 1)], "ideal"), *dots])


def _signed(figure: float) -> str:
    return "0" if abs(figure) < 1e-9 else f"{figure:+g}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
