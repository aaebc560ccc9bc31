"""Tables: columns of the contract, cells that are safe, numbers that stay what they are."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.delivery.results_table import as_json, columns, write_csv, write_json
from scanner.model.decision import Reason, Status
from scanner.record import ResultRow
from scanner.texts.cells import FORMULA_STARTS, csv_cell

ROW = ResultRow(
    sheet_id="J13TW9QK5T7RKBQRC0",
    instrument="ors",
    version=1,
    language="fi",
    case="A-1",
    session=3,
    session_date=date(2026, 11, 30),
    subject="child",
    rater="mother",
    unit=None,
    item="individual",
    item_number=1,
    position_mm=Decimal("45.050"),
    score=Decimal("4.5"),
    status=Status.ACCEPTED,
    reasons=(Reason.SCALE, Reason.ON_END),
    confidence=0.98765,
    scan_sha256="ab" * 32,
    scan_name="stack.pdf",
    scan_page=2,
    read_at=datetime(2026, 11, 30, 9, 5, 7, 999_999, tzinfo=UTC),
    decided_by="reader/0.1.0",
)
quick = settings(max_examples=60, derandomize=True, deadline=None)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)


def in_csv(*rows: ResultRow) -> str:
    out = io.StringIO(newline="")
    assert write_csv(ResultRow, rows, out) == len(rows)
    return out.getvalue()


def test_a_row_to_the_letter() -> None:
    header, row, end = in_csv(ROW).split("\n")

    assert header == ",".join(columns(ResultRow))
    assert row == (
        "J13TW9QK5T7RKBQRC0,ors,1,fi,A-1,3,2026-11-30,child,mother,,individual,1,45.050,4.5,accepted,"
        f"scale;on_end,0.9877,{'ab' * 32},stack.pdf,2,2026-11-30T09:05:07Z,reader/0.1.0"
    )
    assert end == ""


def test_what_is_not_known_is_empty() -> None:
    unsettled = replace(ROW, position_mm=None, score=None, reasons=(), confidence=None, case=None)

    (row,) = csv.DictReader(in_csv(unsettled).splitlines())

    assert [row[name] for name in ("position_mm", "score", "reasons", "confidence", "case")] == [""] * 5
    in_json = as_json(unsettled)
    assert [in_json[name] for name in ("position_mm", "score", "reasons", "confidence", "case")] == [
        *(None, None, [], None, None),
    ]


def test_json_has_numbers_and_lists() -> None:
    out = io.StringIO()
    assert write_json(ResultRow, [ROW, ROW], out) == 2

    first, second = json.loads(out.getvalue())
    assert first == second
    assert list(first) == list(columns(ResultRow))
    assert (first["position_mm"], first["score"], first["reasons"]) == (45.05, 4.5, ["scale", "on_end"])
    assert (first["session_date"], first["read_at"]) == ("2026-11-30", "2026-11-30T09:05:07Z")
    assert len(out.getvalue().splitlines()) == 4


@quick
@given(names)
def test_any_name_survives_a_table(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(in_csv(replace(ROW, case=name)), newline=""))

    assert row["case"].removeprefix("'") == name.removeprefix("'") or row["case"] == name
    assert not row["case"].startswith(FORMULA_STARTS)


@quick
@given(st.decimals(0, 100, places=3))
def test_a_position_keeps_its_three_decimals(position: Decimal) -> None:
    assert csv_cell(position) == f"{position:.3f}"
