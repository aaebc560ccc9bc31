"""One round of taking in: see, settle, claim, store and record, and finish what has been read.

All that must be remembered lies in the inbox and in the record; what this loop remembers beside is
convenience, and is found again by looking. So that a round that is ended anywhere, by whatever, is put
right by the next one, of whichever service.
"""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from scanner.intake.scan_store import ScanStore
from scanner.record import Record
from scanner.settings_watch import WatchRules
from scanner.watch.claims import Claim, Claims
from scanner.watch.finish import Finish
from scanner.watch.in_hand import InHand
from scanner.watch.inbox import Entry, Inbox
from scanner.watch.late import LateWriters
from scanner.watch.listing import Lister, Listing
from scanner.watch.metrics import Metrics
from scanner.watch.settle import Settling
from scanner.watch.taking import Taking

OF_ONE_FILE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY, errno.ETXTBSY, errno.ENAMETOOLONG, errno.ELOOP}
)
"""Errors that are most likely those of one file or folder, and no reason to leave the others alone."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to."""

    pause_s: float
    """When to look again, unless something wakes us."""
    troubles: tuple[str, ...]
    """What stood in the way of single files; without their names."""
    pending: bool
    """Something is on its way that will end by itself, and soon."""


class IntakeLoop:
    """Takes files from one inbox into one store and one record. For one thread."""

    def __init__(
        self,
        inbox: Inbox,
        record: Record,
        store: ScanStore,
        rules: WatchRules,
        *,
        finish: Finish,
        metrics: Metrics,
        log: FilteringBoundLogger,
        actor: str,
        new_to_read: Callable[[], None],
        step: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`new_to_read` is called when there is a file to read; `step` often, and may raise StoppedError."""
        self._inbox = inbox
        self._record = record
        self._store = store
        self._rules = rules
        self._metrics = metrics
        self._log = log
        self._step = step
        self._monotonic = monotonic
        self.claims = Claims(inbox.path, rules.lease_s)
        self._settling = Settling(rules)
        self._late = LateWriters(rules.late_s)
        self._lister = Lister(inbox, self._settling, rules, step=step, monotonic=monotonic)
        self._listing = Listing()
        self._in_hand = InHand(
            record,
            self.claims,
            Taking(record, store, actor=actor, step=step),
            self._settling,
            self._lister,
            self._late,
            finish=finish,
            metrics=metrics,
            log=log,
            new_to_read=new_to_read,
            step=step,
            monotonic=monotonic,
        )
        self._knows_own = False
        """Every claim in our folder is known here: no error has kept one from us."""

    def round(self) -> Round:
        """Do everything that can be done now.

        Raises:
            OSError: when the inbox is away; StoreError, DatabaseError when the store or the record cannot be
            used; StoppedError.
        """
        begun_s = self._monotonic()
        self._in_hand.forget_troubles()
        if not self._inbox.check():
            self._log.warning("inbox_mounted_again")
        self.claims.ensure()
        self._find_own_claims(begun_s)
        self._in_hand.bring_all_on()
        if begun_s >= self._listing.again_at_s:
            self._listing = self._lister.look(self._in_hand.claims)
        self._claim()
        self._take_back_late()
        self._in_hand.bring_all_on()
        now_s = self._monotonic()
        self._tell_waiting(now_s)
        troubles = dict.fromkeys([*self._in_hand.troubles, *self._listing.troubles])
        return Round(self._listing.pause_s(now_s, self._rules.rescan_s), tuple(troubles), self._is_pending())

    def _is_pending(self) -> bool:
        return self._in_hand.pending or self._listing.settling or bool(self._listing.queue)

    # Claims

    def _find_own_claims(self, now_s: float) -> None:
        """What services that ended have left, and what an earlier start of ours was doing."""
        knew_own, self._knows_own = self._knows_own, False
        adopted = self.claims.adopt(now_s)
        if adopted:
            self._log.info("claims_adopted", number=adopted)
        if adopted or not knew_own:
            for claim in self.claims.held():
                self._in_hand.add(claim, now_s)
        self._knows_own = True

    def _take_back_late(self) -> None:
        """Claim again what was written to after it was finished."""
        for entry in self._late.changed(self._monotonic()):
            try:
                claim = self._claimed(entry)
            except OSError as error:
                self._in_hand.troubles.append(
                    f"a file that was written to late cannot be claimed: {error.strerror}"
                )
                continue
            if claim is not None:
                self._log.info("written_after_end", claim=claim.token)
                self._in_hand.add(claim, self._monotonic())

    # The inbox

    def _claim(self) -> None:
        """Claim as many of what was listed as we may hold."""
        queue, troubles = self._listing.queue, self._listing.troubles
        while queue and not self._in_hand.blocked and len(self._in_hand) < self._rules.claims_at_a_time:
            self._step()
            entry, rest = queue[0]
            if self._lister.is_ready(entry, rest, troubles):
                self._make_sure(entry.signature.size_bytes)
                self._claim_one(entry)
            queue.popleft()

    def _claim_one(self, entry: Entry) -> None:
        try:
            claim = self._claimed(entry)
        except OSError as error:
            if error.errno not in OF_ONE_FILE:
                raise
            self._listing.troubles.append(f"a file cannot be claimed: {error.strerror}")
            return
        if claim is not None:
            self._settling.rename(entry.place, claim.token)
            self._listing.files -= 1
            self._in_hand.add(claim, self._settling.first_seen_s(claim.token))
            # Before the next one is claimed: when the record cannot be written, that one stays where it is.
            self._in_hand.bring_on(claim)

    def _claimed(self, entry: Entry) -> Claim | None:
        try:
            return self.claims.claim(entry)
        except OSError:
            self._knows_own = False  # it may be ours all the same
            raise

    def _make_sure(self, size_bytes: int) -> None:
        """Claim nothing that could not be kept or recorded. Raises StoreError or DatabaseError."""
        self._store.make_sure(size_bytes)
        self._record.unfinished(limit=1)

    def _tell_waiting(self, now_s: float) -> None:
        listed = self._listing
        first_s = min(listed.oldest_s, self._in_hand.oldest_s)
        files = listed.files + len(self._in_hand)
        self._metrics.waiting(files, now_s - first_s if first_s < math.inf else None)
