"""Conditions with a name: what evaluation reports on, one by one.

Each begins with a tidy office, its printers, people, pens and scanners, and changes what its name
says; everything else stays to chance, so that a condition is never one picture again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.random import Generator

from calibration.synthesis.dirt import Dirt
from calibration.synthesis.printers import office_printer
from calibration.synthesis.scanners import ScanMode, Streak, some_streak
from calibration.synthesis.sheets import Treatment, office_treatment

Change = Callable[[Treatment, Generator], Treatment]


@dataclass(frozen=True, slots=True)
class Condition:
    """A way in which sheets come back, with room for chance."""

    name: str
    hard: bool
    """Beyond what a tidy office does to paper."""
    change: Change
    """From an ordinary sheet in a tidy office to one in this condition."""

    def treatment(self, rng: Generator) -> Treatment:
        """Everything that happens to one sheet."""
        return replace(self.change(office_treatment(rng), rng), condition=self.name)


def _scanned(treatment: Treatment, **changed: object) -> Treatment:
    """The same sheet through a scanner that differs in `changed`."""
    return replace(treatment, scanner=replace(treatment.scanner, **changed))  # type: ignore[arg-type]


def _in_grey(treatment: Treatment, rng: Generator) -> Treatment:
    """Scanned in grey, whatever the office happened to choose."""
    if treatment.scanner.mode is ScanMode.GREY:
        return treatment
    quality = int(rng.integers(65, 93))
    return _scanned(treatment, mode=ScanMode.GREY, jpeg_quality=quality)


def _bilevel(treatment: Treatment, mode: ScanMode, dpi: int, **changed: object) -> Treatment:
    return _scanned(treatment, mode=mode, dpi=dpi, jpeg_quality=None, **changed)


def _fixed_or_adaptive(treatment: Treatment, rng: Generator, dpi: int) -> Treatment:
    mode = ScanMode.FIXED if rng.random() < 0.5 else ScanMode.ADAPTIVE
    return _bilevel(treatment, mode, dpi, threshold=int(rng.integers(120, 195)))


def _office(treatment: Treatment, rng: Generator) -> Treatment:
    return treatment if not treatment.scanner.mode.bilevel else _in_grey(treatment, rng)


def _office_bilevel_300(treatment: Treatment, rng: Generator) -> Treatment:
    return _fixed_or_adaptive(treatment, rng, 300)


def _office_600(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(_in_grey(treatment, rng), dpi=600)


def _fit_to_page(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, printer=replace(treatment.printer, scale=rng.uniform(0.90, 0.99)))


def _enlarged(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, printer=replace(treatment.printer, scale=rng.uniform(1.01, 1.05)))


def _duplex_show_through(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=(Dirt.SHOW_THROUGH,))


def _streaks(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(treatment, streaks=tuple(some_streak(rng) for _ in range(rng.integers(1, 3))))


def _dpi_150(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(_in_grey(treatment, rng), dpi=150, blur_mm=rng.uniform(0.03, 0.07))


def _bilevel_200(treatment: Treatment, rng: Generator) -> Treatment:
    return _fixed_or_adaptive(treatment, rng, 200)


def _dithered(treatment: Treatment, rng: Generator) -> Treatment:
    return _bilevel(treatment, ScanMode.DITHERED, int(rng.choice([200, 240, 300])))


def _jpeg_40(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(_office(treatment, rng), jpeg_quality=int(rng.integers(40, 55)))


def _low_toner(treatment: Treatment, rng: Generator) -> Treatment:
    faint = replace(office_printer(rng), toner=rng.uniform(0.35, 0.7), uneven=rng.uniform(0.1, 0.5))
    return replace(treatment, printer=faint)


def _skewed(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(treatment, skew_deg=float(rng.choice((-1, 1)) * rng.uniform(3, 8)))


def _sideways(treatment: Treatment, rng: Generator) -> Treatment:
    """Fed by its long edge; half of the devices turn the picture upright again."""
    turn = int(rng.choice([90, 270]))
    if rng.random() < 0.5:
        return _scanned(treatment, turn=turn)
    return _scanned(treatment, turn=int(rng.choice([0, 180])), device_turn=turn)


def _upside_down(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(treatment, turn=180)


def _dirty(treatment: Treatment, rng: Generator) -> Treatment:
    some = [Dirt.SPECKS] + [dirt for dirt in (Dirt.COFFEE, Dirt.SPECKS) if rng.random() < 0.5]
    return replace(treatment, dirt=tuple(some))


def _folded(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=(Dirt.FOLD,) * int(rng.integers(1, 3)))


def _punched(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=(Dirt.PUNCHED,))


def _streaky(treatment: Treatment, rng: Generator) -> Treatment:
    """Several streaks of any strength, some of them over a part of the page."""
    streaks = []
    for _ in range(rng.integers(2, 6)):
        streak: Streak = replace(
            some_streak(rng), strength=float(rng.choice((-1, 1)) * rng.uniform(0.06, 0.9))
        )
        if rng.random() < 0.5:
            first = rng.uniform(0, 200)
            streak = replace(streak, from_mm=first, to_mm=first + rng.uniform(30, 150))
        streaks.append(streak)
    return _scanned(treatment, streaks=tuple(streaks))


_ALL = (
    Condition("office", False, _office),
    Condition("office_bilevel_300", False, _office_bilevel_300),
    Condition("office_600", False, _office_600),
    Condition("fit_to_page", False, _fit_to_page),
    Condition("enlarged", False, _enlarged),
    Condition("duplex_show_through", False, _duplex_show_through),
    Condition("streaks", False, _streaks),
    Condition("dpi_150", True, _dpi_150),
    Condition("bilevel_200", True, _bilevel_200),
    Condition("dithered", True, _dithered),
    Condition("jpeg_40", True, _jpeg_40),
    Condition("low_toner", True, _low_toner),
    Condition("skewed", True, _skewed),
    Condition("sideways", True, _sideways),
    Condition("upside_down", True, _upside_down),
    Condition("dirty", True, _dirty),
    Condition("folded", True, _folded),
    Condition("punched_stapled", True, _punched),
    Condition("streaky", True, _streaky),
)

CONDITIONS: dict[str, Condition] = {condition.name: condition for condition in _ALL}
"""Every condition by its name: the tidy ones first."""
