"""Printed sheets: registered before the paper exists, looked up by the reader, bound, voided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, insert, select, update

from forms.layout import FormLayout, layout_from_json, layout_to_json
from scanner.errors import JanaError
from scanner.model.delivery import Withdrawal
from scanner.model.sheet import KnownSheet, SheetPurpose
from scanner.record import cases, meetings, waiting_marks
from scanner.record.audit_chain import digest_of
from scanner.record.database import Touch, Transaction, add_if_new, in_lots
from scanner.record.schema import case, event, layout, sheet
from scanner.texts.known_error import known_error

Layouts = dict[int, FormLayout]
"""Layouts that were read already, by their row: thousands of sheets share one, and it never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSheet:
    """A sheet that is about to be printed."""

    sheet_id: str
    """18 characters, without groups."""
    instrument: str
    version: int
    """Of the instrument."""
    language: str
    layout: FormLayout
    purpose: SheetPurpose = field(default_factory=SheetPurpose)


def register(
    tx: Transaction, sheets: Sequence[NewSheet], *, printed_at: datetime, actor: str, once: bool = False
) -> None:
    """Record sheets in the order in which they are printed, all of them or none.

    Raises JanaError when an identifier is in the record already; with `once` also when a meeting has a
    good sheet of the same instrument, subject and rater, and whoever else prints for it has to wait.
    """
    _refuse_known(tx.connection, [new.sheet_id for new in sheets])
    layouts = _ensure_layouts(tx.connection, sheets)
    references = cases.ensure(tx.connection, [new.purpose for new in sheets])
    if once:
        _refuse_twice(tx.connection, sheets)
    rows = [
        {
            "identifier": new.sheet_id,
            "instrument": new.instrument,
            "version": new.version,
            "language": new.language,
            "layout_id": layouts[id(new.layout)],
            "printed_at": printed_at,
            **_purpose_columns(new.purpose, references),
        }
        for new in sheets
    ]
    if rows:
        tx.connection.execute(insert(sheet), rows)
    ids = digest_of([new.sheet_id for new in sheets])
    tx.audit(actor, "sheet.print", "sheets", count=len(rows), ids=ids)


def find(connection: Connection, sheet_id: str, layouts: Layouts) -> KnownSheet | None:
    """The sheet, or None when this record never printed it."""
    read = exists().where(event.c.sheet_id == sheet.c.id).label("read_before")
    row = connection.execute(_known().add_columns(read).where(sheet.c.identifier == sheet_id)).first()
    if row is None:
        return None
    if row.layout_id not in layouts:
        document = connection.scalar(select(layout.c.document).where(layout.c.id == row.layout_id))
        layouts[row.layout_id] = layout_from_json(str(document))
    return KnownSheet(
        sheet_id=row.identifier,
        instrument=row.instrument,
        version=row.version,
        language=row.language,
        layout=layouts[row.layout_id],
        purpose=purpose_of(row),
        void_reason=row.void_reason,
        read_before=bool(row.read_before),
    )


def void(
    tx: Transaction,
    sheet_id: str,
    *,
    reason: str,
    actor: str,
    withdrawal: Withdrawal = Withdrawal.VOID,
) -> None:
    """Take a sheet out of use for good; what was read of it stays, and is taken back where it was delivered.

    Raises JanaError when it is void.
    """
    row = _locked(tx.connection, sheet_id)
    if row.voided_at is not None:
        raise known_error("sheet_void_already", sheet=sheet_id, reason=row.void_reason)
    if not reason.strip():
        raise known_error("void_needs_reason")
    change = {"voided_at": tx.now, "voided_by": actor, "void_reason": reason.strip()}
    tx.connection.execute(update(sheet).where(sheet.c.id == row.id).values(change))
    waiting_marks.voided(tx, row.id)
    tx.touched[row.id] = Touch(actor, withdrawal.value)
    tx.audit(actor, "sheet.void", f"sheet:{sheet_id}")


