"""Targets that are files in a folder: CSV with a row for each item, JSON with a line for each sheet.

One file for each batch, `<target>-<batch_id>.csv`: a batch that comes again, after a crash, is the same file
with the same bytes. Files appear whole or not at all, and are never changed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from scanner.delivery.dropped_file import put_before, put_once
from scanner.delivery.sheet_rows import ItemRow, rows_of
from scanner.model.delivery import Acknowledged, Answer, SettledSheet
from scanner.settings_delivery import CsvSettings, JsonLinesSettings
from scanner.texts.cells import csv_cell, utc_text

COLUMNS = tuple(field.name for field in fields(ItemRow))

Lines = Callable[[Sequence[SettledSheet]], Iterable[str]]


class Files:
    """A `Target` that is a folder."""

    def __init__(self, name: str, settings: CsvSettings | JsonLinesSettings) -> None:
        self.name = name
        self.at_once = settings.at_once
        self._folder = settings.folder
        self._ending = settings.kind
        self._lines: Lines = csv_lines if settings.kind == "csv" else json_lines

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Nothing."""
        return None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """For nothing."""
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """The lines of the file."""
        return self._lines(sheets)

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Write the batch's file, unless an earlier try did."""
        path = self._folder / f"{self.name}-{batch_id}.{self._ending}"
        if put_before(path) is None:
            put_once(path, "".join(f"{line}\n" for line in self._lines(sheets)).encode())
        return [Acknowledged(path.name)] * len(sheets)

    def take_stock(self) -> None:
        """Nothing is kept beside."""

    def close(self) -> None:
        """Nothing is held open."""


def csv_lines(sheets: Sequence[SettledSheet]) -> Iterable[str]:
    """A header and the rows, without line ends; what a spreadsheet would take for a formula is disarmed."""
    yield ",".join(COLUMNS)
    for sheet in sheets:
        for row in rows_of(sheet):
            out = io.StringIO(newline="")
            writer = csv.writer(out, lineterminator="")
            writer.writerow([csv_cell(getattr(row, name)) for name in COLUMNS])
            yield out.getvalue()


def json_lines(sheets: Sequence[SettledSheet]) -> Iterable[str]:
    """An object for each sheet, with its items in a list; decimals are numbers, what is empty is null."""
    for sheet in sheets:
        yield json.dumps(_as_object(sheet), ensure_ascii=False)


def _as_object(sheet: SettledSheet) -> dict[str, Any]:
    return {
        "sheet_id": sheet.sheet_id,
        "sheet_version": sheet.version,
        "withdrawn": None if sheet.withdrawn is None else sheet.withdrawn.value,
        "instrument": sheet.instrument,
        "version": sheet.instrument_version,
        "language": sheet.language,
        "case": sheet.case,
        "session": sheet.session,
        "session_date": None if sheet.session_date is None else sheet.session_date.isoformat(),
        "subject": sheet.subject,
        "rater": sheet.rater,
        "unit": sheet.unit,
        "items": [
            {
                "item": item.item,
                "item_number": item.item_number,
                "position_mm": None if item.position_mm is None else float(item.position_mm),
                "score": None if item.score is None else float(item.score),
                "missing_reason": item.missing_reason,
                "status": item.status.value,
                "decided_by": item.decided_by,
            }
            for item in sheet.items
        ],
        "total": None if sheet.total is None else float(sheet.total),
        "reader_version": sheet.reader_version,
        "scan_sha256": sheet.scan_sha256,
        "read_at": utc_text(sheet.read_at),
        "settled_at": utc_text(sheet.settled_at),
    }
