"""One sheet's whole way: printed, filled in, handled, scanned, with the truth kept beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from calibration.synthesis.copiers import Copier
from calibration.synthesis.dirt import SPOIL, Dirt, blank_like, in_grey, show_through
from calibration.synthesis.hands import Hand, some_hand
from calibration.synthesis.ink import lay_ink
from calibration.synthesis.kinds import make_mark, some_kind
from calibration.synthesis.marks import Writer
from calibration.synthesis.paper import Paper, Pixels
from calibration.synthesis.pens import Pen, some_pen
from calibration.synthesis.phones import Phone
from calibration.synthesis.printers import Printer, office_printer, print_page
from calibration.synthesis.scanners import Picture, ScanMode, Scanner, office_scanner
from calibration.synthesis.stock import WHITE, Stock, tint
from calibration.synthesis.streaks import Streak
from calibration.synthesis.strokes import Floats, Stroke
from calibration.synthesis.way import Device, Way, taken
from calibration.truth import DrawnKind, ItemTruth, PageConditions
from forms.geometry import Line
from forms.layout import FormLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedSheet:
    """A sheet of ours as it was printed."""

    pdf: Path
    page: int
    """Counts from 1."""
    sheet_id: str
    """18 characters, without groups."""
    layout: FormLayout


@dataclass(frozen=True, slots=True)
class PlannedMark:
    """What somebody is going to do on one line."""

    kind: DrawnKind
    position_mm: float
    """The place in mind, 0 to 100 as if the line were 100 mm long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledInBack:
    """The other side of the paper, a sheet of the same kind filled in by somebody."""

    hand: Hand
    pen: Pen
    strength: float
    """Share of the light that full black on that side takes away on this one."""
    printer: Printer = field(default_factory=Printer)
    upside_down: bool = False
    """Turned over by its short edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """All that happens to one sheet."""

    condition: str = "office"
    """Name of the condition of `calibration.synthesis.conditions` that this is an instance of."""
    printer: Printer = field(default_factory=Printer)
    hand: Hand
    pen: Pen
    scanner: Scanner = field(default_factory=Scanner)
    stock: Stock = WHITE
    dirt: tuple[Dirt, ...] = ()
    """In the order in which it happens."""
    back: FilledInBack | None = None
    """What shines through from the other side."""
    copiers: tuple[Copier, ...] = ()
    """Who copied it, once or several times, before the scanner or the phone saw it."""
    aimed: tuple[Streak, ...] = ()
    """Streaks of the scanner whose places count from the middle of one of the marks."""
    phone: Phone | None = None
    """Photographed with it, and not scanned at all."""

    @property
    def device(self) -> Device:
        """What makes the picture."""
        return Device(copiers=self.copiers, scanner=self.scanner, phone=self.phone, aimed=self.aimed)

    @property
    def in_colour(self) -> bool:
        """Whether the paper must be kept in colour."""
        return self.phone is not None or self.scanner.mode is ScanMode.COLOUR

    @property
    def fine_dpi(self) -> int:
        """The finest resolution at which any device looks at the paper."""
        last = self.scanner.dpi if self.phone is None else self.phone.dpi
        return max([last, *(copier.dpi for copier in self.copiers)])


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPage:
    """A scanned page and what is on it."""

    picture: Picture
    items: tuple[ItemTruth, ...]
    conditions: PageConditions
    way: Way
    """Where on the picture every place of the sheet lies; known to whoever made it, not to a reader."""


def office_treatment(rng: Generator) -> Treatment:
    """A sheet in a tidy office, filled in by anybody with any pen."""
    return Treatment(
        printer=office_printer(rng), hand=some_hand(rng), pen=some_pen(rng), scanner=office_scanner(rng)
    )


def plan_marks(layout: FormLayout, rng: Generator, rare_share: float = 0.0) -> tuple[PlannedMark, ...]:
    """One intention for each line of a sheet; `rare_share` of them is something else than one clear mark."""
    plan = []
    for _ in layout.answer_lines:
        kind = some_kind(rng, rare_share)
        plan.append(PlannedMark(kind, some_place(rng)))
    return tuple(plan)


def some_place(rng: Generator) -> float:
    """Where somebody puts a mark, 0 to 100: mostly in the upper half, the rest anywhere, ends included."""
    return float(rng.uniform(0.8, 99.2) if rng.random() < 0.4 else 2 + 96 * rng.beta(3.0, 2.0))


def fill_in(
    paper: Paper, layout: FormLayout, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator
) -> tuple[ItemTruth, ...]:
    """Mark every line of a printed sheet, in place, and say what was meant.

    `plan` holds one intention for each line, in order; raises ValueError when it does not.
    """
    truths = []
    for answer, planned in zip(layout.answer_lines, plan, strict=True):
        line = treatment.printer.line_on_paper(answer.line)
        writer = Writer(treatment.hand, treatment.pen, line.length_mm, rng)
        mark = make_mark(planned.kind, writer, planned.position_mm)
        lay_ink(paper, [_on(line, stroke) for stroke in mark.strokes], treatment.pen, rng)
        truths.append(
            ItemTruth(
                item=answer.item,
                number=answer.number,
                kind=mark.kind,
                position_mm=mark.position_mm,
                expected=mark.expected,
                pen=(mark.strokes[-1].pen or treatment.pen).name if mark.strokes else None,
            )
        )
    return tuple(truths)


def _on(line: Line, stroke: Stroke) -> Stroke:
    """From places relative to a line's left end and direction to places on the paper."""
    start = np.array([line.start.x_mm, line.start.y_mm])
    along = (np.array([line.end.x_mm, line.end.y_mm]) - start) / line.length_mm
    turned = np.array([along, [-along[1], along[0]]])
    return replace(stroke, points_mm=start + stroke.points_mm @ turned)


