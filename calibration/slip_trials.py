"""The reader on trial over slips: single lines, by the hundred thousand.

A slip is read from the printed line on: its place is given, as the corner marks would give it. What only a
whole page shows (streaks that run down it, codes, torn corners) is tried on whole pages, in `trials`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import cv2
import numpy as np
from numpy.random import SeedSequence

from calibration.in_order import in_order
from calibration.synthesis.conditions import CONDITIONS, Condition
from calibration.synthesis.kinds import some_kind
from calibration.synthesis.sheets import PlannedMark, some_place
from calibration.synthesis.slips import Slip, make_slip
from calibration.trials import RARE_SHARE, ReadLine, scanned_page
from forms.definition import load_library
from forms.layout import AnswerLine, FormLayout, compute_layout, frame
from scanner.model.profile import Profile
from scanner.model.sheet import KnownSheet, SheetPurpose
from scanner.reading.crop import crop_png
from scanner.reading.decide import decide
from scanner.reading.descreen import descreened
from scanner.reading.mapping import MM_PER_INCH, PaperToPixel
from scanner.reading.measure import measure_alone
from scanner.reading.stages import RegisteredPage

ON_PAGES_ONLY = ("streaks", "streaky")
"""Conditions that say nothing on a slip: what runs down a page is known by its length."""
LOT = 40
"""Slips that a worker makes at a time."""


def slip_conditions(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Those of the conditions that can be tried on slips."""
    return tuple(condition for condition in conditions if condition.name not in ON_PAGES_ONLY)


def run_slips(
    conditions: Sequence[Condition],
    lines: int,
    seed: int,
    *,
    rare_share: float = RARE_SHARE,
    profile: Profile,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> Iterator[ReadLine]:
    """Make and read `lines` slips, the conditions taking turns, and yield them in order.

    The same seed gives the same lines with any number of `workers` (processes; with 1 the work is done
    here). `progress` is told how many lines are done. No crops are kept; `one_slip` makes any line again.
    """
    names = [condition.name for condition in slip_conditions(conditions)]
    tasks = (
        (names, range(first, min(first + LOT, lines + 1)), seed, rare_share, profile)
        for first in range(1, lines + 1, LOT)
    )
    done = 0
    with closing(in_order(_read_lot, tasks, workers)) as lots:
        for lot in lots:
            yield from lot
            done += len(lot)
            if progress is not None:
                progress(done)


def one_slip(name: str, profile: Profile, rare_share: float = RARE_SHARE) -> ReadLine:
    """The very line that `run_slips` called `slip/CONDITION/SEED/NUMBER`, with its picture."""
    _, condition, seed, number = name.split("/")
    return _read(CONDITIONS[condition], int(seed), int(number), rare_share, profile, keep=True)


Task = tuple[list[str], range, int, float, Profile]


def _read_lot(task: Task) -> list[ReadLine]:
    names, numbers, seed, rare_share, profile = task
    cv2.setNumThreads(1)
    return [
        _read(CONDITIONS[names[number % len(names)]], seed, number, rare_share, profile, keep=False)
        for number in numbers
    ]


def _read(
    condition: Condition, seed: int, number: int, rare_share: float, profile: Profile, *, keep: bool
) -> ReadLine:
    """Make one slip, read it, and put it beside its truth."""
    named = int.from_bytes(sha256(condition.name.encode()).digest()[:8], "big")
    rng = np.random.default_rng(SeedSequence([seed, named, number, 1]))
    slip = some_slip(condition, rng, rare_share)
    registered = registered_slip(slip, f"slip/{condition.name}/{seed}/{number}", rng)
    reading, strip = measure_alone(registered)
    return ReadLine(
        condition=condition.name,
        hard=condition.hard,
        sheet=registered.page.source.scan_name,
        page=slip.conditions,
        truth=slip.truth,
        decision=decide(reading, profile),
        refusal=None,
        wrong_sheet=False,
        crop=crop_png(strip) if keep else None,
    )


def some_slip(condition: Condition, rng: np.random.Generator, rare_share: float) -> Slip:
    """A slip in this condition, with a mark of any kind at any place."""
    treatment = condition.treatment(rng)
    if treatment.scanner.streaks:
        treatment = replace(treatment, scanner=replace(treatment.scanner, streaks=()))
    lines = answer_lines()
    planned = PlannedMark(some_kind(rng, rare_share), some_place(rng))
    return make_slip(lines[rng.integers(len(lines))], planned, treatment, rng)


def answer_lines() -> tuple[AnswerLine, ...]:
    """The lines of a sheet, from the top of a page to its foot."""
    return compute_layout(load_library()["srs"], "en").answer_lines


def registered_slip(slip: Slip, name: str, rng: np.random.Generator) -> RegisteredPage:
    """A slip as if it were a page whose place is known."""
    fixed = frame()
    layout = FormLayout(fixed.version, fixed.page, fixed.corner_marks, fixed.codes, (slip.answer,), ())
    sheet = KnownSheet(
        sheet_id="",
        instrument="srs",
        version=1,
        language="en",
        layout=layout,
        purpose=SheetPurpose(),
        void_reason=None,
    )
    mapping = PaperToPixel(slip.to_picture)
    middle = (slip.answer.line.start.x_mm + 50.0, slip.answer.line.start.y_mm)
    page = descreened(scanned_page(slip.picture, None, name))
    dpi = mapping.px_per_mm(*middle) * MM_PER_INCH
    return RegisteredPage(page, sheet, mapping, 0.0, mapping.turn(*middle), dpi)
