"""Makes the pairs of `fixtures/`: python -m calibration.fixture_maker --out fixtures

Pairs that are there already are left alone; `--again` makes them anew. What a reader must accept is what a
careful person would take, as far as the present reader takes it too: what it still asks about is left open.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.random import Generator, SeedSequence

from calibration.fixture_plan import LineCase, PageCase, line_cases, page_cases, small
from calibration.fixture_table import write_table
from calibration.judged import WRONG_FROM_MM
from calibration.pair_judge import Outcome, faults_of, read_pair, scanned_pages
from calibration.pairs import (
    SHEETS,
    Pair,
    PairOutcome,
    picture_of,
    read_pairs,
    read_sheets,
    truth_files,
    write_pairs,
    write_sheets,
)
from calibration.synthesis.files import (
    g4_bytes,
    jpeg_bytes,
    png_bytes,
    write_g4_pdf,
    write_jpeg_pdf,
    write_tiff,
)
from calibration.synthesis.foreign import write_bill
from calibration.synthesis.hands import adult
from calibration.synthesis.pens import BALLPOINT_BLUE
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import Picture, ScanMode, Scanner, scan
from calibration.synthesis.sheets import (
    PlannedMark,
    Treatment,
    conditions,
    simulate,
    simulate_back,
)
from calibration.synthesis.slips import make_slip
from calibration.trials import World, print_world
from calibration.truth import Expected, ItemTruth, PageConditions, PageContent
from scanner.model.decision import Verdict
from scanner.model.profile import Profile
from scanner.model.sheet import KnownSheet
from scanner.reading.profile import SHIPPED, load_profile

SEED = 2026
LICENCE = "the project's own"
_BILEVEL_FORMS, _GREY_FORMS = (".tif", ".pdf", ".png"), (".pdf", ".jpg")


def make_fixtures(
    folder: Path, *, only: Sequence[str] = (), again: bool = False, profile: Profile | None = None
) -> tuple[str, ...]:
    """Make the pairs that `folder` lacks, or those whose names are in `only`, and the table in its README.

    Returns what the reader gets wrong on what was made, in words.
    """
    faults: list[str] = []
    with TemporaryDirectory() as work:
        world = print_world(Path(work))
        sheets = folder / SHEETS
        if not sheets.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_sheets(sheets, world.known.values())
        judge = _Judge(read_sheets(sheets), profile or load_profile(SHIPPED))
        cases: list[LineCase | PageCase] = [*line_cases(), *page_cases(), _STACK]
        for case in cases:
            path = folder / ("lines" if isinstance(case, LineCase) else "pages") / f"{case.name}.jsonl"
            if (only and case.name not in only) or (path.exists() and not again):
                continue
            path.parent.mkdir(exist_ok=True)
            faults += judge.settle(path, _make(case, path, world, Path(work)))
    write_table(folder)
    return tuple(faults)


def promote(folder: Path, profile: Profile | None = None) -> tuple[str, ...]:
    """Ask for every unmistakable mark that the present reader accepts rightly; takes nothing back.

    Returns the lines that were only allowed to be accepted before, and must be from now on.
    """
    sheets, profile = read_sheets(folder / SHEETS), profile or load_profile(SHIPPED)
    promoted = []
    for path in truth_files(folder):
        kept = []
        for pair, page in zip(read_pairs(path), scanned_pages(picture_of(path)), strict=True):
            outcome = read_pair(page, pair, sheets, profile)
            better = _settled(pair, outcome)
            gained = [
                item for item, wanted in better.accepted.items() if wanted and not pair.accepted.get(item)
            ]
            if gained and not faults_of(better, outcome):
                pair = replace(pair, accepted={**pair.accepted, **dict.fromkeys(gained, True)})
                promoted += [f"{path.stem}: {item}" for item in gained]
            kept.append(pair)
        write_pairs(path, kept)
    return tuple(promoted)


_STACK = PageCase(name="stack", condition="office", form=0, purpose="a sheet, its back, and somebody's bill")


class _Judge:
    """Says of new pairs what a reader must make of them, and holds the present one against it."""

    def __init__(self, sheets: Mapping[str, KnownSheet], profile: Profile) -> None:
        self._sheets = sheets
        self._profile = profile

    def settle(self, path: Path, pairs: Sequence[Pair]) -> list[str]:
        """Write the truth file of a picture; returns what the present reader gets wrong."""
        picture = path.with_name(pairs[0].scan_name)
        settled, faults = [], []
        for page, pair in zip(scanned_pages(picture), pairs, strict=True):
            outcome = read_pair(page, pair, self._sheets, self._profile)
            settled.append(_settled(pair, outcome))
            faults += [f"{picture.name}: {fault}" for fault in faults_of(settled[-1], outcome)]
        write_pairs(path, settled)
        return faults


def _settled(pair: Pair, outcome: Outcome) -> Pair:
    """The pair with what a reader must make of it, as far as the present one can."""
    if isinstance(outcome, PairOutcome):
        # A sheet that is refused with a reason is not lost; it may be read one day.
        wanted = PairOutcome.ANY if pair.content is PageContent.SHEET else outcome
        return replace(pair, outcome=wanted)
    accepted = {
        item.item: _wanted(item, outcome[item.item].verdict is Verdict.ACCEPTED) for item in pair.items
    }
    return replace(pair, outcome=PairOutcome.READ, accepted=accepted)


def _wanted(item: ItemTruth, accepted: bool) -> bool | None:
    if item.expected is Expected.REVIEW or item.position_mm is None:
        return False
    return True if item.expected is Expected.ACCEPT and accepted else None


def _make(case: LineCase | PageCase, path: Path, world: World, work: Path) -> tuple[Pair, ...]:
    """Make one picture beside the truth file `path`."""
    named = int.from_bytes(sha256(case.name.encode()).digest()[:8], "big")
    rng = np.random.default_rng(SeedSequence([SEED, named, isinstance(case, LineCase)]))
    if isinstance(case, LineCase):
        return (_make_line(case, path, world, rng),)
    if case is _STACK:
        return _make_stack(case, path, world, rng, work)
    sheet = world.printed[rng.integers(len(world.printed))]
    treatment = case.treatment(rng)
    done = simulate(sheet, case.plan(sheet.layout, rng), treatment, rng)
    forms = _BILEVEL_FORMS if done.picture.bilevel else _GREY_FORMS
    picture = path.with_suffix(forms[case.form % len(forms)])
    _write(picture, [done.picture], done.conditions.jpeg_quality)
    return (_pair(case, picture, 1, sheet.sheet_id, done.items, done.conditions),)


def _make_line(case: LineCase, path: Path, world: World, rng: Generator) -> Pair:
    sheet = world.printed[rng.integers(len(world.printed))]
    answer = sheet.layout.answer_lines[rng.integers(len(sheet.layout.answer_lines))]
    treatment = case.treatment(rng)
    at_mm = float(rng.uniform(5, 95)) if case.at_mm is None else case.at_mm
    slip = make_slip(answer, PlannedMark(case.kind, at_mm), treatment, rng)
    picture = path.with_suffix(".png" if slip.picture.bilevel else ".jpg")
    _write(picture, [slip.picture], slip.conditions.jpeg_quality)
    pair = _pair(case, picture, 1, sheet.sheet_id, (slip.truth,), slip.conditions)
    matrix = slip.to_picture / slip.to_picture[2, 2]
    # Of a hook or an arrow two places may be said: what may as well be asked is held to the wider limit.
    open_to_doubt = slip.truth.expected is Expected.EITHER
    return replace(
        pair,
        mapping=tuple(float(value) for value in matrix.ravel()),
        tolerance_mm=WRONG_FROM_MM if open_to_doubt else pair.tolerance_mm,
    )


def _make_stack(case: PageCase, path: Path, world: World, rng: Generator, work: Path) -> tuple[Pair, ...]:
    """A file of three pages: a sheet, its empty back, and a page that is none of ours."""
    sheet = world.printed[0]
    scanner = Scanner(dpi=150, mode=ScanMode.GREY)
    treatment = small(
        Treatment(printer=Printer(toner=0.95), hand=adult(rng), pen=BALLPOINT_BLUE, scanner=scanner)
    )
    plan = case.plan(sheet.layout, rng)
    front = simulate(sheet, plan, treatment, rng)
    back = simulate_back(sheet, plan, treatment, rng, 0.05)
    write_bill(work / "bill.pdf")
    bill = scan(print_page(work / "bill.pdf", 1, treatment.printer, rng), treatment.scanner, rng)
    picture, after = path.with_suffix(".pdf"), conditions(treatment)
    _write(picture, [front.picture, back.picture, bill], after.jpeg_quality)
    others = ((2, PageContent.BACK), (3, PageContent.FOREIGN))
    return (
        _pair(case, picture, 1, sheet.sheet_id, front.items, after),
        *(replace(_pair(case, picture, at, None, (), after), content=what) for at, what in others),
    )


def _pair(
    case: LineCase | PageCase,
    picture: Path,
    page: int,
    sheet_id: str | None,
    items: tuple[ItemTruth, ...],
    after: PageConditions,
) -> Pair:
    return Pair(
        scan_name=picture.name,
        scan_page=page,
        content=PageContent.SHEET,
        sheet_id=sheet_id,
        items=items,
        conditions=after,
        source=f"calibration.fixture_maker, seed {SEED}",
        purpose=case.purpose,
        licence=LICENCE,
    )


def _write(path: Path, pictures: Sequence[Picture], quality: int | None) -> None:
    """Keep pages in a file of the kind that the path's suffix names."""
    first = pictures[0]
    if path.suffix == ".png":
        path.write_bytes(png_bytes(first))
    elif path.suffix == ".tif":
        write_tiff(path, map(g4_bytes, pictures))
    elif first.bilevel:
        write_g4_pdf(path, map(g4_bytes, pictures))
    elif path.suffix == ".jpg":
        path.write_bytes(jpeg_bytes(first, quality or 85))
    else:
        write_jpeg_pdf(path, [jpeg_bytes(one, quality or 85) for one in pictures])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m calibration.fixture_maker", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the pairs")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="only these pairs")
    parser.add_argument("--again", action="store_true", help="make pairs anew that are there already")
    parser.add_argument(
        "--promote", action="store_true", help="make nothing; demand what the reader accepts by now"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    if given.promote:
        print(*promote(given.out), sep="\n")
        return
    for fault in make_fixtures(given.out, only=given.only, again=given.again):
        print(fault)


if __name__ == "__main__":
    main()
