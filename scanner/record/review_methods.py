"""The record's methods for those who review: what waits within their reach, and the pictures of it.

A scope goes with each question. What is outside of it is answered as if it were not there.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from scanner.model.scope import EVERYTHING, Scope
from scanner.record import page_waits, page_words, review_queue, scopes, second_looks, seen_pages, story
from scanner.record.database import Transaction
from scanner.record.events import MissingReason
from scanner.record.opened import OpenedRecord
from scanner.record.review_queue import WaitingMark
from scanner.record.second_looks import Agreements, BlindLook
from scanner.record.seen_pages import SeenPage


class ReviewMethods(OpenedRecord):
    """Looks at pictures are logged in the transaction that fetches them: no log, no picture."""

    # Marks

    def waiting(self, scope: Scope, *, after: int | None = None, limit: int = 20) -> tuple[WaitingMark, ...]:
        """The marks that have waited longest, or the next behind a place; see `review_queue.waiting`."""
        return self.look(lambda at: review_queue.waiting(at, scope, after=after, limit=limit))

    def mark(self, scope: Scope, sheet_id: str, item: str) -> WaitingMark | None:
        """One item as it stands, whether it waits or not."""
        return self.look(lambda at: review_queue.mark(at, scope, sheet_id, item))

    def marks_left(self, scope: Scope) -> int:
        """How many marks wait."""
        return self.look(lambda at: review_queue.left(at, scope))

    def done_since(self, account: str, moment: datetime) -> int:
        """How many decisions and second looks an account has made since a moment."""
        return self.look(lambda at: review_queue.done_since(at, account, moment))

    def reaches_sheet(self, scope: Scope, sheet_id: str) -> bool:
        """Whether there is such a sheet within the scope."""
        return self.look(lambda at: scopes.sheet_reached(at, scope, sheet_id))

    # Pages

    def unidentified(
        self, scope: Scope, *, after: int | None = None, limit: int = 20
    ) -> tuple[SeenPage, ...]:
        """Refused pages that wait for somebody to say what they are; see `seen_pages.unidentified`."""
        return self.look(lambda at: seen_pages.unidentified(at, scope, after=after, limit=limit))

    def unidentified_left(self, scope: Scope) -> int:
        """How many these are."""
        return self.look(lambda at: seen_pages.left(at, scope))

    def said_pages(self, scope: Scope, *, limit: int = 20) -> tuple[SeenPage, ...]:
        """Pages of which somebody has said something that holds; see `seen_pages.said`."""
        return self.look(lambda at: seen_pages.said(at, scope, limit=limit))

    def seen_page(self, scope: Scope, page_id: int) -> SeenPage | None:
        """One page, whatever became of it."""
        return self.look(lambda at: seen_pages.seen_page(at, scope, page_id))

    def identify_page(self, scope: Scope, page_id: int, sheet_id: str, *, actor: str) -> SeenPage | None:
        """Say which sheet a page shows; it is to be read again as that one; see `page_words.identify`."""
        return self.write(lambda tx: page_words.identify(tx, scope, page_id, sheet_id, actor=actor))

    def put_page_aside(self, scope: Scope, page_id: int, *, actor: str) -> SeenPage | None:
        """Say that a refused page is not ours; see `page_words.not_ours`."""
        return self.write(lambda tx: page_words.not_ours(tx, scope, page_id, actor=actor))

    def take_page_word_back(self, scope: Scope, page_id: int, *, actor: str) -> SeenPage | None:
        """Take back what was said of a page last; see `page_words.take_back`."""
        return self.write(lambda tx: page_words.take_back(tx, scope, page_id, actor=actor))

    def identified_pages_wait(self) -> bool:
        """Whether a page is to be read by what somebody said of it."""
        return self.look(page_waits.any_waits_again)

    # Second looks

    def second_looks(
        self, scope: Scope, *, actor: str, after: int | None = None, limit: int = 20
    ) -> tuple[BlindLook, ...]:
        """Lines to look at for somebody who had no hand in them; see `second_looks.to_look_at`."""
        return self.look(lambda at: second_looks.to_look_at(at, scope, actor=actor, after=after, limit=limit))

    def second_looks_left(self, scope: Scope, *, actor: str) -> int:
        """How many there are to look at for somebody."""
        return self.look(lambda at: second_looks.left(at, scope, actor=actor))

    def answer_second_look(
        self, scope: Scope, look_id: int, value: Decimal | MissingReason, *, actor: str
    ) -> bool | None:
        """Record what somebody sees; whether it agrees; see `second_looks.answer`."""
        return self.write(lambda tx: second_looks.answer(tx, scope, look_id, value, actor=actor))

    def agreements(self, scope: Scope = EVERYTHING) -> Agreements:
        """How often second looks agreed, with the reader and with people."""
        return self.look(lambda at: second_looks.agreements(at, scope))

    # Pictures

    def look_at_crop(self, scope: Scope, reading_id: int, *, actor: str) -> bytes | None:
        """The picture (PNG) of a line that was read; None when there is none within the scope."""

        def work(tx: Transaction) -> bytes | None:
            place = scopes.place_of_reading(tx.connection, scope, reading_id)
            png = None if place is None else story.crop_png(tx.connection, reading_id)
            if place is not None and png is not None:
                sheet_id, item = place
                tx.audit(actor, "crop.look", f"sheet:{sheet_id}/{item}", reading=reading_id)
            return png

        return self.write(work)

    def look_at_page(self, scope: Scope, page_id: int, *, actor: str) -> bytes | None:
        """The picture (PNG) of a whole page; None when there is none within the scope."""

        def work(tx: Transaction) -> bytes | None:
            seen = seen_pages.seen_page(tx.connection, scope, page_id)
            png = None if seen is None else seen_pages.picture_png(tx.connection, page_id)
            if seen is not None and png is not None:
                target = f"scan:{seen.scan_sha256}/{seen.scan_page}"
                tx.audit(actor, "page.look", target, sheet=seen.sheet_id)
            return png

        return self.write(work)
