"""The record's methods about delivery: the outbox of each target, and where every sheet has got to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scanner.model.delivery import Answer, SessionSheet, SettledSheet
from scanner.model.scope import EVERYTHING, Scope
from scanner.record import accounted, deliveries, delivery_leases, delivery_status, reconcile, versions
from scanner.record.accounted import AccountedSheet, Figure
from scanner.record.counts import Counts, counts
from scanner.record.database import Transaction
from scanner.record.deliveries import Batch
from scanner.record.delivery_leases import Lease
from scanner.record.delivery_status import TargetStatus
from scanner.record.opened import OpenedRecord
from scanner.record.reconcile import ReconcileRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a target's batches are put together."""

    at_once: int
    refuses: Callable[[SettledSheet], str | None]
    waits: Callable[[Sequence[SettledSheet]], Sequence[str | None]]
    pause_s: Callable[[int], float]
    """Seconds to leave a sheet, or the target, after so many times without an answer."""


class DeliveryMethods(OpenedRecord):
    """Each is one transaction. Those with a lease raise LeaseLostError when another process has it."""

    def hold_target(self, lease: Lease, lease_s: float, *, alone: bool) -> bool:
        """Take the lease on a target; see `delivery_leases.hold`."""
        return self.write(lambda tx: delivery_leases.hold(tx, lease, lease_s, alone=alone))

    def renew_target(self, lease: Lease, lease_s: float) -> None:
        """Keep the lease."""
        self.write(lambda tx: delivery_leases.renew(tx, lease, lease_s))

    def let_target_go(self, lease: Lease) -> None:
        self.write(lambda tx: delivery_leases.let_go(tx, lease))

    def hurry_target(self, lease: Lease) -> None:
        """Whatever waits for another try is due now."""
        self.write(lambda tx: delivery_leases.hurry(tx, lease))

    def target_rests_until(self, lease: Lease) -> datetime | None:
        """Until when a target is left alone; None when it is not."""
        return self.write(lambda tx: delivery_leases.rests_until(tx, lease))

    def enrol(self, lease: Lease) -> int:
        """Put what the target has not seen into its outbox; how many versions."""
        return self.write(lambda tx: deliveries.enrol(tx, lease))

    def next_batch(
        self,
        lease: Lease,
        sending: Sending,
        *,
        batch_id: str,
        actor: str,
        finished: tuple[Batch, Sequence[Answer]] | None = None,
    ) -> Batch | None:
        """Write down the answers to a batch, if there is one, and what is sent next; None: nothing."""

        def work(tx: Transaction) -> Batch | None:
            if finished is not None:
                deliveries.finish(tx, lease, *finished, pause_s=sending.pause_s, actor=actor)
            return deliveries.begin(
                tx,
                lease,
                batch_id=batch_id,
                at_once=sending.at_once,
                refuses=sending.refuses,
                waits=sending.waits,
                actor=actor,
            )

        return self.write(work)

    def finish_batch(
        self, lease: Lease, sending: Sending, batch: Batch, answers: Sequence[Answer], *, actor: str
    ) -> None:
        """Write down the answers to a batch, and begin no other."""
        self.write(
            lambda tx: deliveries.finish(tx, lease, batch, answers, pause_s=sending.pause_s, actor=actor)
        )

    def target_went_down(
        self, lease: Lease, batch: Batch | None, why: str, pause_s: Callable[[int], float]
    ) -> datetime:
        """Write down that a target does not answer; until when it rests."""
        return self.write(lambda tx: deliveries.went_down(tx, lease, batch, why, pause_s))

    def retry_delivery(self, target: str, sheet_ids: Sequence[str], *, actor: str) -> int:
        """Put what was rejected or undeliverable in line again; see `deliveries.retry`."""
        return self.write(lambda tx: deliveries.retry(tx, target, sheet_ids, actor=actor))

    def undelivered(self, target: str, limit: int) -> tuple[SettledSheet, ...]:
        """What the next run would look at for a target, in its order, the first so many; for a preview."""
        return self.look(lambda connection: delivery_status.undelivered(connection, target, limit))

    def target_status(self, targets: Sequence[str]) -> Mapping[str, TargetStatus]:
        """How the work for each of these targets stands."""
        return self.look(lambda connection: delivery_status.status(connection, targets))

    def versions_of(self, sheet_id: str) -> tuple[SettledSheet, ...]:
        """All versions of one sheet, oldest first."""
        return self.look(lambda connection: versions.versions_of(connection, sheet_id))

    def sheets_of_sessions(
        self, sessions: Collection[tuple[str, int]]
    ) -> Mapping[tuple[str, int], Sequence[SessionSheet]]:
        """The sheets of sessions, each a case and a number, as they are now; void ones left out."""
        return self.look(lambda connection: versions.of_sessions(connection, sessions))

    def refused_by(self, target: str) -> tuple[tuple[SettledSheet, str], ...]:
        """What a target has rejected, or could not take, of the sheets as they stand; and why."""
        return self.look(lambda connection: delivery_status.refused(connection, target))

    def reconcile(
        self,
        targets: Sequence[str],
        *,
        by_unit: bool = False,
        by_day: bool = False,
        scope: Scope = EVERYTHING,
    ) -> tuple[ReconcileRow, ...]:
        """Where every printed sheet within the scope has got to; see `reconcile.reconcile`."""
        return self.look(
            lambda connection: reconcile.reconcile(
                connection, targets, by_unit=by_unit, by_day=by_day, scope=scope
            )
        )

    def reconcile_with_counts(
        self, targets: Sequence[str], *, by_unit: bool = False, by_day: bool = False
    ) -> tuple[tuple[ReconcileRow, ...], Counts]:
        """The same, and the figures of the whole record at that moment, pages among them."""
        return self.look(
            lambda connection: (
                reconcile.reconcile(connection, targets, by_unit=by_unit, by_day=by_day),
                counts(connection),
            )
        )

    def reconciled_sheets(
        self, targets: Sequence[str], figure: Figure, *, scope: Scope = EVERYTHING
    ) -> Iterator[AccountedSheet]:
        """The sheets behind a figure; see `accounted.listed`."""
        with self._database.reading() as connection:
            yield from accounted.listed(connection, targets, figure, scope)
