"""An office for tests: printed sheets are filled in by one hand and put through one scanner.

Everything between the manifest and the scan file is simulated; whoever uses it calls the real command.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.synthesis.files import jpeg_bytes, write_jpeg_pdf
from calibration.synthesis.hands import adult
from calibration.synthesis.pens import GEL_BLACK
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, simulate
from calibration.truth import DrawnKind
from forms.definition import load_library
from forms.layout import compute_layout

Marks = Sequence[float | DrawnKind]
"""What somebody does on each line: a stroke at so many millimetres, or something else in the middle."""

MIDDLE_MM = 50.0


@dataclass(frozen=True)
class Forms:
    """A printed PDF with its manifest."""

    pdf: Path
    manifest: Path

    @property
    def rows(self) -> list[dict[str, str]]:
        with self.manifest.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def ids(self) -> list[str]:
        return [row["sheet_id"] for row in self.rows]

    def scan(self, page: int, marks: Marks, *, seed: int = 1, dpi: int = 150) -> bytes:
        """The page (from 1) filled in and scanned, as a JPEG file."""
        row = self.rows[page - 1]
        layout = compute_layout(load_library()[row["instrument"]], row["language"])
        sheet = PrintedSheet(pdf=self.pdf, page=page, sheet_id=row["sheet_id"], layout=layout)
        plan = [
            PlannedMark(mark, MIDDLE_MM)
            if isinstance(mark, DrawnKind)
            else PlannedMark(DrawnKind.STROKE, mark)
            for mark in marks
        ]
        rng = np.random.default_rng(seed)
        treatment = Treatment(
            printer=Printer(dpi=300), hand=adult(rng), pen=GEL_BLACK, scanner=Scanner(dpi=dpi)
        )
        return jpeg_bytes(simulate(sheet, plan, treatment, rng).picture, 85)


def write_stack(path: Path, pages: Sequence[bytes]) -> Path:
    """Scanned pages as one PDF."""
    write_jpeg_pdf(path, pages)
    return path


def write_requests(path: Path, *rows: str) -> Path:
    """A REQUESTS.csv with all columns."""
    header = "instrument,language,case,session,session_date,subject,rater,unit"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def read_csv(text: str) -> list[dict[str, str]]:
    """The rows of a table."""
    return list(csv.DictReader(text.splitlines()))
