"""Which pairs `fixtures/` holds: every kind of mark by several pens, every condition, troubles by name.

A pair is made from its name and what stands here, and from nothing else: a further one changes no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from numpy.random import Generator

from calibration.synthesis import pens
from calibration.synthesis.conditions import CONDITIONS
from calibration.synthesis.dirt import Dirt
from calibration.synthesis.hands import Hand, adult, child, elder
from calibration.synthesis.pens import Pen
from calibration.synthesis.scanners import ScanMode, Streak
from calibration.synthesis.sheets import PlannedMark, Treatment, plan_marks
from calibration.truth import DrawnKind
from forms.layout import FormLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCase:
    """The picture of one line and its surroundings."""

    name: str
    kind: DrawnKind
    pen: Pen
    hand: Callable[[Generator], Hand]
    condition: str
    at_mm: float | None = None
    """Where the person means to mark the line; anywhere when None."""
    dirt: tuple[Dirt, ...] = ()
    """Besides what belongs to the condition."""
    purpose: str

    def treatment(self, rng: Generator) -> Treatment:
        """Everything that happens to this line, without streaks: they are known by running down a page."""
        plain = CONDITIONS[self.condition].treatment(rng)
        unstreaked = replace(plain.scanner, streaks=())
        marked = replace(plain, pen=self.pen, hand=self.hand(rng), dirt=plain.dirt + self.dirt)
        return compressed(replace(marked, scanner=unstreaked, aimed=()), _LINE_QUALITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCase:
    """A whole page."""

    name: str
    condition: str
    form: int
    """Which of the file formats that suit its pixels it is kept in, counted round."""
    kind: DrawnKind | None = None
    """What stands on every line, all about at the same place; anything when None."""
    streak: Streak | None = None
    """Its place counts from one of the marks."""
    purpose: str

    def treatment(self, rng: Generator) -> Treatment:
        """Everything that happens to this page, with settings that make small files of grey ones."""
        plain = CONDITIONS[self.condition].treatment(rng)
        if self.streak is not None:
            plain = replace(plain, scanner=replace(plain.scanner, streaks=()), aimed=(self.streak,))
        return small(plain)

    def plan(self, layout: FormLayout, rng: Generator) -> tuple[PlannedMark, ...]:
        """What somebody does on each line."""
        if self.kind is None:
            return plan_marks(layout, rng, _RARE_SHARE)
        about = rng.uniform(20, 80)
        places = [float(about + rng.normal(0, 0.8)) for _ in layout.answer_lines]
        return tuple(PlannedMark(self.kind, place) for place in places)


def small(treatment: Treatment) -> Treatment:
    """The same with little noise, at 200 dpi at most, and strongly compressed, unless it is bilevel."""
    scanner, phone = treatment.scanner, treatment.phone
    if phone is not None:
        phone = replace(phone, noise=min(phone.noise, _QUIET))
    elif not scanner.mode.bilevel or scanner.mode is ScanMode.DITHERED:
        scanner = replace(scanner, noise=min(scanner.noise, _QUIET), dpi=min(scanner.dpi, _DPI))
    return compressed(replace(treatment, scanner=scanner, phone=phone), _PAGE_QUALITY)


def compressed(treatment: Treatment, quality: int) -> Treatment:
    """The same with JPEG of this quality at most, where there is JPEG."""
    scanner, phone = treatment.scanner, treatment.phone
    if scanner.jpeg_quality is not None:
        scanner = replace(scanner, jpeg_quality=min(scanner.jpeg_quality, quality))
    if phone is not None:
        phone = replace(phone, jpeg_quality=min(phone.jpeg_quality, quality))
    return replace(treatment, scanner=scanner, phone=phone)


_LINE_QUALITY, _PAGE_QUALITY = 75, 48
_QUIET, _DPI = 1.2, 200
_RARE_SHARE = 0.25
"""Of the lines of whole pages: something else than one clear mark."""

_ONLY_AS_LINES = ("office_600",)
"""Whole pages of it are too large."""

_TIDY = (
    ("office", pens.BALLPOINT_BLUE, adult),
    ("office_bilevel_300", pens.BALLPOINT_BLACK, elder),
    ("fit_to_page", pens.GEL_BLUE, child),
    ("sharpened", pens.GEL_BLACK, adult),
    ("duplex_show_through", pens.BALLPOINT_BLUE, elder),
)
_PENS = (
    ("dpi_150", pens.FELT_BLACK, child),
    ("office", pens.PENCIL_SOFT, elder),
    ("bilevel_200", pens.FELT_BROAD, adult),
    ("jpeg_40", pens.PENCIL_HARD, adult),
    ("office_bilevel_300", pens.FELT_FINE_GREEN, child),
    ("office", pens.BALLPOINT_RED, adult),
    ("enlarged", pens.BALLPOINT_DRY, elder),
)
_HARD = (
    ("bilevel_200", pens.BALLPOINT_BLUE, elder),
    ("dithered", pens.GEL_BLACK, adult),
    ("photocopied", pens.BALLPOINT_BLACK, child),
    ("dpi_150", pens.BALLPOINT_BLUE, adult),
    ("phone", pens.GEL_BLUE, adult),
    ("low_toner", pens.PENCIL_SOFT, child),
    ("skewed", pens.FELT_BLUE, adult),
    ("bilevel_300_any", pens.PENCIL_HARD, elder),
    ("marks_through", pens.BALLPOINT_BLACK, adult),
    ("worn_feed", pens.BALLPOINT_BLUE, child),
    ("coloured_paper", pens.GEL_BLACK, elder),
)
"""Each kind of mark gets one of each of these three rows: numbers without a common factor mix them."""


def line_cases() -> Iterator[LineCase]:
    """Every line, in order."""
    for number, kind in enumerate(DrawnKind):
        for row in (_TIDY, _PENS, _HARD):
            condition, pen, hand = row[number % len(row)]
            yield _line(kind, pen, hand, condition)
    yield from _remaining_conditions()
    yield from _ends()
    yield from _dirt()


def _line(kind: DrawnKind, pen: Pen, hand: Callable[[Generator], Hand], condition: str) -> LineCase:
    blank = kind is DrawnKind.BLANK
    return LineCase(
        name=f"{kind}-{condition}" if blank else f"{kind}-{pen.name}-{condition}",
        kind=kind,
        pen=pen,
        hand=hand,
        condition=condition,
        purpose=f"{kind}, {hand.__name__}, {condition}",
    )


def _remaining_conditions() -> Iterator[LineCase]:
    """A stroke and a blank line in each condition that leaves something else on the line than the mark."""
    hands = (adult, child, elder)
    for number, condition in enumerate(_LEAVE_INK):
        some = (pens.BALLPOINT_BLUE, pens.GEL_BLACK, pens.PENCIL_SOFT)[number % 3]
        yield _line(DrawnKind.STROKE, some, hands[number % 3], condition)
        yield _line(DrawnKind.BLANK, some, adult, condition)
    yield _line(DrawnKind.CROSS, pens.BALLPOINT_BLUE, adult, "office_600")
    yield _line(DrawnKind.SLANTED, pens.PENCIL_HARD, adult, "sideways")
    yield _line(DrawnKind.DOT, pens.FELT_BLACK, child, "upside_down")


_LEAVE_INK = (
    "dirty", "folded", "punched_stapled", "stamped", "held", "marks_through", "photocopied", "dithered",
    "low_toner", "coloured_paper",
)  # fmt: skip


def _ends() -> Iterator[LineCase]:
    """Strokes close to the end ticks."""
    some = (
        (0.6, "office", pens.BALLPOINT_BLUE),
        (1.0, "bilevel_200", pens.BALLPOINT_BLACK),
        (1.5, "dpi_150", pens.GEL_BLUE),
        (2.5, "office", pens.FELT_BLACK),
        (97.8, "office_bilevel_300", pens.FELT_BLUE),
        (98.6, "photocopied", pens.BALLPOINT_BLUE),
        (99.1, "fit_to_page", pens.PENCIL_SOFT),
        (99.5, "office", pens.GEL_BLACK),
    )
    for at_mm, condition, pen in some:
        yield LineCase(
            name=f"stroke-at_{at_mm:g}mm-{pen.name}-{condition}",
            kind=DrawnKind.STROKE,
            pen=pen,
            hand=adult,
            condition=condition,
            at_mm=at_mm,
            purpose=f"a stroke {min(at_mm, 100 - at_mm):.1f} mm from an end, {condition}",
        )


def _dirt() -> Iterator[LineCase]:
    """Each kind of dirt that comes near a line, beside a mark and without one."""
    marks = (
        (DrawnKind.STROKE, "office"),
        (DrawnKind.BLANK, "dpi_150"),
        (DrawnKind.BLANK, "office_bilevel_300"),
    )
    for dirt in _NEAR_A_LINE:
        for kind, condition in marks:
            yield LineCase(
                name=f"{kind}-with_{dirt}-{condition}",
                kind=kind,
                pen=pens.BALLPOINT_BLACK,
                hand=adult,
                condition=condition,
                dirt=(dirt,),
                purpose=f"{kind} with {dirt.replace('_', ' ')}, {condition}",
            )


_NEAR_A_LINE = (
    Dirt.COFFEE_ON_LINE,
    Dirt.STAIN,
    Dirt.FOLD_ALONG,
    Dirt.FOLD_UPRIGHT,
    Dirt.PUNCHED_NEAR,
    Dirt.STAPLED_NEAR,
    Dirt.CRUMBS,
    Dirt.STAMP,
)


def page_cases() -> Iterator[PageCase]:
    """Every whole page, in order."""
    for number, condition in enumerate(name for name in CONDITIONS if name not in _ONLY_AS_LINES):
        yield PageCase(name=condition, condition=condition, form=number, purpose=f"a page, {condition}")
    yield from _streaks()


def _streaks() -> Iterator[PageCase]:
    """A streak of the scanner down the page: through its marks, beside them, or where there are none."""
    for name, kind, condition, aside_mm, strength, width_mm in (
        ("streak_through_strokes", DrawnKind.STROKE, "office", 0.0, 0.5, 0.2),
        ("streak_beside_strokes", DrawnKind.STROKE, "office", 1.5, 0.7, 0.25),
        ("light_streak_through_strokes", DrawnKind.STROKE, "office_bilevel_300", 0.1, -0.8, 0.3),
        ("black_streak_through_crosses", DrawnKind.CROSS, "office_bilevel_300", 0.0, 0.9, 0.2),
        ("black_streak_beside_dots", DrawnKind.DOT, "office_bilevel_300", 2.0, 0.9, 0.3),
        ("streak_on_blanks", DrawnKind.BLANK, "dpi_150", 11.0, 0.5, 0.3),
        ("black_streak_on_blanks", DrawnKind.BLANK, "office_bilevel_300", -8.0, 0.9, 0.6),
    ):
        streak = Streak(at_mm=aside_mm, width_mm=width_mm, strength=strength, from_mm=-400.0, to_mm=400.0)
        yield PageCase(
            name=name,
            condition=condition,
            form=0,
            kind=kind,
            streak=streak,
            purpose=f"{name.replace('_', ' ')}, {condition}",
        )
