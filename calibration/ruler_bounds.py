"""What is ok, what is to be watched and what is out of bounds on a printer and a scanner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious it is."""

    OK = "ok"
    WATCH = "watch"
    """Sheets are read, and less well than they could be."""
    OUT = "out of bounds"
    """Marks will be read wrong, or not at all."""


LEVELS = (Level.OK, Level.WATCH, Level.OUT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One property of the pair."""

    check: str
    level: Level
    figure: str
    """With its unit."""
    meaning: str
    """One plain sentence."""
    remedy: str | None = None
    """What to do, when there is something to do."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Up to the first number of each is ok, up to the second is watched (or from it upwards, where more
    is better)."""

    error_mm: tuple[float, float] = (0.1, 0.3)
    """Of a position on a line: a tenth is as good as the reader gets, three are seen in the score."""
    size: tuple[float, float] = (0.01, 0.02)
    """Share that a print is too large or too small. Lines are read by their own length; from 2 % on
    every line carries the remark `scale`."""
    proportion: tuple[float, float] = (0.01, 0.02)
    """Share by which across and down differ. Slanted strokes lean otherwise."""
    skew_deg: tuple[float, float] = (1.5, 4.0)
    shear_deg: tuple[float, float] = (0.3, 0.8)
    wobble_mm: tuple[float, float] = (0.4, 1.0)
    """Peak to peak along the feed, when that is down the page: lines are found where they are."""
    dpi: tuple[float, float] = (190.0, 145.0)
    """A ballpoint stroke of half a millimetre has four pixels at 200 dpi, three at 150."""
    rise_mm: tuple[float, float] = (0.25, 0.45)
    """Of an edge from a tenth to nine tenths: a blur of half a stroke's width, and of a whole one."""
    contrast: tuple[float, float] = (140.0, 90.0)
    faint: tuple[float, float] = (25.0, 12.0)
    """Grey levels between paper and 25 % grey: what is left of a hard pencil."""
    noise: tuple[float, float] = (8.0, 16.0)
    unevenness: tuple[float, float] = (25.0, 60.0)


BOUNDS = Bounds()


def worst(verdicts: tuple[Verdict, ...]) -> Level:
    """Of all of them."""
    return max((verdict.level for verdict in verdicts), key=LEVELS.index)


def level_of(value: float, bounds: tuple[float, float]) -> Level:
    """By which bound a value is on its wrong side; bounds that fall want much, bounds that rise little."""
    first, second = bounds
    if first > second:
        return Level.OK if value >= first else Level.WATCH if value >= second else Level.OUT
    return Level.OK if value <= first else Level.WATCH if value <= second else Level.OUT
