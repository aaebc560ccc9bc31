"""FORMS.csv: which sheet is on which page of a printed PDF."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from scanner.record import NewSheet
from scanner.texts.cells import csv_cell

COLUMNS = (
    "page",
    "sheet_id",
    "instrument",
    "version",
    "language",
    "case",
    "session",
    "session_date",
    "subject",
    "rater",
    "unit",
)


def write_manifest(path: Path, sheets: Sequence[NewSheet]) -> None:
    """Write a row for each sheet, in the order of the pages."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for page, sheet in enumerate(sheets, 1):
            purpose = sheet.purpose
            what = (sheet.sheet_id, sheet.instrument, sheet.version, sheet.language)
            whom = (purpose.case, purpose.session, purpose.session_date, purpose.subject, purpose.rater)
            writer.writerow([csv_cell(cell) for cell in (page, *what, *whom, purpose.unit)])
