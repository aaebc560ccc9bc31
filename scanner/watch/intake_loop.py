"""One round of taking in: see, settle, claim, store and record, and finish what has been read.

All that must be remembered lies in the inbox and in the record; what this loop remembers beside is
convenience, and is found again by looking. So that a round that is ended anywhere, by whatever, is put
right by the next one, of whichever service.
"""

from __future__ import annotations

import errno
import math
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError
from scanner.intake.scan_store import ScanStore
from scanner.model.outcome import RefusalReason
from scanner.record import FinishedFile, Record, escaped_name
from scanner.settings_watch import WatchRules
from scanner.watch.claims import Claim, Claims
from scanner.watch.finish import Finish
from scanner.watch.inbox import Entry, Inbox
from scanner.watch.keep_going import StoppedError, place_of
from scanner.watch.late import LateWriters
from scanner.watch.listing import Lister, Listing
from scanner.watch.metrics import Metrics, Stage
from scanner.watch.settle import Rest, Settling, Signature
from scanner.watch.taking import NoFile, StillWritten, Taken, Taking, UnreadableSourceError

OF_ONE_FILE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY, errno.ETXTBSY, errno.ENAMETOOLONG, errno.ELOOP}
)
"""Errors that are most likely those of one file or folder, and no reason to leave the others alone."""


KNOWN_S = 30.0
"""How often it is asked whether the record still knows a file that is being read."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to."""

    pause_s: float
    """When to look again, unless something wakes us."""
    troubles: tuple[str, ...]
    """What stood in the way of single files; without their names."""
    pending: bool
    """Something is on its way that will end by itself, and soon."""


