"""What every receiver of results has to be able to do. The outbox knows no more of it than this.

The outbox calls `refuses` for each sheet before anything is sent, and `deliver` with those that
were not refused. It has written down beforehand, for good, which sheets go out in which batch; so
after a crash and after `TargetDownError` the same batch comes again, with the same `batch_id`, the
same sheets in the same order, and equal contents. A sheet that was `Unanswered` comes again in a later
batch, as long as no newer version has taken its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from scanner.errors import JanaError
from scanner.model.delivery import Answer, SettledSheet


class TargetDownError(JanaError):
    """Nothing is known of the whole batch: the target was not reached, or answered nonsense.

    The text says why, for a person. It must not hold a secret or anything of a client.
    """

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s
        """When the target said when to come back; None: the outbox's own back-off."""


class Target(Protocol):
    """A receiver. Made once for a run, used by one thread."""

    @property
    def name(self) -> str:
        """What the settings call it: `[delivery.<name>]`."""

    @property
    def at_once(self) -> int:
        """The most sheets that it takes in one batch; at least 1."""

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Why this sheet can never be delivered here as it is, in plain words; None: it can.

        For what is known without asking anybody: an unbound sheet, an instrument that the target does
        not know. Asked again for every new version. A withdrawn version is handed in only when an
        earlier version may have arrived, and should rarely be refused.
        """

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """What each sheet should wait for before it is put into a batch, in order; None: it may go.

        Asked again after a minute or so. Called in a transaction: it may look at the record, once for all
        of them, and nowhere else.
        """

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """What `deliver` would send for these, as lines of text, without sending or changing anything."""

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Send a batch; one answer for each sheet, in order.

        `batch_id` is 16 letters and digits, unique for good. Must do nothing a second time for a
        (sheet_id, version) that the target has already. Raises TargetDownError when nothing is known of
        any of them; a lost connection half-way is that too. Anything else that it raises ends the run.
        """

    def take_stock(self) -> None:
        """After a run that changed something: bring up to date what is kept beside the deliveries, such as
        a list of what could not be among them. Raises TargetDownError; it is called again then."""

    def close(self) -> None:
        """Let go of connections. Never fails."""
