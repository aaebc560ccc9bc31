"""How long a page takes from its embedded picture in memory to the decision, beside the floor.

The floor is decoding the same picture, whole, with `cv2.imdecode` and doing nothing with it. One core, one
thread, no record; floor and stages are taken in turns in one run, because machines are noisy.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import TypeVar

import cv2
import numpy as np

from calibration.synthesis.files import g4_bytes, jpeg_bytes
from calibration.synthesis.scanners import ScanMode, Scanner
from calibration.synthesis.sheets import PrintedSheet, Treatment, office_treatment, plan_marks, simulate
from forms.definition import load_library
from forms.identifier import SheetId
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf
from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import EmptyPage
from scanner.model.sheet import KnownSheet, SheetLookup, SheetPurpose
from scanner.pages.decoded import DecodedPage
from scanner.pages.jpeg import read_header
from scanner.pages.picture import jpeg_page
from scanner.pages.tiff import TiffScan
from scanner.reading.decide import decide
from scanner.reading.descreen import descreened
from scanner.reading.fineness import coarsened
from scanner.reading.identify import identify
from scanner.reading.measure import measure
from scanner.reading.profile import SHIPPED, load_profile
from scanner.reading.register import register
from scanner.settings_limits import Limits

JPEG_QUALITY = 85
NOISE_LEVELS = 4.0
FLOOR = "imdecode"
STAGES = (FLOOR, "decode", "prepare", "identify", "register", "measure", "decide")
"""`prepare` turns dithered pages grey and halves what is finer than needed."""
MIDDLE = 0.8
"""The share of the pages whose spread is told."""
T = TypeVar("T")


class Kind(StrEnum):
    """How the scanner stores a page."""

    GREY = "grey"
    """A grey JPEG."""
    COLOUR = "colour"
    """A colour JPEG."""
    BILEVEL = "bilevel"
    """A TIFF in black and white, CCITT group 4."""


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one page: the floor, then every stage of reading, decoding among them."""

    ms: dict[str, float]

    @property
    def whole(self) -> float:
        """All stages of reading."""
        return sum(self.ms.values()) - self.ms[FLOOR]

    @property
    def ratio(self) -> float:
        """The whole way against the floor."""
        return self.whole / self.ms[FLOOR]


@dataclass(frozen=True)
class Summary:
    """Medians over the pages of a run."""

    pages: int
    ms: dict[str, float]
    """Of each stage, the floor first."""
    whole_ms: float
    shares: dict[str, float]
    """Of each stage but the floor in the sum of their medians, 0 to 1."""
    ratio: float
    """Median of the pages' own ratios."""
    ratio_low: float
    ratio_high: float
    """Ends of the range in which the middle 80 % of the ratios lie."""


def summary_of(timed: list[Timed]) -> Summary:
    """Medians, shares and spread. Raises ValueError for no pages."""
    medians = {stage: median(page.ms[stage] for page in timed) for stage in STAGES}
    stages = sum(medians.values()) - medians[FLOOR]
    ratios = sorted(page.ratio for page in timed)
    cut = int(len(ratios) * (1 - MIDDLE) / 2)
    return Summary(
        pages=len(timed),
        ms=medians,
        whole_ms=median(page.whole for page in timed),
        shares={stage: medians[stage] / stages for stage in STAGES[1:]},
        ratio=median(ratios),
        ratio_low=ratios[cut],
        ratio_high=ratios[-1 - cut],
    )


def time_pages(pages: int, dpi: int, seed: int, kind: Kind = Kind.GREY) -> list[Timed]:
    """Time so many simulated office pages; the first one, which warms everything up, is left out."""
    cv2.setNumThreads(1)
    profile = load_profile(SHIPPED)
    with tempfile.TemporaryDirectory() as folder:
        scans = _simulated(Path(folder), pages + 1, dpi, seed, kind)
        timed = [
            _time_page(scan, Path(folder), lookup, profile, floor_first=number % 2 == 0)
            for number, (scan, lookup) in enumerate(scans)
        ]
    return timed[1:]


@dataclass
class _Clock:
    ms: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        done = work()
        self.ms[stage] += 1e3 * (time.perf_counter() - started)
        return done


