"""Settled sheets for tests, as the record hands them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from scanner.model.decision import Status
from scanner.model.delivery import SettledItem, SettledSheet, Withdrawal

ITEMS = {
    "ors": ("individual", "interpersonal", "social", "overall"),
    "cors": ("me", "family", "school", "everything"),
    "srs": ("relationship", "goals", "approach", "overall"),
    "csrs": ("listening", "important", "today", "overall"),
    "cgsrs": ("relationship", "goals", "approach", "overall"),
    "lass": ("one", "two", "three"),
}
SETTLED_AT = datetime(2026, 11, 30, 14, 5, 7, tzinfo=UTC)

Value = str | None
"""A score such as `8.8`, a reason for none such as `blank`, or None for blank."""


def item(name: str, number: int, value: Value, decided_by: str = "reader/0.1.0") -> SettledItem:
    if value is not None and value[0].isdigit():
        score = Decimal(value)
        accepted = decided_by.startswith("reader/")
        return SettledItem(
            item=name,
            item_number=number,
            status=Status.ACCEPTED if accepted else Status.CORRECTED,
            position_mm=(score * 10).quantize(Decimal("0.001")),
            score=score,
            missing_reason=None,
            decided_by=decided_by,
        )
    return SettledItem(
        item=name,
        item_number=number,
        status=Status.MISSING,
        position_mm=None,
        score=None,
        missing_reason=value or "blank",
        decided_by="anna",
    )


def settled(
    sheet_id: str = "J13TW9QK5T7RKBQRC0",
    instrument: str = "ors",
    values: Sequence[Value] = ("6.2", "4.8", "7.1", "5.5"),
    **changes: Any,
) -> SettledSheet:
    """A first version, bound to case A-1042, session 3, the client's own."""
    names = ITEMS[instrument]
    items = tuple(
        item(name, at, value) for at, (name, value) in enumerate(zip(names, values, strict=True), 1)
    )
    sheet = SettledSheet(
        sheet_id=sheet_id,
        version=1,
        instrument=instrument,
        instrument_version=1,
        language="fi",
        case="A-1042",
        session=3,
        session_date=date(2026, 11, 30),
        subject="client",
        rater="self",
        unit="North",
        items=items,
        total=total_of(items),
        read_at=datetime(2026, 11, 30, 9, 15, tzinfo=UTC),
        settled_at=SETTLED_AT,
        reader_version="0.1.0",
        scan_sha256="ab" * 32,
        withdrawn=None,
    )
    return replace(sheet, **changes)


def corrected(sheet: SettledSheet, **values: Value) -> SettledSheet:
    """The next version, with these items changed by a person."""
    items = tuple(
        item(old.item, old.item_number, values[old.item], "bertil") if old.item in values else old
        for old in sheet.items
    )
    return replace(sheet, version=sheet.version + 1, items=items, total=total_of(items), withdrawn=None)


def withdrawn(sheet: SettledSheet, why: Withdrawal = Withdrawal.VOID) -> SettledSheet:
    return replace(sheet, version=sheet.version + 1, withdrawn=why)


def total_of(items: Sequence[SettledItem]) -> Decimal | None:
    scores = [one.score for one in items if one.score is not None]
    return sum(scores, Decimal(0)) if len(scores) == len(items) else None
