"""The reader on trial: sheets are printed, filled in and scanned as told, then read the real way.

Every page depends on the seed, its condition's name and its number alone. So a further condition
changes no other one, and any page can be made again by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.random import SeedSequence

from calibration.in_order import in_order
from calibration.synthesis.conditions import Condition
from calibration.synthesis.files import as_image, jpeg_bytes
from calibration.synthesis.scanners import Picture
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, plan_marks, simulate
from calibration.truth import ItemTruth, PageConditions
from forms.definition import load_library
from forms.identifier import ALPHABET, PREFIX, RANDOM_CHARACTERS, SheetId, check_characters
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf
from scanner.model.decision import Decision
from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import PageOutcome, SheetResult
from scanner.model.sheet import KnownSheet, SheetPurpose
from scanner.pages.grey import from_pillow, is_black_and_white
from scanner.pages.jpeg import read_header
from scanner.pages.picture import jpeg_page
from scanner.reading.read import read_page

RARE_SHARE = 0.15
"""Share of the lines with something else than one clear mark, where nobody asks for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One simulated answer line and what the reader made of it."""

    condition: str
    hard: bool
    """The condition goes beyond what a tidy office does to paper."""
    sheet: str
    """Name of the page, `CONDITION/SEED/NUMBER`, by which it can be made again (`one_page`)."""
    page: PageConditions
    """What happened to the page."""
    truth: ItemTruth
    decision: Decision | None
    """None when the page was not read, or the reading lacks this line."""
    refusal: str | None
    """Why the page was refused (`RefusalReason`, or `crashed: ...` when the reader raised an error)."""
    wrong_sheet: bool
    """The page was read as another sheet, so that its values went to somebody else."""
    crop: bytes | None
    """PNG of the line and its surroundings as the reader saw it; None when it saw none."""

    @property
    def lost(self) -> bool:
        """Neither read nor refused: taken for an empty page, or left out of its sheet's reading."""
        return self.decision is None and self.refusal is None


@dataclass(frozen=True, slots=True)
class World:
    """Printed sheets that any trial may use, and the record that knows them."""

    printed: tuple[PrintedSheet, ...]
    known: Mapping[str, KnownSheet]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One page to be made and read; what is left to chance is in the state of `rng`."""

    condition: str
    hard: bool
    name: str
    sheet: PrintedSheet
    plan: tuple[PlannedMark, ...]
    treatment: Treatment
    rng: np.random.Generator


def print_world(folder: Path) -> World:
    """Print every instrument of the library in each of its languages into one PDF in `folder`.

    The identifiers are the same in every run, unlike those of sheets that people get.
    """
    library = load_library()
    faces = [
        SheetFace(
            sheet_id=_fixed_id(f"{code}-{language}"),
            instrument=library[code],
            language=language,
            layout=compute_layout(library[code], language),
        )
        for code in sorted(library)
        for language in sorted(library[code].languages)
    ]
    pdf = folder / "sheets.pdf"
    render_pdf(faces, pdf)
    return World(
        tuple(
            PrintedSheet(pdf=pdf, page=number, sheet_id=face.sheet_id.text, layout=face.layout)
            for number, face in enumerate(faces, 1)
        ),
        {face.sheet_id.text: _known(face) for face in faces},
    )


def _fixed_id(name: str) -> SheetId:
    digest = sha256(name.encode()).digest()
    body = PREFIX + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:RANDOM_CHARACTERS])
    return SheetId(body + check_characters(body))


def _known(face: SheetFace) -> KnownSheet:
    return KnownSheet(
        sheet_id=face.sheet_id.text,
        instrument=face.instrument.code,
        version=face.instrument.version,
        language=face.language,
        layout=face.layout,
        purpose=SheetPurpose(),
        void_reason=None,
    )


def plan_trial(world: World, condition: Condition, seed: int, number: int, rare_share: float) -> Trial:
    """Page `number` of a condition. Raises ValueError for a negative seed or number."""
    named = int.from_bytes(sha256(condition.name.encode()).digest()[:8], "big")
    rng = np.random.default_rng(SeedSequence([seed, named, number]))
    sheet = world.printed[rng.integers(len(world.printed))]
    plan = plan_marks(sheet.layout, rng, rare_share)
    # Chosen here and not in a worker: a treatment is plain data, a condition may hold any function.
    treatment = condition.treatment(rng)
    name = f"{condition.name}/{seed}/{number}"
    return Trial(condition.name, condition.hard, name, sheet, plan, treatment, rng)


def scanned_page(picture: Picture, jpeg_quality: int | None, name: str) -> ScannedPage:
    """A scanner's picture as the reader gets it: through a JPEG file where the scanner writes one."""
    source = PageSource("", name, 1)
    if picture.bilevel or jpeg_quality is None:
        pixels, bilevel = from_pillow(as_image(picture))
        return ScannedPage(source, pixels, float(picture.dpi), bilevel or is_black_and_white(pixels))
    data = jpeg_bytes(picture, jpeg_quality)
    page = jpeg_page(data, read_header(data))
    return ScannedPage(source, page.pixels, page.stated_dpi, page.bilevel)