@dataclass(slots=True)
class _Held:
    """A claim of ours."""

    claim: Claim
    first_s: float
    """When we met it."""
    signature: Signature | None = None
    """What the file looked like when its bytes were taken."""
    taken: Taken | None = None
    known_s: float = 0.0
    """When the record last knew it."""
    aside: bool = False
    """Taking it failed in a way that nobody has foreseen; the next start tries again."""


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
        self._finish = finish
        self._metrics = metrics
        self._log = log
        self._new_to_read = new_to_read
        self._step = step
        self._monotonic = monotonic
        self.claims = Claims(inbox.path, rules.lease_s)
        self._taking = Taking(record, store, actor=actor, step=step)
        self._settling = Settling(rules)
        self._late = LateWriters(rules.late_s)
        self._held: dict[str, _Held] = {}
        self._troubles: list[str] = []
        self._blocked = False
        """Something is wrong that would be wrong with the next file too: claim no more."""
        self._lister = Lister(inbox, self._settling, rules, step=step, monotonic=monotonic)
        self._listing = Listing()
        self._knows_own = False
        """Every claim in our folder is known here: no error has kept one from us."""

    def round(self) -> Round:
        """Do everything that can be done now.

        Raises:
            OSError: when the inbox is away; StoreError, DatabaseError when the store or the record cannot be
            used; StoppedError.
        """
        begun_s = self._monotonic()
        self._troubles, self._blocked = [], False
        if not self._inbox.check():
            self._log.warning("inbox_mounted_again")
        self.claims.ensure()
        self._find_own_claims(begun_s)
        self._advance_all()
        if begun_s >= self._listing.again_at_s:
            self._listing = self._lister.look([held.claim for held in self._held.values()])
        self._claim()
        self._take_back_late()
        self._advance_all()
        now_s = self._monotonic()
        self._tell_waiting(now_s)
        troubles = dict.fromkeys([*self._troubles, *self._listing.troubles])
        return Round(self._listing.pause_s(now_s, self._rules.rescan_s), tuple(troubles), self._is_pending())

    def _is_pending(self) -> bool:
        held = any(not one.aside for one in self._held.values())
        return held or self._listing.settling or bool(self._listing.queue)

    # Claims

    def _find_own_claims(self, now_s: float) -> None:
        """What services that ended have left, and what an earlier start of ours was doing."""
        knew_own, self._knows_own = self._knows_own, False
        adopted = self.claims.adopt(now_s)
        if adopted:
            self._log.info("claims_adopted", number=adopted)
        if adopted or not knew_own:
            for claim in self.claims.held():
                self._held.setdefault(claim.token, _Held(claim, now_s))
        self._knows_own = True

    def _advance_all(self) -> None:
        for held in list(self._held.values()):
            self._step()
            self._bring_on(held)

    def _bring_on(self, held: _Held) -> None:
        """Bring a claim forward; what stands in its way alone is shown, and others go on."""
        token = held.claim.token
        if held.aside:
            self._troubles.append("a file could not be taken in because of a bug; see the log")
            return
        try:
            if self._advance(held):
                self._forget(token)
        except FileNotFoundError as error:
            self._lost(token, held, error)
        except UnreadableSourceError as error:
            self._troubles.append(f"a claimed file cannot be read: {error.strerror or error}")
        except OSError as error:
            self._blocked = True
            self._troubles.append(f"a claimed file cannot be moved: {error.strerror or error}")
        except (JanaError, StoppedError):
            raise
        except Exception as error:
            held.aside = True
            self._log.error("claim_put_aside", claim=token, error=place_of(error))

    def _advance(self, held: _Held) -> bool:
        """Bring a claim forward as far as it goes; whether it has come to its end."""
        if held.taken is None and not self._take(held):
            return False
        if held.taken is None:
            return True
        ended = self._record.finished(held.taken.sha256)
        if ended is None:
            self._look_after(held, held.taken.sha256)
            return False
        if Signature.of(held.claim.path.lstat()) != held.signature:
            self._log.info("written_after_claim", claim=held.claim.token)
            held.taken = None
            return False
        self._place(held, ended)
        return True

    def _look_after(self, held: _Held, sha256: str) -> None:
        """Take a file again of which the record knows no more: a server's standby, or a backup that was put
        back, may be behind what was committed."""
        now_s = self._monotonic()
        if now_s - held.known_s < KNOWN_S:
            return
        held.known_s = now_s
        if self._record.known(sha256) is None:
            self._log.warning("taken_and_forgotten", claim=held.claim.token, sha256=sha256)
            held.taken = None

    def _take(self, held: _Held) -> bool:
        """Take a claim's bytes when the file has come to rest; whether that is done."""
        claim = held.claim
        status = claim.path.lstat()
        signature = Signature.of(status)
        rest = self._settling.observe(claim.token, signature, self._monotonic())
        if rest is Rest.RESTLESS:
            return False
        if stat.S_ISREG(status.st_mode) and not self._lister.is_whole(
            claim.token, claim.path, rest, self._troubles
        ):
            return False
        with self._metrics.timed(Stage.INTAKE):
            taken = self._taking.take(claim)
        match taken:
            case StillWritten():
                self._settling.forget(claim.token)
                return False
            case NoFile(detail):
                self._log.info("refused", claim=claim.token, reason="not_a_scan")
                self._metrics.refused(RefusalReason.NOT_A_SCAN)
                self._finish.refused(claim, RefusalReason.NOT_A_SCAN, detail)
                self.claims.let_go(claim)
            case Taken(sha256, new):
                held.taken, held.signature, held.known_s = taken, signature, self._monotonic()
                self._log.info(
                    "taken", claim=claim.token, sha256=sha256, new=new, office=escaped_office(claim.office)
                )
                self._new_to_read()
        return True

    def _place(self, held: _Held, ended: FinishedFile) -> None:
        claim = held.claim
        if ended.refusal is None:
            placed = self._finish.done(claim)
        else:
            placed = self._finish.refused(claim, ended.refusal, ended.detail or "")
        self.claims.let_go(claim)
        if held.signature is not None:
            self._late.watch(placed, claim.office, held.signature, self._monotonic())
        self._log.info("finished", claim=claim.token, refused=ended.refusal and ended.refusal.value)

    def _lost(self, token: str, held: _Held, error: FileNotFoundError) -> None:
        """A claim whose file is gone was taken over while we slept; else something of ours is missing."""
        if held.claim.path.is_symlink() or held.claim.path.exists():
            self._blocked = True
            self._troubles.append(f"a claimed file cannot be moved: {error.strerror}")
            return
        self._log.info("claim_lost", claim=token)
        self.claims.let_go(held.claim)
        self._forget(token)

    def _forget(self, token: str) -> None:
        self._held.pop(token, None)
        self._settling.forget(token)

    def _take_back_late(self) -> None:
        """Claim again what was written to after it was finished."""
        for entry in self._late.changed(self._monotonic()):
            try:
                claim = self._claimed(entry)
            except OSError as error:
                self._troubles.append(f"a file that was written to late cannot be claimed: {error.strerror}")
                continue
            if claim is not None:
                self._log.info("written_after_end", claim=claim.token)
                self._held[claim.token] = _Held(claim, self._monotonic())

    # The inbox

    def _claim(self) -> None:
        """Claim as many of what was listed as we may hold."""
        queue, troubles = self._listing.queue, self._listing.troubles
        while queue and not self._blocked and len(self._held) < self._rules.claims_at_a_time:
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
            held = self._held[claim.token] = _Held(claim, self._settling.first_seen_s(claim.token))
            # Before the next one is claimed: when the record cannot be written, that one stays where it is.
            self._bring_on(held)

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
        first_s = min([listed.oldest_s, *(held.first_s for held in self._held.values())])
        files = listed.files + len(self._held)
        self._metrics.waiting(files, now_s - first_s if first_s < math.inf else None)


def escaped_office(office: str) -> str:
    """An office as it may stand in a log."""
    return escaped_name(office.encode("utf-8", "surrogateescape"))