def _time_page(
    scan: bytes, folder: Path, lookup: SheetLookup, profile: Profile, *, floor_first: bool
) -> Timed:
    """One page. Floor and reading take turns in being first, since the second finds the memory warm."""
    clock = _Clock()
    if floor_first:
        _time_floor(clock, scan)
    decoded = clock.timed("decode", _decoder(scan, folder))
    page = ScannedPage(PageSource("", "", 1), decoded.pixels, decoded.stated_dpi, decoded.bilevel)
    del decoded
    page, _ = clock.timed("prepare", lambda: coarsened(descreened(page)))
    identified = clock.timed("identify", lambda: identify(page, lookup))
    if isinstance(identified, EmptyPage | Refusal):
        raise RuntimeError(f"a page of the benchmark was not identified: {identified}")
    registered = clock.timed("register", lambda: register(identified))
    if isinstance(registered, Refusal):
        raise RuntimeError(f"a page of the benchmark was not registered: {registered}")
    measured = clock.timed("measure", lambda: measure(registered))
    clock.timed("decide", lambda: [decide(reading, profile) for reading, _ in measured])
    if not floor_first:
        _time_floor(clock, scan)
    return Timed(clock.ms)


def _time_floor(clock: _Clock, scan: bytes) -> None:
    data = np.frombuffer(scan, np.uint8)
    clock.timed(FLOOR, lambda: cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def _decoder(scan: bytes, folder: Path) -> Callable[[], DecodedPage]:
    """The way in which the product decodes a scan; a TIFF is a file for it, in the system's memory."""
    if scan.startswith(b"\xff\xd8"):
        return lambda: jpeg_page(scan, read_header(scan))
    path = folder / "scan.tif"
    path.write_bytes(scan)

    def read() -> DecodedPage:
        with TiffScan(path, Limits()) as tiff:
            return tiff.read(1)

    return read


def _simulated(
    folder: Path, pages: int, dpi: int, seed: int, kind: Kind
) -> Iterator[tuple[bytes, SheetLookup]]:
    """Filled-in office sheets as files, one by one, each with its record."""
    rng = np.random.default_rng(seed)
    sheet, known = _printed(folder / "sheet.pdf")
    for _ in range(pages):
        page = simulate(sheet, plan_marks(sheet.layout, rng), _treatment(dpi, kind, rng), rng)
        scan = g4_bytes(page.picture) if kind is Kind.BILEVEL else jpeg_bytes(page.picture, JPEG_QUALITY)
        yield scan, {known.sheet_id: known}.get


def _treatment(dpi: int, kind: Kind, rng: np.random.Generator) -> Treatment:
    """What an office does to a sheet, on a scanner as the target for speed supposes it."""
    office = office_treatment(rng)
    skew_deg = float(rng.normal(0, 0.5))
    scanner = Scanner(dpi=dpi, noise=NOISE_LEVELS, jpeg_quality=JPEG_QUALITY, skew_deg=skew_deg)
    if kind is Kind.COLOUR:
        scanner = replace(scanner, mode=ScanMode.COLOUR)
    elif kind is Kind.BILEVEL:
        scanner = replace(scanner, mode=ScanMode.FIXED, jpeg_quality=None)
    return Treatment(printer=office.printer, hand=office.hand, pen=office.pen, scanner=scanner)


def _printed(pdf: Path) -> tuple[PrintedSheet, KnownSheet]:
    """A sheet of four lines, and the record of it."""
    instrument = load_library()["ors"]
    layout = compute_layout(instrument, "en")
    sheet_id = SheetId.new()
    render_pdf([SheetFace(sheet_id=sheet_id, instrument=instrument, language="en", layout=layout)], pdf)
    known = KnownSheet(
        sheet_id=sheet_id.text,
        instrument=instrument.code,
        version=instrument.version,
        language="en",
        layout=layout,
        purpose=SheetPurpose(),
        void_reason=None,
    )
    return PrintedSheet(pdf=pdf, page=1, sheet_id=sheet_id.text, layout=layout), known


def as_table(timed: list[Timed]) -> str:
    """Medians over the pages: milliseconds of each stage, its share of the whole, and the ratio."""
    found = summary_of(timed)
    lines = [f"{'floor':<10}{found.ms[FLOOR]:8.2f} ms   cv2.imdecode of the same picture"]
    lines += [
        f"{stage:<10}{found.ms[stage]:8.2f} ms {100 * share:5.1f} %" for stage, share in found.shares.items()
    ]
    lines.append(f"{'whole':<10}{found.whole_ms:8.2f} ms")
    lines.append(
        f"ratio     {found.ratio:8.2f}      median over {found.pages} pages "
        f"({found.ratio_low:.2f} to {found.ratio_high:.2f} for the middle {MIDDLE:.0%})".replace("%", " %")
    )
    return "\n".join(lines)


def as_json(timed: list[Timed]) -> str:
    """The summary for programs: milliseconds, shares from 0 to 1, and the ratio with its spread."""
    return json.dumps(asdict(summary_of(timed)), indent=2)
