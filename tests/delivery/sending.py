"""What tests of the outbox begin with: settled sheets, and an outbox that does not wait."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import structlog

from scanner.delivery.outbox import Outbox, Tally
from scanner.delivery.place import Place
from scanner.delivery.target import Target
from scanner.model.sheet import SheetPurpose
from scanner.record import Record
from scanner.settings_delivery import OutboxRules
from tests.record.builders import FULL, decisions, printed, read

RULES = OutboxRules(poll_s=0.01, pause_s=10.0, longest_pause_s=100.0)


def settled(record: Record, count: int = 1, *, purpose: SheetPurpose = FULL) -> list[str]:
    """Sheets that the reader alone settled, each different; their identifiers."""
    ids = printed(record, *(replace(purpose, session=number + 1) for number in range(count)))
    for number, sheet_id in enumerate(ids):
        read(record, sheet_id, decisions(10.0, 20.0, 30.0, number % 100), f"{sheet_id}.pdf")
    return ids


def correct(record: Record, sheet_id: str, item: str, place: str) -> None:
    """A person says where the mark is."""
    seen = next(state.revision for state in record.show(sheet_id).current if state.item == item)
    record.decide(sheet_id, item, Decimal(place), actor="bo", seen_revision=seen)


def outbox(
    record: Record,
    target: Target,
    home: Path,
    *,
    rules: OutboxRules = RULES,
    stop: threading.Event | None = None,
) -> Outbox:
    return Outbox(
        record,
        target,
        Place(home),
        rules,
        structlog.wrap_logger(structlog.ReturnLogger()),
        actor="deliver/test",
        stop=stop or threading.Event(),
        chance=lambda: 0.5,
    )


def deliver(record: Record, target: Target, home: Path, *, hurry: bool = True) -> Tally:
    return outbox(record, target, home).run(hurry=hurry)


def states(record: Record, targets: Sequence[str] = ("box",)) -> dict[str, int]:
    """The figures that are not 0, of all sheets."""
    (whole,) = record.reconcile(targets)
    assert whole.counts.unaccounted == 0
    names = ("outstanding", "in_review", "void", "delivered", "pending", "rejected", "undeliverable")
    return {name: getattr(whole.counts, name) for name in names if getattr(whole.counts, name)}
