"""The claims that a service has in hand, and how each comes to its end: taken, read by whomever, placed."""

from __future__ import annotations

import math
import stat
from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError
from scanner.model.outcome import RefusalReason
from scanner.record import FinishedFile, Record, escaped_name
from scanner.watch.claims import Claim, Claims
from scanner.watch.finish import Finish
from scanner.watch.keep_going import StoppedError, place_of
from scanner.watch.late import LateWriters
from scanner.watch.listing import Lister
from scanner.watch.metrics import Metrics, Stage
from scanner.watch.settle import Rest, Settling, Signature
from scanner.watch.taking import NoFile, StillWritten, Taken, Taking, UnreadableSourceError

KNOWN_S = 30.0
"""How often it is asked whether the record still knows a file that is being read."""


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


class InHand:
    """For one thread. What is remembered here is convenience: it is found again by looking."""

    def __init__(
        self,
        record: Record,
        claims: Claims,
        taking: Taking,
        settling: Settling,
        lister: Lister,
        late: LateWriters,
        *,
        finish: Finish,
        metrics: Metrics,
        log: FilteringBoundLogger,
        new_to_read: Callable[[], None],
        step: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`new_to_read` is called when there is a file to read; `step` for every claim."""
        self._record = record
        self._claims = claims
        self._taking = taking
        self._settling = settling
        self._lister = lister
        self._late = late
        self._finish = finish
        self._metrics = metrics
        self._log = log
        self._new_to_read = new_to_read
        self._step = step
        self._monotonic = monotonic
        self._held: dict[str, _Held] = {}
        self.troubles: list[str] = []
        """What stands in the way of single files; without their names."""
        self.blocked = False
        """Something is wrong that would be wrong with the next file too: claim no more."""

    def __len__(self) -> int:
        return len(self._held)

    @property
    def claims(self) -> list[Claim]:
        return [held.claim for held in self._held.values()]

    @property
    def pending(self) -> bool:
        """Whether one of them will come to its end by itself."""
        return any(not held.aside for held in self._held.values())

    @property
    def oldest_s(self) -> float:
        """When we met the one that we have had longest; infinite without any."""
        return min((held.first_s for held in self._held.values()), default=math.inf)

    def forget_troubles(self) -> None:
        self.troubles, self.blocked = [], False

    def add(self, claim: Claim, first_s: float) -> None:
        """A claim that is ours; one that we have already stays as it is."""
        self._held.setdefault(claim.token, _Held(claim, first_s))

    def bring_on(self, claim: Claim) -> None:
        """Bring one claim forward as far as it goes now. Raises what is in the way of all."""
        self._bring_on(self._held[claim.token])

    def bring_all_on(self) -> None:
        """Bring every claim forward as far as it goes now. Raises what is in the way of all."""
        for held in list(self._held.values()):
            self._step()
            self._bring_on(held)

    def _bring_on(self, held: _Held) -> None:
        """Bring a claim forward; what stands in its way alone is shown, and others go on."""
        token = held.claim.token
        if held.aside:
            self.troubles.append("a file could not be taken in because of a bug; see the log")
            return
        try:
            if self._advance(held):
                self._forget(token)
        except FileNotFoundError as error:
            self._lost(token, held, error)
        except UnreadableSourceError as error:
            self.troubles.append(f"a claimed file cannot be read: {error.strerror or error}")
        except OSError as error:
            self.blocked = True
            self.troubles.append(f"a claimed file cannot be moved: {error.strerror or error}")
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
            claim.token, claim.path, rest, self.troubles
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
                self._claims.let_go(claim)
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
        self._claims.let_go(claim)
        if held.signature is not None:
            self._late.watch(placed, claim.office, held.signature, self._monotonic())
        self._log.info("finished", claim=claim.token, refused=ended.refusal and ended.refusal.value)

    def _lost(self, token: str, held: _Held, error: FileNotFoundError) -> None:
        """A claim whose file is gone was taken over while we slept; else something of ours is missing."""
        if held.claim.path.is_symlink() or held.claim.path.exists():
            self.blocked = True
            self.troubles.append(f"a claimed file cannot be moved: {error.strerror}")
            return
        self._log.info("claim_lost", claim=token)
        self._claims.let_go(held.claim)
        self._forget(token)

    def _forget(self, token: str) -> None:
        self._held.pop(token, None)
        self._settling.forget(token)


def escaped_office(office: str) -> str:
    """An office as it may stand in a log."""
    return escaped_name(office.encode("utf-8", "surrogateescape"))
