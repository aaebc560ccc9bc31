"""Cases and meetings from a table: compared with the record, then taken over in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, select, update

from scanner.model.case import CaseFacts, CaseRow, SessionFacts
from scanner.record import account_changes, accounts
from scanner.record.audit_chain import digest_of
from scanner.record.case_ledger import CaseImport, Ledger, MeetingKey, Thing
from scanner.record.database import Transaction, in_lots, insert_or_ignore
from scanner.record.meetings import FACTS, PLAN, PLANNED_SESSIONS, facts_of, plan_of
from scanner.record.schema import case, session, sheet
from scanner.record.schema_cases import session_plan
from scanner.texts.row_error import RowError


class RowsInTheWayError(Exception):
    """Nothing was taken, because some rows are wrong. Not for people: whoever asked for all or nothing
    shows what the table would have brought."""

    def __init__(self, brought: CaseImport) -> None:
        super().__init__(f"{len(brought.troubles)} rows")
        self.brought = brought


def weigh(connection: Connection, rows: Sequence[CaseRow]) -> CaseImport:
    """What these rows would bring, without writing anything."""
    return _entered(_load(connection, rows, lock=False), rows)


def take(tx: Transaction, rows: Sequence[CaseRow], *, keep_good: bool, actor: str) -> CaseImport:
    """Write what the rows bring. Raises RowsInTheWayError, and writes nothing, when some of them
    contradict the record or each other, unless only the good ones are to be kept."""
    while True:
        ledger = _load(tx.connection, rows, lock=True)
        brought = _entered(ledger, rows)
        if brought.troubles and not keep_good:
            raise RowsInTheWayError(brought)
        # Somebody else may have made one of them since we looked: then it is not new any more.
        if _insert_cases(tx.connection, brought.new_cases, ledger):
            break
    _update_cases(tx, brought, ledger, actor)
    _write_meetings(tx, brought, ledger, actor)
    for (reference, _), account in sorted(ledger.gifts.items()):
        account_changes.add_case(tx, account.account_id, reference, actor=actor)
    if brought.new_cases or brought.new_sessions:
        counts = {"cases": len(brought.new_cases), "sessions": len(brought.new_sessions)}
        ids = digest_of([list(brought.new_cases), [list(key) for key in brought.new_sessions]])
        tx.audit(actor, "case.import", "cases", **counts, ids=ids)
    return brought


def _entered(ledger: Ledger, rows: Sequence[CaseRow]) -> CaseImport:
    troubles = []
    for row in rows:
        try:
            ledger.enter(row)
        except RowError as error:
            troubles.append(error.at(row.line))
    return ledger.brought(tuple(troubles))


def _load(connection: Connection, rows: Sequence[CaseRow], *, lock: bool) -> Ledger:
    """What the record knows of the cases that the rows name. With `lock` nobody else changes these."""
    references = sorted({row.case for row in rows})
    names = {row.professional for row in rows if row.professional is not None}
    found: list[Any] = []
    for lot in in_lots(references):
        query = select(case.c.id, case.c.reference, *FACTS).where(case.c.reference.in_(lot))
        query = query.order_by(case.c.reference)
        # Sheets may go on being printed for them meanwhile.
        found += connection.execute(query.with_for_update(key_share=True) if lock else query)
    ids = {row.id: row.reference for row in found}
    return Ledger(
        rows={row.reference: row.id for row in found},
        printed=frozenset(ids[of] for of in _with_sheets(connection, list(ids))),
        accounts={name: accounts.by_name(connection, name) for name in sorted(names)},
        cases={row.reference: Thing(facts_of(row), facts_of(row)) for row in found},
        meetings=_meetings(connection, ids),
    )


def _with_sheets(connection: Connection, ids: Sequence[int]) -> Iterable[int]:
    for lot in in_lots(ids):
        printed = exists().where(sheet.c.case_id == case.c.id)
        yield from connection.scalars(select(case.c.id).where(case.c.id.in_(lot), printed))


def _meetings(connection: Connection, ids: dict[int, str]) -> dict[MeetingKey, Thing[SessionFacts]]:
    found = {}
    for lot in in_lots(list(ids)):
        columns = (session.c.case_id, session.c.number, *PLAN)
        query: Select[Any] = select(*columns).select_from(PLANNED_SESSIONS)
        for row in connection.execute(query.where(session.c.case_id.in_(lot))):
            plan = plan_of(row)
            found[ids[row.case_id], row.number] = Thing(plan, plan)
    return found


def _insert_cases(connection: Connection, new: Sequence[str], ledger: Ledger) -> bool:
    """Make the new cases; False, and nothing written, when one of them is there by now."""
    if not new:
        return True
    rows = [{"reference": name, **_stored(ledger.cases[name].after)} for name in new]
    with connection.begin_nested() as savepoint:
        adding = insert_or_ignore(connection, case).returning(case.c.reference)
        made = connection.scalars(adding, rows).all()
        if len(made) < len(new):
            savepoint.rollback()
            return False
    return True


def _update_cases(tx: Transaction, brought: CaseImport, ledger: Ledger, actor: str) -> None:
    changed: dict[str, list[str]] = {}
    for change in brought.changes:
        if change.session is None and change.column != "professional":
            changed.setdefault(change.case, []).append(change.column)
    for name, columns in changed.items():
        row = ledger.rows[name]
        values = _stored(ledger.cases[name].after)
        tx.connection.execute(update(case).where(case.c.id == row).values(values))
        tx.audit(actor, "case.change", f"case:{row}", columns=columns)


def _write_meetings(tx: Transaction, brought: CaseImport, ledger: Ledger, actor: str) -> None:
    """Every meeting that a row names is planned from now on, also when nothing is said of it."""
    numbers = _case_rows(tx.connection, [name for name, _ in ledger.meetings])
    named = [(key, thing) for key, thing in sorted(ledger.meetings.items()) if thing.named]
    for lot in in_lots(named, 200):
        keys = [{"case_id": numbers[name], "number": number} for (name, number), _ in lot]
        tx.connection.execute(insert_or_ignore(tx.connection, session), keys)
        tx.connection.execute(
            insert_or_ignore(tx.connection, session_plan),
            [{"case_id": key["case_id"], "session_number": key["number"]} for key in keys],
        )
    changed: dict[MeetingKey, list[str]] = {}
    for change in brought.changes:
        if change.session is not None:
            changed.setdefault((change.case, change.session), []).append(change.column)
    written = [*brought.new_sessions, *changed]
    facts = [
        _meeting_row(numbers[name], number, ledger.meetings[name, number].after) for name, number in written
    ]
    if facts:
        tx.connection.execute(_DATED, facts)
        tx.connection.execute(_PLANNED, facts)
    for (name, number), columns in changed.items():
        tx.audit(actor, "session.change", f"case:{numbers[name]}", session=number, columns=columns)


_DATED = (
    update(session)
    .where(session.c.case_id == bindparam("of"), session.c.number == bindparam("of_number"))
    .values(date=bindparam("day"))
)
_SAID = ("session_time", "subject", "raters", "own", "instruments", "language")
_PLANNED = (
    update(session_plan)
    .where(session_plan.c.case_id == bindparam("of"), session_plan.c.session_number == bindparam("of_number"))
    .values({name: bindparam(f"said_{name}") for name in _SAID})
)


def _meeting_row(of: int, number: int, facts: SessionFacts) -> dict[str, Any]:
    stored = _stored(facts)
    said = {f"said_{name}": stored[name] for name in _SAID}
    return {"of": of, "of_number": number, "day": stored["session_date"], **said}


def _case_rows(connection: Connection, references: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for lot in in_lots(sorted(set(references))):
        query = select(case.c.reference, case.c.id).where(case.c.reference.in_(lot))
        found.update((row.reference, row.id) for row in connection.execute(query))
    return found


def _stored(facts: CaseFacts | SessionFacts) -> dict[str, Any]:
    """The facts as their columns hold them."""
    values = {one.name: getattr(facts, one.name) for one in fields(facts)}
    return {name: " ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
