"""Tables of `jana results`, read back to be judged against the truth of scans that really exist."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from calibration.judged import ResultLine
from calibration.truth import PageTruth, read_truth
from scanner.errors import JanaError

_RESULT_COLUMNS = ("sheet_id", "item", "position_mm", "status")
_REFUSED_COLUMNS = ("scan_name", "scan_page")


def load_truth(path: Path) -> tuple[PageTruth, ...]:
    """Every page of a truth file. Raises JanaError for one that is none."""
    try:
        return tuple(read_truth(path))
    except (OSError, ValueError) as error:
        raise JanaError(f"{path} cannot be read as a truth file: {error}") from error


def load_results(path: Path) -> tuple[ResultLine, ...]:
    """Every row of a results table (`jana results`). Raises JanaError for one that is none."""
    try:
        return tuple(
            ResultLine(
                sheet_id=row["sheet_id"],
                item=row["item"],
                position_mm=_number(row["position_mm"]),
                status=row["status"],
                reasons=tuple(filter(None, row.get("reasons", "").split(";"))),
                confidence=_number(row.get("confidence", "")),
            )
            for row in _rows(path, _RESULT_COLUMNS)
        )
    except ValueError as error:
        raise JanaError(f"{path} holds what is no number: {error}") from error


def load_refused(path: Path) -> frozenset[tuple[str, int | None]]:
    """Scan and page of every row of `jana results --refused`; page None where a whole file was refused.

    Raises JanaError for a table that is none.
    """
    try:
        return frozenset(
            (row["scan_name"], int(row["scan_page"]) if row["scan_page"] else None)
            for row in _rows(path, _REFUSED_COLUMNS)
        )
    except ValueError as error:
        raise JanaError(f"{path} holds what is no page number: {error}") from error


def _number(text: str) -> float | None:
    return float(text) if text else None


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, restval="")
            missing = [name for name in needed if name not in (table.fieldnames or ())]
            if missing:
                raise JanaError(f"{path} has no column {', '.join(missing)}; give a table of `jana results`.")
            yield from table
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JanaError(f"{path} cannot be read: {error}") from error
