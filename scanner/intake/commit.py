"""Writing down what became of a page, in one transaction.

Everything that depends on earlier readings is looked up and decided inside the transaction,
while the sheet is locked: of two processes that hold a first reading, one is second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scanner.intake.compare import SeenLine, agrees_with_any, seen, seen_by
from scanner.model.decision import Decision, Status, Verdict
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import SaidPage
from scanner.model.result import EmptyPage, PageOutcome, SheetResult
from scanner.model.score import printed_position, score_of
from scanner.record import (
    EventKind,
    ItemState,
    PageOutcomeSeen,
    Record,
    Standing,
    Transaction,
    events,
    outcomes,
    page_words,
    second_looks,
)


@dataclass(frozen=True, slots=True)
class Committed:
    """What stands in the record now."""

    outcome: PageOutcomeSeen
    """May differ from what was handed in: a result on a void sheet is a refusal, and a page that
    had its outcome already keeps it."""
    already: bool
    """The page had its outcome from this reader version before; nothing was written."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for one commit."""

    reader_version: str
    word_id: int | None
    """The word of a person's by which the page was read."""
    second_look_share: float

    @property
    def actor(self) -> str:
        return f"reader/{self.reader_version}"


def commit_page(
    record: Record,
    outcome: PageOutcome,
    *,
    reader_version: str,
    said: Sequence[SaidPage] = (),
    second_look_share: float = 0.0,
) -> Committed:
    """Record the outcome of a page, or the refusal of a whole file.

    The file must have been taken in before (`Record.take`). Committing the same page again
    changes nothing. `said` are the pages of the file that were read by what a person says they show: when
    somebody has said otherwise meanwhile, nothing is recorded, and the page is read once more. A share of
    the lines that the reader accepts is drawn for a second look.
    Raises DatabaseError when the database cannot be used.
    """
    return record.write(lambda tx: _commit(tx, outcome, reader_version, said, second_look_share))


def _commit(
    tx: Transaction,
    outcome: PageOutcome,
    reader_version: str,
    said: Sequence[SaidPage] = (),
    second_look_share: float = 0.0,
) -> Committed:
    if isinstance(outcome, Refusal) and outcome.scan_page is None and said:
        # Somebody has seen pages of this file, so it is not refused as a whole any more.
        refused = [replace(outcome, scan_page=page.scan_page) for page in said]
        done = [_commit(tx, page, reader_version, said, second_look_share) for page in refused]
        return done[0]
    sha256, number = _place(outcome)
    word = next((page for page in said if page.scan_page == number), None)
    sheet_id = None if isinstance(outcome, EmptyPage) else outcome.sheet_id
    locked = None if sheet_id is None else outcomes.lock_sheet(tx, sheet_id)  # before the file, as always
    if word is not None and not page_words.stands(tx, sha256, word):
        return _committed(tx, sha256, number, None, new=False)
    terms = _Terms(reader_version, None if word is None else word.word_id, second_look_share)
    match outcome:
        case SheetResult():
            return _commit_read(tx, outcome, terms)
        case Refusal():
            return _commit_refused(tx, outcome, terms, locked)
        case EmptyPage():
            new = outcomes.add_empty(tx, outcome, reader_version=reader_version, word_id=terms.word_id)
            if new:
                tx.audit(terms.actor, "page.empty", _page(sha256, number))
            return _committed(tx, sha256, number, reader_version, new=new)


def _commit_refused(
    tx: Transaction, refusal: Refusal, terms: _Terms, locked: outcomes.LockedSheet | None = None
) -> Committed:
    new = outcomes.add_refused(
        tx, refusal, reader_version=terms.reader_version, locked=locked, word_id=terms.word_id
    )
    if new:
        action = "scan.refuse" if refusal.scan_page is None else "page.refuse"
        target = _page(refusal.scan_sha256, refusal.scan_page)
        sheet_id = None if locked is None else locked.sheet_id
        tx.audit(terms.actor, action, target, reason=refusal.reason.value, sheet=sheet_id)
    return _committed(tx, refusal.scan_sha256, refusal.scan_page, terms.reader_version, new=new)


