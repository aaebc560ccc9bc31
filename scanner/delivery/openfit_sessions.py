"""Session numbers in OpenFIT: they count a case's meetings by date, and none is taken twice.

Numbers come from the record alone. Here it is only noticed when one does not fit: to what OpenFIT has
already (a file of its sessions, kept by the organisation), to the case's beginning, or to the other rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from scanner.delivery.openfit_people import case_date
from scanner.delivery.openfit_row import OpenFitRow
from scanner.delivery.organisation_csv import OrganisationFileError, read_table

_Sessions = dict[int, date]
"""Of one case: the day by the number."""


class KnownSessions:
    """What OpenFIT has already."""

    def __init__(self, path: Path | None) -> None:
        """Reads the file, if there is one. Raises OrganisationFileError when it cannot be used."""
        self._cases: dict[str, _Sessions] = defaultdict(dict)
        if path is None:
            return
        for row in read_table(path, ("Case_ID", "Session_ID", "Session_Date")):
            try:
                number, day = int(row.cells["Session_ID"]), date.fromisoformat(row.cells["Session_Date"][:10])
            except ValueError as error:
                raise OrganisationFileError(
                    f"{path}, line {row.line}: Session_ID must be a number and Session_Date a day such as "
                    "2026-11-30."
                ) from error
            self._cases[row.cells["Case_ID"]][number] = day

    def trouble(self, row: OpenFitRow, others: Sequence[OpenFitRow]) -> str | None:
        """Why this row's number cannot stand beside what is there and the other rows of the file."""
        began = case_date(row.client)
        if began is not None and row.session_date < began:
            return (
                f"session {row.session_id} was before the Case_Date in line {row.client.line} of the key file"
            )
        known = self._cases.get(row.client.cells["Case_ID"], {})
        trouble = _collision(row, known)
        if trouble:
            return f"{trouble} in OpenFIT"
        beside = {other.session_id: other.session_date for other in others if other is not row}
        return _out_of_order(row, {**beside, **known})


def _collision(row: OpenFitRow, known: _Sessions) -> str | None:
    """The same number on the same day is the same session, sent again or joined by its other sheet."""
    taken = known.get(row.session_id)
    if taken is not None and taken != row.session_date:
        return f"session {row.session_id} is taken by another day, {taken.isoformat()},"
    twins = [number for number, day in known.items() if day == row.session_date and number != row.session_id]
    if taken is None and twins:
        return f"the day of session {row.session_id} is there already as session {min(twins)}"
    return None


def _out_of_order(row: OpenFitRow, known: _Sessions) -> str | None:
    for number, day in sorted(known.items()):
        if (number < row.session_id and day > row.session_date) or (
            number > row.session_id and day < row.session_date
        ):
            return (
                f"session {row.session_id} on {row.session_date.isoformat()} does not fit to session "
                f"{number} on {day.isoformat()}: OpenFIT counts by date"
            )
    return None
