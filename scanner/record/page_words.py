"""What people say of pages that the reader could not make out.

What was said is only ever added to. A page that shows a certain sheet, as somebody says, waits again
until it has been read as that sheet; its new outcome then takes the place of the refusal.
"""

from __future__ import annotations

from sqlalchemy import insert, select

from scanner.model.decision import Status
from scanner.model.page import SaidPage
from scanner.model.scope import Scope
from scanner.record import events, outcomes, page_waits, queue, scans, sheets
from scanner.record.database import Transaction
from scanner.record.outcomes import PageKind
from scanner.record.page_waits import WordKind
from scanner.record.schema import outcome, page, reading, scan_file
from scanner.record.schema_review import page_word
from scanner.record.scopes import sheet_reached
from scanner.record.seen_pages import FOR_A_PERSON, SeenPage, seen_page
from scanner.texts.known_error import known_error


def identify(tx: Transaction, scope: Scope, page_id: int, sheet_id: str, *, actor: str) -> SeenPage | None:
    """Say which sheet a page shows; it is to be read again as that one. None: no such page here.

    A page that was read as another sheet, because somebody said so, may be said to be this one: what
    was read from it stands, and goes to a person with the reason `conflict`. Raises JanaError for a
    sheet that is not within the scope or is void, for a page that told itself which sheet it is, and
    when the bytes of the scan are gone.
    """
    seen = _locked(tx, scope, page_id)
    if seen is None or _is(seen, WordKind.IDENTIFIED, sheet_id):
        return seen
    _require_open(seen)
    if not seen.scan_kept:
        raise known_error("page_scan_gone")
    if not sheet_reached(tx.connection, scope, sheet_id):
        raise sheets.unknown(sheet_id)
    known = outcomes.lock_sheet(tx, sheet_id)
    if known is None or known.void_reason is not None:
        raise known_error("page_void", sheet=sheet_id)
    _say(tx, seen, WordKind.IDENTIFIED, actor, known)
    if seen.kind is PageKind.READ and seen.sheet_id is not None and seen.sheet_id != sheet_id:
        _disown(tx, seen, seen.sheet_id, actor)
    if tx.connection.dialect.name == "postgresql":
        queue.add_file(tx, seen.scan_sha256)
    return seen_page(tx.connection, scope, page_id)


def not_ours(tx: Transaction, scope: Scope, page_id: int, *, actor: str) -> SeenPage | None:
    """Say that a refused page needs nobody any more; it stays refused. None: no such page here."""
    seen = _locked(tx, scope, page_id)
    if seen is None or _is(seen, WordKind.NOT_OURS, None):
        return seen
    if seen.kind is not PageKind.REFUSED:
        raise known_error("page_not_refused")
    _say(tx, seen, WordKind.NOT_OURS, actor)
    return seen_page(tx.connection, scope, page_id)


def take_back(tx: Transaction, scope: Scope, page_id: int, *, actor: str) -> SeenPage | None:
    """Take back what was said of a page last. None: no such page here.

    Raises JanaError when nothing was said, and when the page was read by it: then say what else it is.
    """
    seen = _locked(tx, scope, page_id)
    if seen is None:
        return None
    if seen.word is None or seen.word.kind is WordKind.TAKEN_BACK:
        raise known_error("page_nothing_said")
    if seen.kind is PageKind.READ and not seen.waits:
        raise known_error("page_was_read")
    _say(tx, seen, WordKind.TAKEN_BACK, actor)
    return seen_page(tx.connection, scope, page_id)


def stands(tx: Transaction, sha256: str, said: SaidPage) -> bool:
    """Whether what was said of a page still holds; nobody can say otherwise until the transaction ends."""
    file = select(scan_file.c.id).where(scan_file.c.sha256 == sha256).with_for_update()
    row = tx.connection.execute(file).scalar_one()
    of = tx.connection.scalar(
        select(page.c.id).where(page.c.scan_file_id == row, page.c.number == said.scan_page)
    )
    return of is not None and page_waits.newest_word(tx.connection, of) == said.word_id


def _locked(tx: Transaction, scope: Scope, page_id: int) -> SeenPage | None:
    """The page, of which nobody else can say anything until the transaction ends."""
    file = select(scan_file.c.id).join(page).where(page.c.id == page_id).with_for_update(of=scan_file)
    tx.connection.execute(file).all()
    return seen_page(tx.connection, scope, page_id)


def _require_open(seen: SeenPage) -> None:
    """The page is one of which a person may say what it shows."""
    by_a_person = seen.word is not None and seen.word.kind is WordKind.IDENTIFIED
    refused = seen.kind is PageKind.REFUSED and seen.reason in FOR_A_PERSON
    if not refused and not by_a_person:
        raise known_error("page_known")


def _is(seen: SeenPage, kind: WordKind, sheet_id: str | None) -> bool:
    """The same was said already, and nothing has come of it that would be a reason to say it again."""
    word = seen.word
    same = word is not None and word.kind is kind and word.sheet_id == sheet_id
    answered = kind is WordKind.IDENTIFIED and not seen.waits and seen.kind is PageKind.REFUSED
    return same and not answered


def _say(
    tx: Transaction, seen: SeenPage, kind: WordKind, actor: str, of: outcomes.LockedSheet | None = None
) -> None:
    row = {
        "page_id": seen.page_id,
        "kind": kind.value,
        "sheet_id": None if of is None else of.row,
        "actor": actor,
        "at": tx.now,
    }
    tx.connection.execute(insert(page_word), row)
    file = select(page.c.scan_file_id).where(page.c.id == seen.page_id)
    scans.reopened(tx, tx.connection.execute(file).scalar_one())
    sheet_id = None if of is None else of.sheet_id
    tx.audit(actor, f"page.{kind.value}", f"scan:{seen.scan_sha256}/{seen.scan_page}", sheet=sheet_id)


def _disown(tx: Transaction, seen: SeenPage, sheet_id: str, actor: str) -> None:
    """What stands on a sheet by a page that shows another one goes to a person."""
    locked = outcomes.lock_sheet(tx, sheet_id)
    if locked is None or locked.void_reason is not None:
        return
    of_page = select(reading.c.id).join(outcome).where(outcome.c.page_id == seen.page_id)
    mine = set(tx.connection.scalars(of_page))
    standing = events.current(tx.connection, locked.row)
    doubted = [it for it in standing if it.reading_id in mine and it.status is not Status.REVIEW]
    if doubted:
        states = [events.in_conflict(state, actor, tx.now) for state in doubted]
        tx.audit(actor, "sheet.doubt", f"sheet:{sheet_id}", **events.append(tx, locked.row, states))
