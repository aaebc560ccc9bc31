"""Undo goes back through one's own decisions, one by one, and touches nobody else's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from scanner.record import MissingReason, Record
from scanner.record.taking_back import OwnDecision, last_own
from tests.record.builders import decisions, printed, read


def last(record: Record, account: str = "anna", before_s: float = 3600) -> OwnDecision | None:
    since = record.moment() - timedelta(seconds=before_s)
    return record.look(lambda at: last_own(at, account, since))


def test_undo_walks_back_through_what_still_holds(record: Record) -> None:
    (sheet,) = printed(record)
    read(record, sheet, decisions(None, None, None))
    record.decide(sheet, "individual", Decimal(10), actor="anna", seen_revision=1)
    record.decide(sheet, "interpersonal", Decimal(20), actor="anna", seen_revision=1)
    record.decide(sheet, "interpersonal", MissingReason.BLANK, actor="anna", seen_revision=2)
    walked = []
    while (own := last(record)) is not None:
        walked.append((own.item, own.seen_revision))
        record.undo(own.sheet_id, own.item, actor="anna", seen_revision=own.seen_revision)
    assert walked == [("interpersonal", 3), ("interpersonal", 4), ("individual", 2)]
    assert {state.status.value for state in record.show(sheet).current} == {"review"}


def test_only_ones_own_since_the_moment_and_what_nobody_changed(record: Record) -> None:
    sheet, void = printed(record), printed(record)
    for (it,) in (sheet, void):
        read(record, it, decisions(None, None), f"{it}.pdf")
    record.decide(sheet[0], "individual", Decimal(10), actor="anna", seen_revision=1)
    record.decide(sheet[0], "interpersonal", Decimal(20), actor="anna", seen_revision=1)
    record.decide(sheet[0], "interpersonal", Decimal(21), actor="bertil", seen_revision=2)
    record.decide(void[0], "individual", Decimal(10), actor="anna", seen_revision=1)
    record.void(void[0], reason="torn", actor="anna")
    own = last(record)
    assert own is not None
    assert (own.sheet_id, own.item) == (sheet[0], "individual")
    assert last(record, "cecilia") is None
    assert last(record, before_s=-1) is None
