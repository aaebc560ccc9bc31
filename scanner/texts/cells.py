"""Values as text: how dates, moments and names stand in a table for people and programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula; such a text gets an apostrophe in front."""


def utc_text(moment: datetime) -> str:
    """A moment in UTC as ISO 8601 with `Z`, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_cell(value: object) -> str:
    """A value as it stands in our CSV files: empty for None, lists separated by semicolons."""
    match value:
        case None:
            return ""
        case str():  # nearly all of them are
            return f"'{value}" if value.startswith(FORMULA_STARTS) else str(value)
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case float():
            return f"{value:.4f}"
        case tuple():
            return ";".join(str(part) for part in value)
        case _:
            return str(value)


def write_rows(kind: type[Any], rows: Iterable[object], out: TextIO) -> None:
    """Write dataclasses of one kind as CSV, with a header of their fields' names."""
    writer = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(kind)]
    writer.writerow(names)
    for row in rows:
        writer.writerow([csv_cell(getattr(row, name)) for name in names])