def filled_in_sheet(
    sheet: PrintedSheet, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator
) -> tuple[Paper, tuple[ItemTruth, ...]]:
    """The sheet as it goes to the scanner, the phone or the first copier, and what is on it."""
    colour = treatment.in_colour
    # Three channels at 600 dpi would cost four times as much as they show.
    dpi = 300 if colour and treatment.fine_dpi <= 300 else None
    paper = print_page(sheet.pdf, sheet.page, treatment.printer, rng, colour=colour, dpi=dpi)
    items = fill_in(paper, sheet.layout, plan, treatment, rng)
    spoil(paper, sheet.layout, treatment, rng)
    if treatment.back is not None:
        show_through(
            paper, _filled_in_back(sheet, treatment, treatment.back, paper.dpi, rng), treatment.back.strength
        )
    return paper, items


def spoil(paper: Paper, layout: FormLayout, treatment: Treatment, rng: Generator) -> None:
    """Make the paper what it is, and do to it what happens before it is scanned, in place."""
    tint(paper, treatment.stock, rng)
    lines = [treatment.printer.line_on_paper(answer.line) for answer in layout.answer_lines]
    for dirt in treatment.dirt:
        SPOIL[dirt](paper, rng, lines)


def _filled_in_back(
    sheet: PrintedSheet, treatment: Treatment, back: FilledInBack, dpi: float, rng: Generator
) -> Pixels:
    """The other side as one looks at it, in grey."""
    printed = print_page(sheet.pdf, sheet.page, back.printer, rng, dpi=round(dpi))
    other = replace(treatment, printer=back.printer, hand=back.hand, pen=back.pen)
    fill_in(printed, sheet.layout, plan_marks(sheet.layout, rng), other, rng)
    return np.ascontiguousarray(np.rot90(printed.pixels, 2)) if back.upside_down else printed.pixels


def simulate(
    sheet: PrintedSheet, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator
) -> SimulatedPage:
    """Print, fill in, spoil, and copy, scan or photograph one sheet."""
    paper, items = filled_in_sheet(sheet, plan, treatment, rng)
    mark_mm = place_of_a_mark(sheet.layout, items, treatment, rng)
    picture, way = taken(paper, treatment.device, rng, mark_mm=mark_mm)
    return SimulatedPage(picture, items, conditions(treatment), way)


def place_of_a_mark(
    layout: FormLayout, items: Sequence[ItemTruth], treatment: Treatment, rng: Generator
) -> Floats:
    """Where on the paper one of the marks stands that mean a place, or the middle of a line: shape (1, 2)."""
    meant = [i for i, item in enumerate(items) if item.position_mm is not None] or [0]
    which = meant[int(rng.integers(len(meant)))]
    at_mm = items[which].position_mm
    line = treatment.printer.line_on_paper(layout.answer_lines[which].line)
    share = 0.5 if at_mm is None else at_mm / 100
    ends = np.array([[end.x_mm, end.y_mm] for end in (line.start, line.end)])
    return np.asarray(ends[:1] + share * (ends[1:] - ends[:1]))


def simulate_back(
    sheet: PrintedSheet, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator, strength: float
) -> SimulatedPage:
    """The empty back of a filled-in sheet, through which the front shines with `strength`."""
    front, _ = filled_in_sheet(sheet, plan, treatment, rng)
    back = blank_like(front)
    show_through(back, in_grey(front), strength)
    picture, way = taken(back, treatment.device, rng, mark_mm=np.array([[105.0, 148.5]]))
    return SimulatedPage(picture, (), conditions(treatment), way)


def conditions(treatment: Treatment) -> PageConditions:
    """What the truth keeps of a treatment."""
    scanner, phone = treatment.scanner, treatment.phone
    seen = [dirt.value for dirt in treatment.dirt]
    seen += ["copy"] * len(treatment.copiers)
    seen += [treatment.stock.name] if treatment.stock != WHITE else []
    seen += ["marks_through"] if treatment.back else []
    name, scale = treatment.condition, treatment.printer.scale
    if phone is not None:
        return PageConditions(
            name=name,
            dpi=phone.dpi,
            mode="colour" if phone.colour else "grey",
            turn=phone.turn,
            skew_deg=phone.roll_deg,
            print_scale=scale,
            jpeg_quality=phone.jpeg_quality,
            dirt=(*seen, "phone"),
        )
    seen += ["streak"] if scanner.streaks or treatment.aimed else []
    seen += ["shadow"] if scanner.shadow else []
    return PageConditions(
        name=name,
        dpi=scanner.dpi,
        mode=scanner.mode.value,
        turn=scanner.turn,
        skew_deg=scanner.skew_deg,
        print_scale=scale,
        jpeg_quality=scanner.jpeg_quality,
        dirt=tuple(seen),
    )
