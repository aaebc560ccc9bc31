"""Which pictures have had their time, and throwing them away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scanner.record import KeptPicture, Record, Terms
from scanner.settings_retention import DEFAULT, UNBOUND, Retention
from scanner.upkeep.kept_scans import KeptScans

Rules = Mapping[str, Retention]


@dataclass(frozen=True, slots=True)
class Purged:
    """What was thrown away, or would be."""

    scans: tuple[str, ...]
    """Hashes of scan files."""
    sheets: tuple[str, ...]
    """Sheets, the pictures of whose lines and pages went."""
    waiting: int
    """Scan files and sheets whose time is over, kept because a line on them waits for a person."""
    unknown: tuple[str, ...]
    """Classes of cases that have no rule; what is of them is kept."""
    pages: tuple[str, ...] = ()
    """Pages that were not read, whose pictures went: hash of the file, and the page's number."""


def due(record: Record, rules: Rules, today: date) -> Purged:
    """What would be thrown away; nothing is changed."""
    scans, sheets, waiting, unknown = [], [], 0, set()
    for file in record.kept_scans():
        unknown |= _unknown(rules, *file.terms)
        if not all(is_over(rules, terms, today, lambda rule: rule.scans_days) for terms in file.terms):
            continue
        if file.in_review:
            waiting += 1
        else:
            scans.append(file.sha256)
    for sheet in record.kept_crops():
        unknown |= _unknown(rules, sheet.terms)
        if not is_over(rules, sheet.terms, today, lambda rule: rule.crops_days):
            continue
        if sheet.in_review:
            waiting += 1
        else:
            sheets.append(sheet.sheet_id)
    pages = tuple(picture.name for picture in _pictures(record, rules, today))
    return Purged(tuple(scans), tuple(sheets), waiting, tuple(sorted(unknown)), pages)


def purge(record: Record, store: KeptScans, rules: Rules, today: date, *, actor: str) -> Purged:
    """Throw away what has had its time, and finish what an earlier purge began.

    Raises DatabaseError or StoreError when the record or the store cannot be written; what was done until
    then is in the audit, and the next purge goes on.
    """
    for sha256 in record.purges_begun():
        _remove(record, store, sha256)
    found = due(record, rules, today)
    scans = []
    for sha256 in found.scans:
        if record.begin_purge(sha256, actor=actor):
            _remove(record, store, sha256)
            scans.append(sha256)
    sheets = [sheet_id for sheet_id in found.sheets if record.purge_crops(sheet_id, actor=actor)]
    over = list(_pictures(record, rules, today))
    pages = tuple(picture.name for picture in over if record.purge_picture(picture, actor=actor))
    return Purged(tuple(scans), tuple(sheets), found.waiting, found.unknown, pages)


def is_over(rules: Rules, terms: Terms, today: date, days_of: Callable[[Retention], int | None]) -> bool:
    """Whether the time of one thing is over: what is open, or has no rule, is kept for good."""
    rule = rules.get(class_of(terms))
    days = None if rule is None else days_of(rule)
    since = terms.closed if terms.bound else terms.read_at.date()
    return days is not None and since is not None and since + timedelta(days=days) <= today


def class_of(terms: Terms) -> str:
    return (terms.retention_class or DEFAULT) if terms.bound else UNBOUND


def _pictures(record: Record, rules: Rules, today: date) -> Iterator[KeptPicture]:
    """Pictures of pages that were not read. Whether somebody has said what they are makes no difference:
    what nobody has missed by then, nobody misses."""
    for picture in record.kept_pictures():
        if is_over(rules, picture.terms, today, lambda rule: rule.crops_days):
            yield picture


def _remove(record: Record, store: KeptScans, sha256: str) -> None:
    store.remove(sha256)
    record.end_purge(sha256)


def _unknown(rules: Rules, *terms: Terms) -> set[str]:
    """Named classes only: that there is no rule for the others is a decision."""
    return {it.retention_class for it in terms if it.bound and it.retention_class} - rules.keys()
