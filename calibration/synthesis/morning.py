"""A morning's work in a family service: sheets are filled in, piled up and put through scanners.

Mostly ordinary marks, a few that a person must see, and what comes along in real stacks: pages upside
down, a dirty glass, coffee, a bill from the café, the empty back of a sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.random import Generator, SeedSequence

from calibration.synthesis.dirt import Dirt
from calibration.synthesis.files import g4_bytes, jpeg_bytes, write_g4_pdf, write_jpeg_pdf, write_tiff
from calibration.synthesis.foreign import write_bill
from calibration.synthesis.hands import some_hand
from calibration.synthesis.passage import uneven_feed
from calibration.synthesis.pens import Pen, some_pen
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import ScanMode, Scanner, Streak, scan
from calibration.synthesis.sheets import (
    PlannedMark,
    PrintedSheet,
    Treatment,
    conditions,
    plan_marks,
    simulate,
    simulate_back,
)
from calibration.truth import DrawnKind, PageContent, PageTruth

AWKWARD_ONES = (
    DrawnKind.DOUBLE,
    DrawnKind.BLANK,
    DrawnKind.STRUCK_OUT,
    DrawnKind.WORDS,
    DrawnKind.OFF_ABOVE,
    DrawnKind.CIRCLE,
    DrawnKind.RANGE,
    DrawnKind.PAST_END,
    DrawnKind.NUMBER,
    DrawnKind.SCRIBBLE,
)
"""What a few clients do; at most one line in ten."""
_SHINES_THROUGH = 0.05


@dataclass(frozen=True, slots=True)
class Morning:
    """The stacks as scan files, and what is on every page of them."""

    files: tuple[Path, ...]
    pages: tuple[PageTruth, ...]


@dataclass(frozen=True, slots=True)
class _Stack:
    """One scan file and the device that makes it."""

    name: str
    share: float
    """Of the morning's sheets."""
    scanner: Scanner


@dataclass(frozen=True, slots=True)
class _Page:
    """One page to be made; everything that a worker needs."""

    content: PageContent
    sheet: PrintedSheet
    """The sheet; of a back, the sheet whose back it is; of a foreign page, where its PDF is."""
    plan: tuple[PlannedMark, ...]
    treatment: Treatment
    seed: SeedSequence


@dataclass(frozen=True, slots=True)
class _Made:
    """A page as it goes into its file, and its truth but for its place."""

    data: bytes
    truth: PageTruth


_DIRTY_GLASS = Streak(at_mm=88, width_mm=0.2, strength=0.55)
_STACKS = (
    _Stack("front-desk.pdf", 0.42, Scanner(noise=2.5, white=246, blur_mm=0.035)),
    _Stack("family-room.tif", 0.27, Scanner(mode=ScanMode.FIXED, threshold=165, jpeg_quality=None)),
    _Stack("upstairs.pdf", 0.16, Scanner(mode=ScanMode.COLOUR, dpi=200, noise=3.0, white=243, skew_deg=2.2)),
    _Stack(
        "old-copier.pdf",
        0.15,
        Scanner(
            noise=4.0,
            white=236,
            black=35,
            blur_mm=0.05,
            streaks=(_DIRTY_GLASS,),
        ),
    ),
)


def simulate_morning(
    sheets: Sequence[PrintedSheet],
    folder: Path,
    seed: int,
    *,
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
) -> Morning:
    """Fill in and scan `sheets` into a few stack files in `folder`, which must exist.

    The same seed makes the same pictures with any number of `workers` (processes; with 1 the work is
    done here). `progress` is told how many pages are done. Raises ValueError without any sheet.
    """
    if not sheets:
        raise ValueError("a morning needs at least one sheet")
    with TemporaryDirectory() as elsewhere:
        bill = Path(elsewhere) / "bill.pdf"
        write_bill(bill)
        stacks = _planned(sheets, bill, SeedSequence(seed))
        made = _all_made([page for _, pages in stacks for page in pages], workers)
        return _written(stacks, folder, _counted(made, progress))


def _planned(
    sheets: Sequence[PrintedSheet], bill: Path, seed: SeedSequence
) -> list[tuple[_Stack, list[_Page]]]:
    """Which page comes where in which stack, and what happens to it."""
    planning, paging = seed.spawn(2)
    rng = np.random.default_rng(planning)
    order = [sheets[i] for i in rng.permutation(len(sheets))]
    plans = _plans(order, rng)
    ends = np.rint(np.cumsum([stack.share for stack in _STACKS]) * len(order)).astype(int)
    stacks: list[tuple[_Stack, list[_Page]]] = []
    first = 0
    for stack, end in zip(_STACKS, ends, strict=True):
        pages = [
            _Page(
                PageContent.SHEET, order[i], plans[i], _treatment(stack, i - first, rng), paging.spawn(1)[0]
            )
            for i in range(first, int(end))
        ]
        if stack is _STACKS[0] and pages:
            pages += _intruders(pages[-1], bill, paging)
            pages = [pages[i] for i in rng.permutation(len(pages))]
        if pages:
            stacks.append((stack, pages))
        first = int(end)
    return stacks