def bind(tx: Transaction, sheet_id: str, purpose: SheetPurpose, *, actor: str) -> None:
    """Say for whom a sheet of the pool was used.

    What is printed on the sheet already (a rater, say) may be repeated but not changed. Raises
    JanaError for a sheet that is bound, void or unknown, and for a purpose without a case.
    """
    row = _locked(tx.connection, sheet_id)
    if row.voided_at is not None:
        raise known_error("bind_void", sheet=sheet_id, reason=row.void_reason)
    if row.case is not None:
        raise known_error("bind_bound", sheet=sheet_id, case=row.case)
    if purpose.case is None:
        raise known_error("bind_needs_case")
    whole = _joined(sheet_id, purpose_of(row), purpose)
    references = cases.ensure(tx.connection, [whole])
    change = update(sheet).where(sheet.c.id == row.id).values(_purpose_columns(whole, references))
    tx.connection.execute(change)
    tx.touched[row.id] = Touch(actor)
    waiting_marks.bound(tx, row.id)
    tx.audit(actor, "sheet.bind", f"sheet:{sheet_id}")


def purpose_of(row: Row[Any]) -> SheetPurpose:
    """From a row that has `PURPOSE`'s columns."""
    return SheetPurpose(
        case=row.case,
        session=row.session_number,
        session_date=row.session_date,
        subject=row.subject,
        rater=row.rater,
        unit=row.unit,
    )


PURPOSE = (
    case.c.reference.label("case"),
    sheet.c.session_number,
    sheet.c.session_date,
    sheet.c.subject,
    sheet.c.rater,
    sheet.c.unit,
)
"""What a SheetPurpose is made of, in the contract's order; select from `SHEETS`."""

SHEETS = sheet.outerjoin(case, sheet.c.case_id == case.c.id)


def unknown(sheet_id: str) -> JanaError:
    return known_error("sheet_unknown", sheet=sheet_id)


def _known() -> Select[Any]:
    columns = (
        sheet.c[name] for name in ("id", "identifier", "instrument", "version", "language", "layout_id")
    )
    return select(*columns, *PURPOSE, sheet.c.voided_at, sheet.c.void_reason).select_from(SHEETS)


def _locked(connection: Connection, sheet_id: str) -> Row[Any]:
    """The sheet's row; whoever else would change it waits for this transaction."""
    mine = sheet.c.identifier == sheet_id
    if connection.scalar(select(sheet.c.id).where(mine).with_for_update()) is None:
        raise unknown(sheet_id)
    # Read in a statement of its own: the one that waited for the lock would show the case as it was before.
    return connection.execute(_known().where(mine)).one()


def _joined(sheet_id: str, printed: SheetPurpose, added: SheetPurpose) -> SheetPurpose:
    """Both purposes in one, when they do not contradict each other."""
    given = {f.name: getattr(added, f.name) for f in fields(SheetPurpose)}
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        stated = getattr(printed, name)
        if stated is not None and stated != value:
            raise known_error("bind_differs", sheet=sheet_id, name=name, printed=stated, given=value)
    return replace(printed, **given)


def _purpose_columns(purpose: SheetPurpose, references: Mapping[str, int]) -> dict[str, Any]:
    return {
        "case_id": None if purpose.case is None else references[purpose.case],
        "session_number": purpose.session,
        "session_date": purpose.session_date,
        "subject": purpose.subject,
        "rater": purpose.rater,
        "unit": purpose.unit,
    }


def _ensure_layouts(connection: Connection, sheets: Sequence[NewSheet]) -> dict[int, int]:
    """From the identity of each layout object to its row; equal layouts share one."""
    rows: dict[int, int] = {}
    for drawn in {id(new.layout): new.layout for new in sheets}.values():
        document = layout_to_json(drawn)
        digest = hashlib.sha256(document.encode()).hexdigest()
        add_if_new(connection, layout, {"digest": digest, "document": document})
        query = select(layout.c.id).where(layout.c.digest == digest)
        rows[id(drawn)] = connection.execute(query).scalar_one()
    return rows


def _refuse_twice(connection: Connection, sheets: Sequence[NewSheet]) -> None:
    twice = meetings.printed_twice(connection, [(new.instrument, new.purpose) for new in sheets])
    if twice:
        raise JanaError(
            f"Somebody else has just printed sheets for session {twice[0].session} of case {twice[0].case}. "
            "Nothing was printed; call the same command again for those that are missing."
        )


def _refuse_known(connection: Connection, identifiers: Sequence[str]) -> None:
    """The unique constraint is the rule; this only says it in words."""
    for lot in in_lots(identifiers):
        query = select(sheet.c.identifier).where(sheet.c.identifier.in_(lot)).limit(1)
        known = connection.scalar(query)
        if known is not None:
            raise JanaError(f"The sheet {known} is in the record already. No sheet was recorded.")
