"""Which sheets a meeting takes when nobody names them. Codes of instruments, in the order of printing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRules:
    """By the age band of the case. The ages are those for which the scales were made; whoever has other
    forms, or no wish for one of these, says so in the settings."""

    adult: tuple[str, ...] = ("ors", "srs")
    """For a grown-up client, and for whoever fills in sheets about themselves beside a child."""

    adolescent: tuple[str, ...] = ("ors", "srs")
    """For a client from 13 on, and for those who rate him or her."""

    child: tuple[str, ...] = ("cors", "csrs")
    """For a client from 6 to 12."""

    beside_child: tuple[str, ...] = ("cors", "srs")
    """For grown-ups who rate such a child: the child's own form, so that the curves can be laid side by
    side, and the grown-ups' form on the meeting, which is about how it was for them."""

    on_meeting: tuple[str, ...] = ("srs", "csrs", "gsrs", "cgsrs")
    """Forms on the meeting itself: who gets one among the sheets about themselves gets no second one."""
