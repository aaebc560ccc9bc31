"""How a watched folder is looked after. Seconds are those of a clock that never goes back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRules:
    """Times and bounds of `jana watch`."""

    settle_s: float = 2.0
    """A file is taken when it has not changed for so long and is whole. Longer: later results. Shorter: a
    writer that pauses is interrupted more often, and its file is taken in a second time when it goes on."""

    settle_limit_s: float = 120.0
    """A file that is not whole is taken all the same when it has not changed for so long; it is then most
    often refused as torn or damaged."""

    rescan_s: float = 1.0
    """How often the folder is listed. Where listing takes long it is done less often: at most a fifth of the
    time goes into it."""

    claims_at_a_time: int = 20
    """Files that are taken in and not yet read. Others wait in the inbox, where everybody can see them."""

    lease_s: float = 120.0
    """Another service's claims are taken over when it has given no sign of life for so long."""

    late_s: float = 300.0
    """So long a file in `done` or `refused` is looked at: one whose writer goes on is taken in again."""

    def __post_init__(self) -> None:
        """Raises ValueError for a time or a number that nothing could work with."""
        for name in ("settle_s", "settle_limit_s", "rescan_s", "lease_s", "claims_at_a_time"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0")
        if self.late_s < 0:
            raise ValueError("late_s must not be less than 0")
        if self.lease_s < LEAST_LEASE_S:
            raise ValueError(f"lease_s must be at least {LEAST_LEASE_S:g}: signs of life are seconds apart")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """Times of those who read from the queue in a central database."""

    heartbeat_s: float = 5.0
    """How often a reader tells the database that it lives."""

    silent_s: float = 20.0
    """A reader that has not been heard of for so long is taken for dead, and its work is given to others.
    Shorter: sooner. Too short: what a slow reader does is done twice, and recorded once."""

    sweep_s: float = 10.0
    """How often each reader looks for the work of dead ones, and for files that the queue has lost."""

    def __post_init__(self) -> None:
        """Raises ValueError for times that nothing could work with."""
        if min(self.heartbeat_s, self.sweep_s) <= 0:
            raise ValueError("heartbeat_s and sweep_s must be more than 0")
        if self.silent_s < 2 * self.heartbeat_s:
            raise ValueError("silent_s must be at least twice heartbeat_s")


LEAST_LEASE_S = 20.0
