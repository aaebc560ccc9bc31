"""The versions of a sheet: what it held each time that all of its lines were settled, or settled anew.

They follow from the events and from what the sheet is bound to, in the same transaction as these: see
`OpenedRecord.write`. A sheet that goes back to a person keeps its version, because a settled value
stands until that person decides; only when a decision was taken back, so that nothing stands, is the
version withdrawn. The newest version is what a target has to have in the end.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, insert, select

from scanner.model.decision import Status
from scanner.model.delivery import SessionSheet, SettledItem, SettledSheet, Withdrawal
from scanner.record import events
from scanner.record.audit_chain import Draft, canonical, digest_of
from scanner.record.database import Transaction, in_lots
from scanner.record.schema import case, event, outcome, page, reading, scan_file, sheet
from scanner.record.schema_delivery import sheet_version
from scanner.record.sheets import PURPOSE, SHEETS

SEALED = ("sheet_id", "version", "withdrawn", "content", "at", "salt")
"""What the audit vouches for. Fixed: a column that comes later needs a seal of its own."""


def keep(tx: Transaction) -> None:
    """Give every sheet that was touched in this transaction the version that it has come to."""
    for sheet_row, touch in tx.touched.items():
        new = _next(tx.connection, sheet_row, Withdrawal(touch.withdrawal))
        if new is None:
            continue
        new["at"] = tx.now
        ids = _add(tx.connection, [new])
        action = "sheet.settle" if new["withdrawn"] is None else "sheet.withdraw"
        name = json.loads(new["content"])["sheet_id"]
        details = _details(ids, [new])
        tx.audit(touch.actor, action, f"sheet:{name}", version=new["version"], **details)


def add_missing(connection: Connection, now: datetime) -> list[Draft]:
    """Versions for the sheets of an older record that are settled already; the audit has to add what is
    returned."""
    newest = events.is_newest()
    waits = exists().where(event.c.sheet_id == sheet.c.id, event.c.status == Status.REVIEW.value, newest)
    has_one = exists().where(sheet_version.c.sheet_id == sheet.c.id)
    read = exists().where(event.c.sheet_id == sheet.c.id)
    good = select(sheet.c.id).where(sheet.c.voided_at.is_(None), read, ~waits, ~has_one)
    drafts = []
    for lot in in_lots(list(connection.scalars(good.order_by(sheet.c.id)))):
        rows = [_row(of, 1, None, content) | {"at": now} for of, content in _contents(connection, lot)]
        details = _details(_add(connection, rows), rows)
        drafts.append(Draft("jana", "sheet.settle", "sheets", details))
    return drafts


def settled_sheets(connection: Connection, version_rows: Sequence[int]) -> dict[int, SettledSheet]:
    """Versions by their rows."""
    found = {}
    for lot in in_lots(version_rows):
        for row in connection.execute(select(sheet_version).where(sheet_version.c.id.in_(lot))):
            found[row.id] = _settled(row)
    return found


def versions_of(connection: Connection, sheet_id: str) -> tuple[SettledSheet, ...]:
    """All versions of one sheet, oldest first."""
    query = select(sheet_version).join(sheet).where(sheet.c.identifier == sheet_id)
    return tuple(_settled(row) for row in connection.execute(query.order_by(sheet_version.c.version)))


def of_sessions(
    connection: Connection, sessions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], list[SessionSheet]]:
    """The sheets that were printed for, or bound to, sessions (a case and its number), void ones left out."""
    found: dict[tuple[str, int], list[SessionSheet]] = {key: [] for key in sessions}
    for lot in in_lots(sorted({reference for reference, _ in sessions})):
        columns = (case.c.reference, *(sheet.c[name] for name in _OF_SESSION))
        wanted = (case.c.reference.in_(lot), sheet.c.voided_at.is_(None))
        sheets = connection.execute(select(*columns).join(case).where(*wanted).order_by(sheet.c.id)).all()
        # A case may have many more sessions than those that are asked for.
        rows = [row for row in sheets if (row.reference, row.session_number) in found]
        settled = _newest_values(connection, [row.id for row in rows])
        for row in rows:
            found[row.reference, row.session_number].append(
                SessionSheet(
                    sheet_id=row.identifier,
                    instrument=row.instrument,
                    subject=row.subject,
                    rater=row.rater,
                    settled=settled.get(row.id),
                )
            )
    return found


_OF_SESSION = ("id", "identifier", "session_number", "instrument", "subject", "rater")


def _newest_values(connection: Connection, sheet_rows: Sequence[int]) -> dict[int, SettledSheet]:
    """The newest version of each of these sheets, where it was not withdrawn."""
    found = {}
    for lot in in_lots(sheet_rows):
        wanted = (sheet_version.c.sheet_id.in_(lot), sheet_version.c.withdrawn.is_(None), is_newest())
        for row in connection.execute(select(sheet_version).where(*wanted)):
            found[row.sheet_id] = _settled(row)
    return found


@cache
def is_newest() -> ColumnElement[bool]:
    """No later version of the same sheet. They have no gaps, so looking for the next one is enough."""
    later = sheet_version.alias("later_version")
    mine = (later.c.sheet_id == sheet_version.c.sheet_id, later.c.version == sheet_version.c.version + 1)
    return ~exists().where(*mine)


def seal(rows: Sequence[tuple[Any, ...]]) -> str:
    """One digest of several versions; their salts keep scores from being guessed from it."""
    return digest_of([[v.isoformat() if isinstance(v, datetime) else v for v in row] for row in rows])


def _next(connection: Connection, sheet_row: int, why_void: Withdrawal) -> dict[str, Any] | None:
    """The version that a sheet has come to; None when it still has its last one, or none yet."""
    query = select(sheet_version.c.version, sheet_version.c.withdrawn, sheet_version.c.content)
    query = query.where(sheet_version.c.sheet_id == sheet_row).order_by(sheet_version.c.version.desc())
    last = connection.execute(query.limit(1)).first()
    holds = last is not None and last.withdrawn is None
    if connection.scalar(select(sheet.c.voided_at).where(sheet.c.id == sheet_row)) is not None:
        withdrawal: Withdrawal | None = why_void
    else:
        items = events.current(connection, sheet_row)
        waiting = [item for item in items if item.status is Status.REVIEW]
        if items and not waiting:
            ((_, content),) = _contents(connection, [sheet_row])
            if last is not None and holds and last.content == content:
                return None
            return _row(sheet_row, 1 if last is None else last.version + 1, None, content)
        stands = all(item.score is not None or item.missing_reason is not None for item in waiting)
        withdrawal = None if stands else Withdrawal.REOPENED
    if last is None or not holds or withdrawal is None:
        return None
    return _row(sheet_row, last.version + 1, withdrawal, last.content)


def _contents(connection: Connection, sheet_rows: Sequence[int]) -> Iterator[tuple[int, str]]:
    """What these sheets hold now, all lines of which must be settled, as canonical JSON."""
    query = _current().where(sheet.c.id.in_(sheet_rows)).order_by(sheet.c.id, event.c.item_number)
    for sheet_row, items in groupby(connection.execute(query), key=lambda row: row.id):
        yield sheet_row, canonical(_content(list(items)))


@cache
def _current() -> Select[Any]:
    columns = (sheet.c.id, sheet.c.identifier, sheet.c.instrument, sheet.c.version, sheet.c.language)
    values = (event.c[name] for name in ("item", "item_number", "status", *_VALUES, "decided_by"))
    origin = (outcome.c.id.label("outcome"), outcome.c.read_at, outcome.c.reader_version, scan_file.c.sha256)
    return (
        select(*columns, *PURPOSE, *values, *origin)
        .select_from(SHEETS.join(event, event.c.sheet_id == sheet.c.id))
        .join(reading, event.c.reading_id == reading.c.id)
        .join(outcome, reading.c.outcome_id == outcome.c.id)
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .where(events.is_newest())
    )


_VALUES = ("position_um", "score_tenths", "missing_reason")


def _content(items: Sequence[Row[Any]]) -> dict[str, Any]:
    first, newest = items[0], max(items, key=lambda row: row.outcome)
    return {
        "sheet_id": first.identifier,
        "instrument": first.instrument,
        "instrument_version": first.version,
        "language": first.language,
        "case": first.case,
        "session": first.session_number,
        "session_date": None if first.session_date is None else first.session_date.isoformat(),
        "subject": first.subject,
        "rater": first.rater,
        "unit": first.unit,
        "items": [
            {name: getattr(row, name) for name in ("item", "item_number", "status", *_VALUES, "decided_by")}
            for row in items
        ],
        "read_at": newest.read_at.isoformat(),
        "reader_version": newest.reader_version,
        "scan_sha256": newest.sha256,
    }


def _settled(row: Row[Any]) -> SettledSheet:
    """From a row with the table's columns."""
    content = json.loads(row.content)
    day, read_at = content.pop("session_date"), content.pop("read_at")
    items = tuple(_item(item) for item in content.pop("items"))
    scores = [item.score for item in items if item.score is not None]
    return SettledSheet(
        **content,
        version=row.version,
        session_date=None if day is None else date.fromisoformat(day),
        items=items,
        total=sum(scores[1:], scores[0]) if scores and len(scores) == len(items) else None,
        read_at=datetime.fromisoformat(read_at),
        settled_at=row.at,
        withdrawn=None if row.withdrawn is None else Withdrawal(row.withdrawn),
    )


