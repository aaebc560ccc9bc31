"""Cases and sessions: made when a sheet first names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, bindparam, select, update

from scanner.errors import JanaError
from scanner.model.case import CaseOutcome
from scanner.model.sheet import SheetPurpose
from scanner.record.database import Transaction, in_lots, insert_or_ignore
from scanner.record.schema import case, session


def ensure(connection: Connection, purposes: Iterable[SheetPurpose]) -> dict[str, int]:
    """Make the cases and sessions that are not there yet; from a case's reference to its row.

    A case keeps the unit, and a session the date, under which it was first named. A sheet that
    says otherwise keeps what it says: meetings move, and what stands on the paper is not wrong.
    """
    wanted = [purpose for purpose in purposes if purpose.case is not None]
    cases = _ensure_cases(connection, wanted)
    dates: dict[tuple[int, int], date | None] = {}
    for purpose in wanted:
        if purpose.session is not None:
            key = (cases[str(purpose.case)], purpose.session)
            dates[key] = dates.get(key) or purpose.session_date
    _ensure_sessions(connection, dates)
    return cases


def close(
    tx: Transaction, reference: str, on: date | None, retention_class: str | None, *, actor: str
) -> None:
    """Say when a case was closed (None: it is open again, and so is its outcome) and how long its
    pictures are to be kept.

    A class that it has stays when none is given. Raises JanaError for a case that is not in this record.
    """
    values: dict[str, object] = {"closed": on}
    if on is None:
        values["outcome"] = CaseOutcome.OPEN.value
    if retention_class is not None:
        values["retention_class"] = retention_class
    change = update(case).where(case.c.reference == reference).values(values).returning(case.c.id)
    row = tx.connection.execute(change).first()
    if row is None:
        raise JanaError(f"The case {reference} is not in this record: take it in with `jana case import`.")
    tx.audit(actor, "case.open" if on is None else "case.close", f"case:{row.id}")


def _ensure_sessions(connection: Connection, dates: Mapping[tuple[int, int], date | None]) -> None:
    # In one order, so that two processes that print for the same families do not lock each other out.
    rows = [{"case_id": of, "number": number, "date": dates[of, number]} for of, number in sorted(dates)]
    if rows:
        connection.execute(insert_or_ignore(connection, session), rows)
    dated = [{"of": row["case_id"], "n": row["number"], "day": row["date"]} for row in rows if row["date"]]
    if dated:
        undated = (session.c.case_id == bindparam("of"), session.c.number == bindparam("n"))
        change = update(session).where(*undated, session.c.date.is_(None)).values(date=bindparam("day"))
        connection.execute(change, dated)


def _ensure_cases(connection: Connection, wanted: list[SheetPurpose]) -> dict[str, int]:
    units = {str(purpose.case): purpose.unit for purpose in reversed(wanted)}
    rows = [{"reference": reference, "unit": units[reference]} for reference in sorted(units)]
    if rows:
        connection.execute(insert_or_ignore(connection, case), rows)
    found: dict[str, int] = {}
    for lot in in_lots(sorted(units)):
        query = select(case.c.reference, case.c.id).where(case.c.reference.in_(lot))
        found.update((row.reference, row.id) for row in connection.execute(query))
    return found
