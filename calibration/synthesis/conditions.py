"""Conditions with a name: what evaluation reports on, one by one.

Each begins with a tidy office, its printers, people, pens and scanners, and changes what its name
says; everything else stays to chance, so that a condition is never one picture again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.random import Generator

from calibration.synthesis.copiers import some_copies
from calibration.synthesis.dirt import Dirt
from calibration.synthesis.firmware import Halftone
from calibration.synthesis.hands import some_hand
from calibration.synthesis.passage import uneven_feed
from calibration.synthesis.pens import some_pen
from calibration.synthesis.phones import some_phone
from calibration.synthesis.printers import worn_rollers
from calibration.synthesis.scanners import ScanMode, Shadow
from calibration.synthesis.sheets import FilledInBack, Treatment, office_treatment
from calibration.synthesis.stock import STOCKS
from calibration.synthesis.streaks import Streak, any_streak, some_streak

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


def _any_bilevel(treatment: Treatment, rng: Generator, dpi: int) -> Treatment:
    """By a fixed threshold or an adaptive one, whose settings differ from maker to maker."""
    return _bilevel(
        treatment,
        ScanMode.FIXED if rng.random() < 0.5 else ScanMode.ADAPTIVE,
        dpi,
        threshold=int(rng.integers(120, 195)),
        adaptive_mm=rng.uniform(3.0, 14.0),
        adaptive_below=int(rng.integers(14, 45)),
        speckle=rng.uniform(0, 300) if rng.random() < 0.3 else 0.0,
        despeckle=bool(rng.random() < 0.1),
    )


def _office(treatment: Treatment, rng: Generator) -> Treatment:
    return _in_grey(treatment, rng) if treatment.scanner.mode.bilevel else treatment


def _office_600(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(_in_grey(treatment, rng), dpi=600)


def _printed(treatment: Treatment, **changed: object) -> Treatment:
    """The same sheet from a printer that differs in `changed`."""
    return replace(treatment, printer=replace(treatment.printer, **changed))  # type: ignore[arg-type]


def _fit_to_page(treatment: Treatment, rng: Generator) -> Treatment:
    return _printed(treatment, scale=rng.uniform(0.90, 0.99), aspect=rng.uniform(0.985, 1.015))


def _enlarged(treatment: Treatment, rng: Generator) -> Treatment:
    return _printed(treatment, scale=rng.uniform(1.01, 1.05), aspect=rng.uniform(0.985, 1.015))


def _duplex_show_through(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=(Dirt.SHOW_THROUGH,))


def _marks_through(treatment: Treatment, rng: Generator) -> Treatment:
    """The other side is filled in as well; half of the sheets were turned over by their short edge."""
    back = FilledInBack(
        hand=some_hand(rng),
        pen=some_pen(rng),
        strength=rng.uniform(0.04, 0.16),
        printer=replace(treatment.printer, offset_mm=(rng.normal(0, 1.0), rng.normal(0, 1.0))),
        upside_down=bool(rng.random() < 0.5),
    )
    return replace(treatment, back=back)


def _streaks(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(treatment, streaks=tuple(some_streak(rng) for _ in range(rng.integers(1, 3))))


def _sharpened(treatment: Treatment, rng: Generator) -> Treatment:
    """The scanner beautifies: sharper, darker or lighter, cleaner."""
    return _scanned(
        _in_grey(treatment, rng),
        sharpen=rng.uniform(0.4, 1.6),
        gamma=rng.uniform(0.7, 1.5),
        despeckle=bool(rng.random() < 0.3),
    )


def _coloured_paper(treatment: Treatment, rng: Generator) -> Treatment:
    """Whoever scans it in black and white has found a threshold at which the paper stays white."""
    stock = STOCKS[int(rng.integers(len(STOCKS)))]
    threshold = int(stock.grey * treatment.scanner.white * rng.uniform(0.5, 0.75))
    return replace(_scanned(treatment, threshold=threshold), stock=stock)


def _dpi_150(treatment: Treatment, rng: Generator) -> Treatment:
    return _scanned(_in_grey(treatment, rng), dpi=150, blur_mm=rng.uniform(0.03, 0.07))


def _dithered(treatment: Treatment, rng: Generator) -> Treatment:
    """By error diffusion, or in a regular pattern."""
    halftone = Halftone.DIFFUSED if rng.random() < 0.6 else Halftone.ORDERED
    return _bilevel(treatment, ScanMode.DITHERED, int(rng.choice([200, 240, 300])), halftone=halftone)


def _jpeg_40(treatment: Treatment, rng: Generator) -> Treatment:
    """Quality 40 to 54; two in five were JPEG before."""
    first = int(rng.integers(35, 90)) if rng.random() < 0.4 else None
    quality = int(rng.integers(40, 55))
    return _scanned(_office(treatment, rng), jpeg_quality=quality, first_jpeg_quality=first)


def _low_toner(treatment: Treatment, rng: Generator) -> Treatment:
    """Pale, in patches and bands, or flaking off; a fixed threshold is set so that most of it is seen."""
    pale = _printed(
        treatment,
        toner=rng.uniform(0.4, 0.75),
        uneven=rng.uniform(0.05, 0.4),
        bands=rng.uniform(0.1, 0.5) if rng.random() < 0.5 else 0.0,
        flaking=rng.uniform(0.02, 0.2) if rng.random() < 0.4 else 0.0,
    )
    left = pale.printer.toner * (1 - pale.printer.bands) * (1 - pale.printer.uneven / 2)
    return _scanned(pale, threshold=int(pale.scanner.white * (1 - left * rng.uniform(0.25, 0.75))))


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


def _worn_feed(treatment: Treatment, rng: Generator) -> Treatment:
    """Worn rollers, of the printer, the scanner, or both; half of the scanners feed along the lines."""
    feed = uneven_feed(rng, rng.uniform(1.5, 3.0))
    turned = int(rng.choice([0, 0, 90, 270]))
    worn = _scanned(treatment, feed=feed, device_turn=turned, across=1 + rng.normal(0, 0.003))
    return _printed(worn, feed=worn_rollers(rng, rng.uniform(0.5, 2.0)))


def _some(rng: Generator, most: int, *kinds: Dirt) -> tuple[Dirt, ...]:
    """One to `most` of these, each at most once."""
    count = int(rng.integers(1, most + 1))
    return tuple(kinds[i] for i in rng.permutation(len(kinds))[:count])


def _dirty(treatment: Treatment, rng: Generator) -> Treatment:
    some = _some(rng, 2, Dirt.COFFEE_ON_LINE, Dirt.STAIN, Dirt.COFFEE, Dirt.SPECKS)
    return replace(treatment, dirt=(Dirt.CRUMBS, *some))


def _folded(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=_some(rng, 2, Dirt.FOLD, Dirt.FOLD_ALONG, Dirt.FOLD_UPRIGHT))


def _punched_stapled(treatment: Treatment, rng: Generator) -> Treatment:
    kinds = (Dirt.PUNCHED, Dirt.PUNCHED_NEAR, Dirt.STAPLED, Dirt.STAPLED_NEAR)
    return replace(treatment, dirt=_some(rng, 3, *kinds))


def _stamped(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, dirt=(Dirt.STAMP,))


def _held(treatment: Treatment, rng: Generator) -> Treatment:
    """On the glass with the lid open: a finger, or a shadow from an edge, or both."""
    both = rng.integers(1, 4)
    edge = str(rng.choice(["left", "right", "top", "bottom"]))
    shadow = Shadow(edge=edge, width_mm=rng.uniform(15, 70), depth=rng.uniform(0.3, 0.9))
    held = _scanned(treatment, shadow=shadow if both & 1 else None, lid=int(rng.integers(20, 250)))
    return replace(held, dirt=(Dirt.FINGER,) if both & 2 else ())


def _streaky(treatment: Treatment, rng: Generator) -> Treatment:
    """Several streaks of every kind, and mostly one through a mark or close to it."""
    streaks = tuple(any_streak(rng) for _ in range(rng.integers(2, 6)))
    aimed: tuple[Streak, ...] = ()
    if rng.random() < 0.7:
        through = replace(any_streak(rng), at_mm=float(rng.choice((0.0, rng.normal(0, 0.6)))))
        if through.from_mm > 0:
            through = replace(through, from_mm=-rng.uniform(1, 25), to_mm=rng.uniform(1, 25))
        else:
            through = replace(through, from_mm=-400.0)
        aimed = (through,)
    return replace(_scanned(treatment, streaks=streaks), aimed=aimed)


def _photocopied(treatment: Treatment, rng: Generator) -> Treatment:
    return replace(treatment, copiers=some_copies(rng))


def _phone(treatment: Treatment, rng: Generator) -> Treatment:
    """The scanner that is not asked says the same of the file, for whoever only knows scanners."""
    phone = some_phone(rng)
    mode = ScanMode.COLOUR if phone.colour else ScanMode.GREY
    told = _scanned(
        treatment, mode=mode, dpi=phone.dpi, jpeg_quality=phone.jpeg_quality, skew_deg=phone.roll_deg
    )
    return replace(told, phone=phone)


_ALL = (
    Condition("office", False, _office),
    Condition("office_bilevel_300", False, lambda treatment, rng: _fixed_or_adaptive(treatment, rng, 300)),
    Condition("office_600", False, _office_600),
    Condition("fit_to_page", False, _fit_to_page),
    Condition("enlarged", False, _enlarged),
    Condition("duplex_show_through", False, _duplex_show_through),
    Condition("streaks", False, _streaks),
    Condition("sharpened", False, _sharpened),
    Condition("coloured_paper", False, _coloured_paper),
    Condition("dpi_150", True, _dpi_150),
    Condition("bilevel_200", True, lambda treatment, rng: _any_bilevel(treatment, rng, 200)),
    Condition("bilevel_300_any", True, lambda treatment, rng: _any_bilevel(treatment, rng, 300)),
    Condition("dithered", True, _dithered),
    Condition("jpeg_40", True, _jpeg_40),
    Condition("low_toner", True, _low_toner),
    Condition("skewed", True, _skewed),
    Condition("sideways", True, _sideways),
    Condition("upside_down", True, _upside_down),
    Condition("worn_feed", True, _worn_feed),
    Condition("dirty", True, _dirty),
    Condition("folded", True, _folded),
    Condition("punched_stapled", True, _punched_stapled),
    Condition("stamped", True, _stamped),
    Condition("held", True, _held),
    Condition("marks_through", True, _marks_through),
    Condition("streaky", True, _streaky),
    Condition("photocopied", True, _photocopied),
    Condition("phone", True, _phone),
)

CONDITIONS: dict[str, Condition] = {condition.name: condition for condition in _ALL}
"""Every condition by its name: the tidy ones first."""