def _item(item: Mapping[str, Any]) -> SettledItem:
    return SettledItem(
        item=item["item"],
        item_number=item["item_number"],
        status=Status(item["status"]),
        # A value that a person took away may have left its place behind.
        position_mm=None if item["score_tenths"] is None else events.position(item["position_um"]),
        score=events.score_value(item["score_tenths"]),
        missing_reason=item["missing_reason"],
        decided_by=item["decided_by"],
    )


def _row(sheet_row: int, version: int, withdrawn: Withdrawal | None, content: str) -> dict[str, Any]:
    return {
        "sheet_id": sheet_row,
        "version": version,
        "withdrawn": None if withdrawn is None else withdrawn.value,
        "content": content,
        "salt": secrets.token_hex(16),
    }


def _add(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    adding = insert(sheet_version).returning(sheet_version.c.id, sort_by_parameter_order=True)
    return list(connection.scalars(adding, rows))


def _details(ids: list[int], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[int] | str]:
    """What the audit must say of new versions, so that it vouches for each."""
    return {"versions": ids, "seal": seal([tuple(row[name] for name in SEALED) for row in rows])}


def unsealed(connection: Connection, wanted: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """What the seals of these versions were made of, as it stands there now."""
    columns = [sheet_version.c[name] for name in SEALED]
    query = select(sheet_version.c.id, *columns).where(sheet_version.c.id.in_(wanted))
    return {row.id: tuple(row)[1:] for row in connection.execute(query)}
