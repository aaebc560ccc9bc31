"""Small plots as inline SVG, drawn by hand: they take their colours from the page's style sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import log10

LEFT, TOP, WIDTH, HEIGHT = 46.0, 10.0, 396.0, 190.0
"""The frame within a view of 460 x 240."""
_VIEW = "0 0 460 240"


@dataclass(frozen=True, slots=True)
class Axis:
    """From figures to places along one side of the frame."""

    low: float
    high: float
    ticks: tuple[float, ...]
    name: str
    log: bool = False
    label: Callable[[float], str] = field(default=lambda tick: f"{tick:g}")

    def share(self, figure: float) -> float:
        """0 at the low end, 1 at the high one; what lies beyond stands at the end."""
        inside = min(max(figure, self.low), self.high)
        if self.log:
            return log10(inside / self.low) / log10(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Frame:
    """Two axes; everything in a plot is drawn through them."""

    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> str:
        """A place as `x,y` in the view."""
        across, up = LEFT + WIDTH * self.x.share(x), TOP + HEIGHT * (1 - self.y.share(y))
        return f"{across:.1f},{up:.1f}"

    def line(self, points: Iterable[tuple[float, float]], name: str) -> str:
        return f'<polyline class="line {name}" points="{self._places(points)}"/>'

    def area(self, points: Iterable[tuple[float, float]], name: str) -> str:
        return f'<polygon class="area {name}" points="{self._places(points)}"/>'

    def dot(self, x: float, y: float, name: str, radius: float = 2.0, tip: str = "") -> str:
        across, up = self.at(x, y).split(",")
        title = f"<title>{escape(tip)}</title>" if tip else ""
        return f'<circle class="dot {name}" cx="{across}" cy="{up}" r="{radius:.1f}">{title}</circle>'

    def goal(self, x: float, y: float, name: str, tip: str) -> str:
        """A target: a ring with a cross-hair that a curve must not pass."""
        across, up = self.at(x, y).split(",")
        return (
            f'<g class="goal {name}"><title>{escape(tip)}</title>'
            f'<circle cx="{across}" cy="{up}" r="5"/><path d="M{across},{up} m-8,0 h16 m-8,-8 v16"/></g>'
        )

    def _places(self, points: Iterable[tuple[float, float]]) -> str:
        return " ".join(self.at(x, y) for x, y in points)

    def svg(self, title: str, content: Iterable[str]) -> str:
        """The whole plot: grid, ticks and names, then `content` over it."""
        return (
            f'<svg class="plot" viewBox="{_VIEW}" role="img" aria-label="{escape(title)}">'
            f"{self._grid()}{''.join(content)}</svg>"
        )

    def _grid(self) -> str:
        parts = []
        for tick in self.x.ticks:
            across = LEFT + WIDTH * self.x.share(tick)
            parts.append(f'<path class="grid" d="M{across:.1f} {TOP:g} v{HEIGHT:g}"/>')
            parts.append(_text(across, TOP + HEIGHT + 14, "middle", self.x.label(tick)))
        for tick in self.y.ticks:
            up = TOP + HEIGHT * (1 - self.y.share(tick))
            parts.append(f'<path class="grid" d="M{LEFT:g} {up:.1f} h{WIDTH:g}"/>')
            parts.append(_text(LEFT - 6, up + 3.5, "end", self.y.label(tick)))
        parts.append(_text(LEFT + WIDTH / 2, TOP + HEIGHT + 32, "middle", self.x.name, "name"))
        return "".join(parts)


def _text(x: float, y: float, anchor: str, words: str, name: str = "tick") -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def stairs(edges: Sequence[float], heights: Sequence[float], floor: float) -> list[tuple[float, float]]:
    """The outline of a histogram, from its first edge to its last, both on the floor."""
    points = [(edges[0], floor)]
    for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True):
        points += [(left, height), (right, height)]
    return [*points, (edges[-1], floor)]
