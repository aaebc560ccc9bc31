"""One sheet's whole way: printed, filled in, handled, scanned, with the truth kept beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from calibration.synthesis.dirt import SPOIL, Dirt, blank_like, in_grey, show_through
from calibration.synthesis.hands import Hand, some_hand
from calibration.synthesis.ink import lay_ink
from calibration.synthesis.kinds import make_mark, some_kind
from calibration.synthesis.marks import Writer
from calibration.synthesis.paper import Paper
from calibration.synthesis.pens import Pen, some_pen
from calibration.synthesis.printers import Printer, office_printer, print_page
from calibration.synthesis.scanners import Picture, ScanMode, Scanner, office_scanner, scan
from calibration.synthesis.strokes import Stroke
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
class Treatment:
    """All that happens to one sheet."""

    condition: str = "office"
    """Name of the condition of `calibration.synthesis.conditions` that this is an instance of."""
    printer: Printer = field(default_factory=Printer)
    hand: Hand
    pen: Pen
    scanner: Scanner = field(default_factory=Scanner)
    dirt: tuple[Dirt, ...] = ()
    """In the order in which it happens."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPage:
    """A scanned page and what is on it."""

    picture: Picture
    items: tuple[ItemTruth, ...]
    conditions: PageConditions


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
        # Most answers lie in the upper half; the rest may be anywhere, the ends included.
        place = rng.uniform(0.8, 99.2) if rng.random() < 0.4 else 2 + 96 * rng.beta(3.0, 2.0)
        plan.append(PlannedMark(kind, float(place)))
    return tuple(plan)


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
    """The sheet as it goes to the scanner, and what is on it."""
    colour = treatment.scanner.mode is ScanMode.COLOUR
    # Three channels at 600 dpi would cost four times as much as they show.
    dpi = 300 if colour and treatment.scanner.dpi <= 300 else None
    paper = print_page(sheet.pdf, sheet.page, treatment.printer, rng, colour=colour, dpi=dpi)
    items = fill_in(paper, sheet.layout, plan, treatment, rng)
    for dirt in treatment.dirt:
        SPOIL[dirt](paper, rng)
    return paper, items


def simulate(
    sheet: PrintedSheet, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator
) -> SimulatedPage:
    """Print, fill in, spoil and scan one sheet."""
    paper, items = filled_in_sheet(sheet, plan, treatment, rng)
    return SimulatedPage(scan(paper, treatment.scanner, rng), items, conditions(treatment))


def simulate_back(
    sheet: PrintedSheet, plan: Sequence[PlannedMark], treatment: Treatment, rng: Generator, strength: float
) -> SimulatedPage:
    """The empty back of a filled-in sheet, through which the front shines with `strength`."""
    front, _ = filled_in_sheet(sheet, plan, treatment, rng)
    back = blank_like(front)
    show_through(back, in_grey(front), strength)
    return SimulatedPage(scan(back, treatment.scanner, rng), (), conditions(treatment))


def conditions(treatment: Treatment) -> PageConditions:
    """What the truth keeps of a treatment."""
    scanner = treatment.scanner
    seen = [dirt.value for dirt in treatment.dirt]
    seen += ["streak"] if scanner.streaks else []
    seen += ["shadow"] if scanner.shadow else []
    return PageConditions(
        name=treatment.condition,
        dpi=scanner.dpi,
        mode=scanner.mode.value,
        turn=scanner.turn,
        skew_deg=scanner.skew_deg,
        print_scale=treatment.printer.scale,
        jpeg_quality=scanner.jpeg_quality,
        dirt=tuple(seen),
    )