def make_page(trial: Trial) -> tuple[ScannedPage, tuple[ItemTruth, ...], PageConditions]:
    """The page as it comes to the reader, and what is on it. Uses up the trial's chance: once only."""
    done = simulate(trial.sheet, trial.plan, trial.treatment, trial.rng)
    page = scanned_page(done.picture, trial.treatment.scanner.jpeg_quality, trial.name)
    return page, done.items, done.conditions


def read_trial(trial: Trial, known: Mapping[str, KnownSheet], profile: Profile) -> tuple[ReadLine, ...]:
    """Make one page, read it, and put each line beside its truth."""
    page, items, conditions = make_page(trial)
    outcome: PageOutcome | str
    try:
        outcome = read_page(page, known.get, profile)
    except Exception as error:  # the product refuses such a page and goes on, so the trial does too
        outcome = f"crashed: {type(error).__name__}: {error}"
    read = {}
    if isinstance(outcome, SheetResult):
        crops = zip(outcome.decisions, outcome.crops, strict=True)
        read = {decision.reading.item: (decision, crop) for decision, crop in crops}
    lines = []
    for truth in items:
        decision, crop = read.get(truth.item, (None, None))
        lines.append(
            ReadLine(
                condition=trial.condition,
                hard=trial.hard,
                sheet=trial.name,
                page=conditions,
                truth=truth,
                decision=decision,
                refusal=_refusal(outcome),
                wrong_sheet=isinstance(outcome, SheetResult) and outcome.sheet_id != trial.sheet.sheet_id,
                crop=crop,
            )
        )
    return tuple(lines)


def _refusal(outcome: PageOutcome | str) -> str | None:
    if isinstance(outcome, str):
        return outcome
    return outcome.reason.value if isinstance(outcome, Refusal) else None


def run_trials(
    conditions: Sequence[Condition],
    sheets: int,
    seed: int,
    *,
    rare_share: float = RARE_SHARE,
    profile: Profile,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> Iterator[ReadLine]:
    """Read `sheets` simulated pages of each condition and yield their lines, in order.

    The same seed gives the same lines with any number of `workers` (processes; with 1 the work is done
    here). `progress` is told how many pages are done. Memory stays flat, unless the lines are kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = print_world(Path(folder))
        trials = (
            plan_trial(world, condition, seed, number, rare_share)
            for condition in conditions
            for number in range(1, sheets + 1)
        )
        with closing(in_order(_in_worker, trials, workers, _start_worker, (world, profile))) as pages:
            for done, lines in enumerate(pages, 1):
                yield from lines
                if progress is not None:
                    progress(done)


def one_page(condition: Condition, seed: int, number: int, rare_share: float = RARE_SHARE) -> ScannedPage:
    """The very page that `run_trials` called `CONDITION/SEED/NUMBER`, with the same `rare_share`."""
    with tempfile.TemporaryDirectory() as folder:
        return make_page(plan_trial(print_world(Path(folder)), condition, seed, number, rare_share))[0]


_given: tuple[World, Profile] | None = None
"""What a worker is handed once, when it starts."""


def _start_worker(world: World, profile: Profile) -> None:
    global _given
    _given = world, profile
    cv2.setNumThreads(1)


def _in_worker(trial: Trial) -> tuple[ReadLine, ...]:
    if _given is None:
        raise RuntimeError("a worker reads only after it was started with its world")
    world, profile = _given
    return read_trial(trial, world.known, profile)