def _commit_read(tx: Transaction, result: SheetResult, terms: _Terms) -> Committed:
    locked = outcomes.lock_sheet(tx, result.sheet_id)
    if locked is None or locked.void_reason is not None:
        return _commit_refused(tx, _refused(result, locked), terms, locked)
    earlier = tuple(_seen_earlier(old) for old in outcomes.earlier_readings(tx, locked))
    standings = [_standing(decision, earlier) for decision in result.decisions]
    readings = outcomes.add_read(tx, result, locked, standings, word_id=terms.word_id)
    source = result.source
    if readings is not None:
        states = _new_states(tx, result, locked, standings, readings)
        details = events.append(tx, locked.row, states) if states else {}
        second_looks.draw(tx, locked.row, states, terms.second_look_share * result.second_look_odds)
        standing = outcomes.whole_standing(standings).value
        target = _page(source.scan_sha256, source.scan_page)
        tx.audit(terms.actor, "page.read", target, sheet=result.sheet_id, standing=standing, **details)
    new = readings is not None
    return _committed(tx, source.scan_sha256, source.scan_page, terms.reader_version, new=new)


def _standing(decision: Decision, earlier: Sequence[SeenLine]) -> Standing:
    line = seen_by(decision)
    if not any(old.item == line.item for old in earlier):
        return Standing.FIRST
    return Standing.SIGHTING if agrees_with_any(line, earlier) else Standing.CONFLICT


def _new_states(
    tx: Transaction,
    result: SheetResult,
    locked: outcomes.LockedSheet,
    standings: Sequence[Standing],
    readings: Sequence[int],
) -> list[ItemState]:
    """One event for each item that was read for the first time or differently; none for a sighting."""
    current = {state.item: state for state in events.current(tx.connection, locked.row)}
    actor = _actor(result.reader_version)
    states = []
    for decision, standing, reading_id in zip(result.decisions, standings, readings, strict=True):
        if standing is Standing.FIRST:
            states.append(_first_state(decision, reading_id, actor, tx.now))
        elif standing is Standing.CONFLICT:
            states.append(events.in_conflict(current[decision.reading.item], actor, tx.now))
    return states


def _first_state(decision: Decision, reading_id: int, actor: str, at: datetime) -> ItemState:
    measured = decision.reading
    position = None if measured.position_mm is None else printed_position(measured.position_mm)
    accepted = decision.verdict is Verdict.ACCEPTED
    if accepted and position is None:
        raise ValueError(f"{measured.item} was accepted without a position")
    return ItemState(
        item=measured.item,
        item_number=measured.number,
        revision=1,
        kind=EventKind.READING,
        actor=actor,
        at=at,
        reading_id=reading_id,
        status=Status(decision.verdict.value),
        position_mm=position,
        score=score_of(float(position)) if accepted and position is not None else None,
        missing_reason=None,
        reasons=decision.reasons,
        confidence=None if decision.confidence is None else float(decision.confidence),
        decided_by=actor,
    )


def _seen_earlier(old: outcomes.EarlierReading) -> SeenLine:
    return seen(old.item, accepted=old.accepted, position_mm=old.position_mm, marks=old.marks)


def _refused(result: SheetResult, locked: outcomes.LockedSheet | None) -> Refusal:
    """The page was read, but the record does not want it."""
    if locked is None:
        reason = RefusalReason.UNKNOWN_SHEET
        detail = f"The sheet {result.sheet_id} was not printed from this record."
    else:
        reason = RefusalReason.VOID_SHEET
        detail = f"The sheet {result.sheet_id} was made void; `jana sheet show {result.sheet_id}` says why."
    source = result.source
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, reason, detail, result.page_png)


def _committed(
    tx: Transaction, sha256: str, page: int | None, reader_version: str | None, *, new: bool
) -> Committed:
    outcome = outcomes.outcome_of(tx.connection, sha256, page, reader_version)
    if outcome is None:
        raise LookupError(f"page {page} of scan {sha256} has no outcome after it was written")
    return Committed(outcome, already=not new)


def _actor(reader_version: str) -> str:
    return f"reader/{reader_version}"


def _place(outcome: PageOutcome) -> tuple[str, int | None]:
    """Which page of which file; None: the file as a whole."""
    if isinstance(outcome, Refusal):
        return outcome.scan_sha256, outcome.scan_page
    return outcome.source.scan_sha256, outcome.source.scan_page


def _page(sha256: str, page: int | None) -> str:
    return f"scan:{sha256}" if page is None else f"scan:{sha256}/{page}"
