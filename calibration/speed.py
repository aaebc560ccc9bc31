"""How long a page takes from its embedded picture in memory to the decision, beside the floor.

The floor is decoding the same picture with `cv2.imdecode` and doing nothing with it. One core, one
thread, no record; floor and stages are taken in turns in one run, because machines are noisy.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

import cv2
import numpy as np

from calibration.synthesis.files import jpeg_bytes
from calibration.synthesis.scanners import Scanner
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
from scanner.reading.decide import decide
from scanner.reading.identify import identify
from scanner.reading.measure import measure
from scanner.reading.profile import SHIPPED, load_profile
from scanner.reading.register import register

JPEG_QUALITY = 85
NOISE_LEVELS = 4.0
STAGES = ("imdecode", "decode", "identify", "register", "measure", "decide")
T = TypeVar("T")


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one page: the floor, then every stage of reading, decoding among them."""

    ms: dict[str, float]

    @property
    def ratio(self) -> float:
        """The whole way against the floor."""
        return (sum(self.ms.values()) - self.ms["imdecode"]) / self.ms["imdecode"]


def time_pages(pages: int, dpi: int, seed: int) -> list[Timed]:
    """Time so many simulated office pages; the first one, which warms everything up, is left out."""
    cv2.setNumThreads(1)
    profile = load_profile(SHIPPED)
    return [_time_page(jpeg, dpi, lookup, profile) for jpeg, lookup in _simulated(pages + 1, dpi, seed)][1:]


def _time_page(jpeg: bytes, dpi: int, lookup: SheetLookup, profile: Profile) -> Timed:
    ms: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        done = work()
        ms[stage] = 1e3 * (time.perf_counter() - started)
        return done

    data = np.frombuffer(jpeg, np.uint8)
    timed("imdecode", lambda: cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    picture = timed("decode", lambda: cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    page = ScannedPage(PageSource("", "", 1), np.asarray(picture, dtype=np.uint8), float(dpi), bilevel=False)
    identified = timed("identify", lambda: identify(page, lookup))
    if isinstance(identified, EmptyPage | Refusal):
        raise RuntimeError(f"a page of the benchmark was not identified: {identified}")
    registered = timed("register", lambda: register(identified))
    if isinstance(registered, Refusal):
        raise RuntimeError(f"a page of the benchmark was not registered: {registered}")
    measured = timed("measure", lambda: measure(registered))
    timed("decide", lambda: [decide(reading, profile) for reading, _ in measured])
    return Timed(ms)


def _simulated(pages: int, dpi: int, seed: int) -> Iterator[tuple[bytes, SheetLookup]]:
    """JPEG pictures of filled-in office sheets, one by one, each with its record."""
    instrument = load_library()["ors"]
    layout = compute_layout(instrument, "en")
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "sheet.pdf"
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
        sheet = PrintedSheet(pdf=pdf, page=1, sheet_id=sheet_id.text, layout=layout)
        for _ in range(pages):
            office = office_treatment(rng)
            lying = Scanner(
                dpi=dpi, noise=NOISE_LEVELS, jpeg_quality=JPEG_QUALITY, skew_deg=float(rng.normal(0, 0.5))
            )
            treatment = Treatment(printer=office.printer, hand=office.hand, pen=office.pen, scanner=lying)
            page = simulate(sheet, plan_marks(layout, rng), treatment, rng)
            yield jpeg_bytes(page.picture, JPEG_QUALITY), {known.sheet_id: known}.get


def as_table(timed: list[Timed]) -> str:
    """Medians over the pages: milliseconds of each stage, its share of the whole, and the ratio."""
    medians = {stage: median(page.ms[stage] for page in timed) for stage in STAGES}
    whole = sum(medians.values()) - medians["imdecode"]
    lines = [f"{'floor':<10}{medians['imdecode']:8.2f} ms   cv2.imdecode of the same picture"]
    lines += [
        f"{stage:<10}{medians[stage]:8.2f} ms {100 * medians[stage] / whole:5.1f} %" for stage in STAGES[1:]
    ]
    ratios = sorted(page.ratio for page in timed)
    lines.append(f"{'whole':<10}{whole:8.2f} ms")
    lines.append(
        f"ratio     {median(ratios):8.2f}      median over {len(timed)} pages "
        f"({ratios[len(ratios) // 10]:.2f} to {ratios[-1 - len(ratios) // 10]:.2f} for the middle 80 %)"
    )
    return "\n".join(lines)
