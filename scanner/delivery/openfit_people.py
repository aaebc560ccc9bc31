"""The organisation's key file for OpenFIT: who stands behind a case and a person in it.

Columns: `case`, `subject`, the template's columns about provider, client and case, and optionally `rater`.
A row without a rater is the person's own account, for what they filled in themselves; somebody else's
rating of them needs a row that names this rater, since OpenFIT has one row for a client and a session and
two people's marks are never joined.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from forms.instrument import Rater
from scanner.delivery.openfit_row import CLIENT_COLUMNS, Client, Unfit
from scanner.delivery.organisation_csv import OrganisationFileError, TableRow, read_table
from scanner.model.delivery import SettledSheet
from scanner.texts.cells import FORMULA_STARTS

_Key = tuple[str, str, str]
"""Case, subject, rater; the subject may be empty."""


class People:
    """The key file, for the length of one delivery."""

    def __init__(self, path: Path, required: Sequence[str]) -> None:
        """Reads it. Raises OrganisationFileError when it cannot be used at all."""
        self._required = required
        named = [name for name in CLIENT_COLUMNS if name in required]
        others = [name for name in CLIENT_COLUMNS if name not in required]
        self._rows: dict[_Key, list[TableRow]] = defaultdict(list)
        self._clients: dict[tuple[str, str], set[_Key]] = defaultdict(set)
        for row in read_table(path, ("case", *named), ("subject", "rater", *others)):
            key = row.cells["case"], row.cells["subject"], row.cells["rater"].lower() or Rater.SELF.value
            self._rows[key].append(row)
            self._clients[_client_id(row)].add(key)
        if not self._rows:
            raise OrganisationFileError(f"{path} names nobody: it has no rows under its header.")

    def find(self, sheet: SettledSheet) -> Client | Unfit:
        """Who the sheet is about in OpenFIT, or what is wrong with the key file there, by its lines."""
        if sheet.rater is None:
            return Unfit("it is not known who filled it in")
        key = sheet.case or "", sheet.subject or "", sheet.rater
        rows = self._rows.get(key, [])
        if not rows:
            return Unfit(self._missing(key))
        if len(rows) > 1:
            lines = " and ".join(str(row.line) for row in rows)
            return Unfit(f"the key file has this person more than once, on lines {lines}")
        [row] = rows
        trouble = row.trouble or self._trouble(row) or self._shared(row)
        if trouble:
            return Unfit(f"key file, line {row.line}: {trouble}")
        return Client({name: row.cells[name] for name in CLIENT_COLUMNS}, row.line)

    def _missing(self, key: _Key) -> str:
        case, subject, rater = key
        if rater != Rater.SELF and (case, subject, Rater.SELF) in self._rows:
            return (
                f"the key file has this person, but no row for what the {rater} says of them "
                f"(rater {rater}): OpenFIT keeps each rater apart"
            )
        lines = sorted(row.line for known, rows in self._rows.items() if known[0] == case for row in rows)
        if lines:
            return (
                f"the key file does not have this person; it has others of the case, on line {_list(lines)}"
            )
        return "the key file does not have this case"

    def _trouble(self, row: TableRow) -> str | None:
        empty = [name for name in self._required if not row.cells[name]]
        if empty:
            return f"{', '.join(empty)} is empty"
        # An apostrophe in front would make another name of it, and quotes do not stop a spreadsheet.
        formulas = [name for name in CLIENT_COLUMNS if row.cells[name].startswith(FORMULA_STARTS)]
        if formulas:
            return f"{', '.join(formulas)} begins as a formula does (with = + - or @)"
        if row.cells["Case_Date"] and _day(row.cells["Case_Date"]) is None:
            return "Case_Date must look like 2026-11-30"
        return None

    def _shared(self, row: TableRow) -> str | None:
        others = self._clients[_client_id(row)]
        if len(others) < 2:
            return None
        lines = sorted(other.line for key in others for other in self._rows[key])
        return f"two people have the same Client_ID and Case_ID, on lines {_list(lines)}"


def case_date(client: Client) -> date | None:
    """When the client's case began in OpenFIT, where the key file says so."""
    return _day(client.cells["Case_Date"])


def _client_id(row: TableRow) -> tuple[str, str]:
    return row.cells["Client_ID"], row.cells["Case_ID"]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def _list(lines: Sequence[int]) -> str:
    return ", ".join(str(line) for line in lines)
