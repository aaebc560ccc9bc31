"""One round of taking in: see, settle, claim, store and record, and finish what has been read.

All that must be remembered lies in the inbox and in the record; what this loop remembers beside is
convenience, and is found again by looking. So that a round that is ended anywhere, by whatever, is put
right by the next one, of whichever service.
"""

from __future__ import annotations

import errno
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError
from scanner.intake.scan_store import ScanStore
from scanner.model.outcome import RefusalReason
from scanner.record import FinishedFile, Record, escaped_name
from scanner.settings_watch import WatchRules
from scanner.watch.claims import Claim, Claims
from scanner.watch.completeness import Wholeness, look_inside
from scanner.watch.finish import Finish
from scanner.watch.inbox import Entry, Inbox, Unlisted
from scanner.watch.late import LateWriters
from scanner.watch.metrics import Metrics, Stage
from scanner.watch.settle import Rest, Settling, Signature
from scanner.watch.taking import NoFile, StillWritten, Taken, Taking, UnreadableSourceError

OF_ONE_FILE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY, errno.ETXTBSY, errno.ENAMETOOLONG, errno.ELOOP}
)
"""Errors that are most likely those of one file or folder, and no reason to leave the others alone."""


LISTING_SHARE = 10
"""A pause is so many times as long as the listing before it took."""
LEAST_PAUSE_S = 0.1


class StoppedError(Exception):
    """The service is to stop: leave everything as it is."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to."""

    pause_s: float
    """When to look again, unless something wakes us."""
    rest_s: float
    """When to look again at the earliest: our own moves wake us too, and listing may be costly."""
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
        self._listing_s = 0.0
        self._looked_at_own = False

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
        entries, pending, ripe_in_s = self._see()
        self._take_back_late()
        self._advance_all()
        now_s = self._monotonic()
        self._tell_waiting(entries, now_s)
        rest_s = max(LISTING_SHARE * self._listing_s, LEAST_PAUSE_S)
        pause_s = max(rest_s, min(self._rules.rescan_s, ripe_in_s))
        held = any(not one.aside for one in self._held.values())
        return Round(pause_s, rest_s, tuple(dict.fromkeys(self._troubles)), pending or held)

    # Claims

    def _find_own_claims(self, now_s: float) -> None:
        """What services that ended have left, and what an earlier start of ours was doing."""
        adopted = self.claims.adopt(now_s)
        if adopted:
            self._log.info("claims_adopted", number=adopted)
        if adopted or not self._looked_at_own:
            for claim in self.claims.held():
                self._held.setdefault(claim.token, _Held(claim, now_s))
            self._looked_at_own = True

    def _advance_all(self) -> None:
        for token, held in list(self._held.items()):
            self._step()
            if held.aside:
                self._troubles.append("a file could not be taken in because of a bug; see the log")
                continue
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
            return False
        if Signature.of(held.claim.path.lstat()) != held.signature:
            self._log.info("written_after_claim", claim=held.claim.token)
            held.taken = None
            return False
        self._place(held, ended)
        return True

    def _take(self, held: _Held) -> bool:
        """Take a claim's bytes when the file has come to rest; whether that is done."""
        claim = held.claim
        status = claim.path.lstat()
        signature = Signature.of(status)
        rest = self._settling.observe(claim.token, signature, self._monotonic())
        if rest is Rest.RESTLESS:
            return False
        if stat.S_ISREG(status.st_mode) and not self._is_whole(claim.token, claim.path, rest):
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
                held.taken, held.signature = taken, signature
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
            claim = self.claims.claim(entry)
            if claim is not None:
                self._log.info("written_after_end", claim=claim.token)
                self._held[claim.token] = _Held(claim, self._monotonic())

    # The inbox

    def _see(self) -> tuple[list[Entry], bool, float]:
        """Look at the inbox and claim what is ready: all that lies there, whether something of it will soon
        be ready, and when the next may be."""
        now_s = self._monotonic()
        entries, pending, ripe_in_s = [], False, self._rules.rescan_s
        settled: list[tuple[Entry, Rest]] = []
        for found in self._inbox.entries():
            self._step()
            if isinstance(found, Unlisted):
                self._troubles.append(f"a folder cannot be listed: {found.error.strerror}")
                continue
            entries.append(found)
            rest = self._settling.observe(found.path, found.signature, now_s)
            if rest is not Rest.RESTLESS:
                settled.append((found, rest))
                continue
            pending |= not self._settling.changed(found.path)
            quiet_s = self._settling.quiet_s(found.path, now_s)
            ripe_in_s = min(ripe_in_s, self._rules.settle_s - quiet_s)
        self._listing_s = self._monotonic() - now_s
        self._settling.keep_only([*(entry.path for entry in entries), *self._held])
        return entries, self._claim(self._in_fair_order(settled)) or pending, ripe_in_s

    def _in_fair_order(self, settled: Iterable[tuple[Entry, Rest]]) -> list[tuple[Entry, Rest]]:
        """Oldest first in each office, and every office in its turn, however much another has dropped."""
        by_age = sorted(
            settled,
            key=lambda one: (
                self._settling.first_seen_s(one[0].path),
                one[0].signature.mtime_ns,
                one[0].path,
            ),
        )
        turns = Counter(held.claim.office for held in self._held.values())
        ranked = []
        for place, one in enumerate(by_age):
            ranked.append((turns[one[0].office], place, one))
            turns[one[0].office] += 1
        return [one for _, _, one in sorted(ranked, key=lambda it: it[:2])]

    def _claim(self, settled: list[tuple[Entry, Rest]]) -> bool:
        """Claim as many as we may hold; whether there are more."""
        for entry, rest in settled:
            self._step()
            if self._blocked or len(self._held) >= self._rules.claims_at_a_time:
                return not self._blocked
            if entry.regular and not self._is_whole(entry.path, entry.path, rest):
                continue
            self._make_sure(entry.signature.size_bytes)
            try:
                claim = self.claims.claim(entry)
            except OSError as error:
                if error.errno not in OF_ONE_FILE:
                    raise
                self._troubles.append(f"a file cannot be claimed: {error.strerror}")
                continue
            if claim is not None:
                self._settling.rename(entry.path, claim.token)
                self._held[claim.token] = _Held(claim, self._settling.first_seen_s(claim.token))
        return False

    def _is_whole(self, key: object, path: Path, rest: Rest) -> bool:
        """Whether a settled file is whole, or will never be."""
        if rest is Rest.ABANDONED:
            return True
        whole = self._settling.known_whole(key)
        if whole is None:
            try:
                whole = look_inside(path) is not Wholeness.UNFINISHED
            except FileNotFoundError:
                return False
            except OSError as error:
                self._troubles.append(f"a file cannot be read: {error.strerror}")
                return False
            self._settling.found(key, whole=whole)
        return whole

    def _make_sure(self, size_bytes: int) -> None:
        """Claim nothing that could not be kept or recorded. Raises StoreError or DatabaseError."""
        self._store.make_sure(size_bytes)
        self._record.unfinished(limit=1)

    def _tell_waiting(self, entries: list[Entry], now_s: float) -> None:
        first = [self._settling.first_seen_s(it.path) for it in entries if self._settling.knows(it.path)]
        first += [held.first_s for held in self._held.values()]
        self._metrics.waiting(len(first), now_s - min(first) if first else None)


def escaped_office(office: str) -> str:
    """An office as it may stand in a log."""
    return escaped_name(office.encode("utf-8", "surrogateescape"))


def place_of(error: BaseException) -> str:
    """Kind and place of an error without its message, which may quote a file's name or what is in it."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
