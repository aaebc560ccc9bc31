"""Results, refusals and outstanding sheets as CSV or JSON, in the columns of the public contract."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from scanner.record import OutstandingRow, RefusedRow, ResultRow
from scanner.texts.cells import csv_cell, utc_text

Row = ResultRow | RefusedRow | OutstandingRow


def columns(kind: type[Row]) -> tuple[str, ...]:
    """The header of a table of these rows."""
    return tuple(field.name for field in fields(kind))


def write_csv(kind: type[Row], rows: Iterable[Row], out: TextIO) -> int:
    """Write a table with a header, LF at the end of each line; the number of rows."""
    writer = csv.writer(out, lineterminator="\n")
    names = columns(kind)
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([csv_cell(getattr(row, name)) for name in names])
        count += 1
    return count


def write_json(kind: type[Row], rows: Iterable[Row], out: TextIO) -> int:
    """Write one JSON array, a line for each row; the number of rows."""
    count = 0
    out.write("[")
    for row in rows:
        out.write("\n" if count == 0 else ",\n")
        out.write(json.dumps(as_json(row), ensure_ascii=False))
        count += 1
    out.write("\n]\n" if count else "]\n")
    return count


def as_json(row: Row) -> dict[str, Any]:
    """A row with JSON's own types: numbers as numbers, reasons as a list, what is empty as null."""
    return {name: _json_value(getattr(row, name)) for name in columns(type(row))}


def _json_value(value: object) -> Any:
    match value:
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case Sequence() if not isinstance(value, str):
            return [str(part) for part in value]
        case str():
            return str(value)
        case _:
            return value
