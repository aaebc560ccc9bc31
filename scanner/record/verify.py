"""Does the audit hold: is the chain whole, and does it vouch for every event and every version of a sheet?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, select

from scanner.record import events, versions
from scanner.record.audit_chain import GENESIS, Anchor, AuditEntry, entries
from scanner.record.schema import event
from scanner.record.schema_delivery import sheet_version

LOT = 500
"""Entries that are looked at together."""


class AuditTrouble(StrEnum):
    """What can be wrong with an entry, or with the events that it vouches for."""

    MISSING = "the entry is missing"
    DETACHED = "the entry does not continue the one before it"
    CHANGED = "the entry was changed"
    NOT_ANCHORED = "the entry is not the one that the anchor names"
    CUT_OFF = "the chain was cut off here: the anchor names a later entry"
    EVENT_MISSING = "an event that the entry vouches for is missing"
    EVENT_CHANGED = "an event that the entry vouches for was changed"
    EVENT_ADDED = "there are events that no entry vouches for"
    VERSION_MISSING = "a version of a sheet that the entry vouches for is missing"
    VERSION_CHANGED = "a version of a sheet that the entry vouches for was changed"
    VERSION_ADDED = "there are versions of sheets that no entry vouches for"


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first thing that is wrong."""

    sequence: int | None
    """Which entry; None when an event or a version has none."""
    what: AuditTrouble


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What looking through the whole audit came to."""

    entries: int
    head: Anchor | None
    """The end of the chain: keep it somewhere else, and a later check tells whether it was cut off."""
    fault: AuditFault | None
    """None when everything holds."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows that the audit vouches for."""

    table: Table
    unsealed: Callable[[Connection, Sequence[int]], dict[int, tuple[Any, ...]]]
    seal: Callable[[Sequence[tuple[Any, ...]]], str]
    missing: AuditTrouble
    changed: AuditTrouble
    added: AuditTrouble


_KINDS = {
    "events": _Kind(
        event,
        events.unsealed,
        events.seal,
        AuditTrouble.EVENT_MISSING,
        AuditTrouble.EVENT_CHANGED,
        AuditTrouble.EVENT_ADDED,
    ),
    "versions": _Kind(
        sheet_version,
        versions.unsealed,
        versions.seal,
        AuditTrouble.VERSION_MISSING,
        AuditTrouble.VERSION_CHANGED,
        AuditTrouble.VERSION_ADDED,
    ),
}
"""By the word under which an entry names them."""


def verify(connection: Connection, anchor: Anchor | None = None) -> AuditCheck:
    """Recompute every digest of the chain, and of the events and versions that it vouches for.

    With an `anchor` from an earlier check, entries that were cut off since are noticed too.
    """
    count, last = 0, Anchor(0, GENESIS)
    vouched = dict.fromkeys(_KINDS, 0)
    for lot in _lots(entries(connection)):
        found = [_row_fault(connection, kind, lot) for kind in _KINDS]
        fault = _first(_chain_fault(lot, last, anchor), *found)
        if fault is not None:
            return AuditCheck(count, last if count else None, fault)
        count += len(lot)
        for kind in _KINDS:
            vouched[kind] += sum(len(_vouched(entry, kind)) for entry in lot)
        last = Anchor(lot[-1].sequence, lot[-1].digest)
    head = last if count else None
    return AuditCheck(count, head, _end_fault(connection, last, anchor, vouched))


def _chain_fault(lot: Sequence[AuditEntry], before: Anchor, anchor: Anchor | None) -> AuditFault | None:
    sequence, previous = before.sequence, before.digest
    for entry in lot:
        sequence += 1
        if entry.sequence != sequence:
            return AuditFault(sequence, AuditTrouble.MISSING)
        if entry.previous != previous:
            return AuditFault(sequence, AuditTrouble.DETACHED)
        if entry.computed_digest() != entry.digest:
            return AuditFault(sequence, AuditTrouble.CHANGED)
        if anchor and anchor.sequence == sequence and anchor.digest != entry.digest:
            return AuditFault(sequence, AuditTrouble.NOT_ANCHORED)
        previous = entry.digest
    return None


def _row_fault(connection: Connection, kind: str, lot: Sequence[AuditEntry]) -> AuditFault | None:
    """Compare the rows of these entries with what was sealed when they were written."""
    how = _KINDS[kind]
    wanted = [number for entry in lot for number in _vouched(entry, kind)]
    rows = how.unsealed(connection, wanted) if wanted else {}
    for entry in lot:
        numbers = _vouched(entry, kind)
        if not numbers:
            continue
        if any(number not in rows for number in numbers):
            return AuditFault(entry.sequence, how.missing)
        if how.seal([rows[number] for number in numbers]) != json.loads(entry.detail)["seal"]:
            return AuditFault(entry.sequence, how.changed)
    return None


def _end_fault(
    connection: Connection, last: Anchor, anchor: Anchor | None, vouched: Mapping[str, int]
) -> AuditFault | None:
    if last.sequence == 0:  # the making of the record's own schema is the first entry of all
        return AuditFault(1, AuditTrouble.MISSING)
    if anchor is not None and anchor.sequence > last.sequence:
        return AuditFault(last.sequence + 1, AuditTrouble.CUT_OFF)
    for kind, how in _KINDS.items():
        if connection.scalar(select(func.count()).select_from(how.table)) != vouched[kind]:
            return AuditFault(None, how.added)
    return None


def _vouched(entry: AuditEntry, kind: str) -> list[int]:
    """The events, or versions, that an entry vouches for; a damaged entry vouches for none."""
    try:
        detail = json.loads(entry.detail)
    except ValueError:
        return []
    return list(detail.get(kind, ())) if isinstance(detail, dict) else []


def _first(*faults: AuditFault | None) -> AuditFault | None:
    found = [fault for fault in faults if fault is not None]
    return min(found, key=lambda fault: fault.sequence or 0) if found else None


def _lots(stream: Iterable[AuditEntry]) -> Iterator[list[AuditEntry]]:
    iterator = iter(stream)
    while lot := list(islice(iterator, LOT)):
        yield lot