def _plans(sheets: Sequence[PrintedSheet], rng: Generator) -> list[tuple[PlannedMark, ...]]:
    """Clear marks on all lines, but for some awkward ones, each on a sheet of its own as far as they go."""
    plans = [list(plan_marks(sheet.layout, rng)) for sheet in sheets]
    lines = sum(len(plan) for plan in plans)
    few = min(len(AWKWARD_ONES), lines // 10, len(plans))
    for kind, which in zip(AWKWARD_ONES[:few], rng.permutation(len(plans))[:few], strict=True):
        line = rng.integers(len(plans[which]))
        plans[which][line] = replace(plans[which][line], kind=kind)
    return [tuple(plan) for plan in plans]


def _treatment(stack: _Stack, place: int, rng: Generator) -> Treatment:
    """A person, a pen, one of two printers, and how the sheet lies on this stack's scanner."""
    lying = replace(
        stack.scanner,
        turn=180 if stack.name == "upstairs.pdf" and place % 2 == 0 else 0,
        skew_deg=float(np.clip(rng.normal(stack.scanner.skew_deg, 0.5), -5, 5)),
        offset_mm=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
        feed=uneven_feed(rng),
    )
    fitted = Printer(scale=0.957, toner=0.93, uneven=0.05)
    full = Printer(offset_mm=(0.6, -0.4), toner=0.97)
    dirt: tuple[Dirt, ...] = ()
    if stack.name == "upstairs.pdf" and place == 0:
        dirt = (Dirt.COFFEE,)
    elif stack.name == "front-desk.pdf" and place == 1:
        dirt = (Dirt.FOLD,)
    elif stack.name == "old-copier.pdf":
        dirt = (Dirt.PUNCHED, Dirt.SPECKS)
    printer = fitted if rng.random() < 0.3 else full
    return Treatment(printer=printer, hand=some_hand(rng), pen=_pen_for(lying, rng), scanner=lying, dirt=dirt)


def _pen_for(scanner: Scanner, rng: Generator) -> Pen:
    """A pen whose marks the scanner shows: of a hard pencil nothing may be left in black and white."""
    pen = some_pen(rng)
    while scanner.mode.bilevel and (pen.pale or "hard" in pen.name):
        pen = some_pen(rng)
    return pen


def _intruders(last: _Page, bill: Path, paging: SeedSequence) -> list[_Page]:
    """The back of a sheet that went through as duplex, and a page that is none of ours."""
    back, foreign = paging.spawn(2)
    other = replace(last.sheet, pdf=bill, page=1)
    return [
        replace(last, content=PageContent.BACK, seed=back),
        replace(last, content=PageContent.FOREIGN, sheet=other, plan=(), seed=foreign),
    ]


def _all_made(pages: Sequence[_Page], workers: int) -> Iterator[_Made]:
    """Make all pages, in order."""
    if workers <= 1 or len(pages) < 2:
        yield from map(_make, pages)
        return
    # Started afresh, not forked: a forked child may inherit a lock that a thread of ours holds.
    with ProcessPoolExecutor(
        min(workers, len(pages)),
        mp_context=get_context("spawn"),
        initializer=cv2.setNumThreads,
        initargs=(1,),
    ) as pool:
        yield from pool.map(_make, pages)


def _make(page: _Page) -> _Made:
    """Make one page."""
    rng = np.random.default_rng(page.seed)
    treatment, sheet = page.treatment, page.sheet
    if page.content is PageContent.SHEET:
        done = simulate(sheet, page.plan, treatment, rng)
        picture, items = done.picture, done.items
    elif page.content is PageContent.BACK:
        picture, items = simulate_back(sheet, page.plan, treatment, rng, _SHINES_THROUGH).picture, ()
    else:
        colour = treatment.scanner.mode is ScanMode.COLOUR
        paper = print_page(sheet.pdf, sheet.page, treatment.printer, rng, colour=colour)
        picture, items = scan(paper, treatment.scanner, rng), ()
    quality = treatment.scanner.jpeg_quality
    truth = PageTruth(
        scan_name="",
        scan_page=0,
        content=page.content,
        sheet_id=sheet.sheet_id if page.content is PageContent.SHEET else None,
        items=items,
        conditions=conditions(treatment),
    )
    return _Made(g4_bytes(picture) if quality is None else jpeg_bytes(picture, quality), truth)


def _counted(made: Iterable[_Made], progress: Callable[[int], None] | None) -> Iterator[_Made]:
    for number, one in enumerate(made, 1):
        if progress is not None:
            progress(number)
        yield one


def _written(stacks: Sequence[tuple[_Stack, list[_Page]]], folder: Path, made: Iterator[_Made]) -> Morning:
    """Write every stack to its file."""
    files: list[Path] = []
    truths: list[PageTruth] = []
    for stack, pages in stacks:
        done = [next(made) for _ in pages]
        path = folder / stack.name
        data = [one.data for one in done]
        if path.suffix == ".tif":
            write_tiff(path, data)
        elif stack.scanner.mode.bilevel:
            write_g4_pdf(path, data)
        else:
            write_jpeg_pdf(path, data)
        files.append(path)
        truths += [
            replace(one.truth, scan_name=stack.name, scan_page=number) for number, one in enumerate(done, 1)
        ]
    return Morning(tuple(files), tuple(truths))
