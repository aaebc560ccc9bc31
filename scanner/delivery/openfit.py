"""OpenFIT's flat-file import: a file for each batch, and beside them the list of what could not be in any.

Names come from the organisation's key file and go into the file, nowhere else. What a batch had to leave out
is in the mark that is set before the file appears (`dropped_file`): asking again gives the same answers,
however the key file has changed and whoever has taken the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scanner.delivery.dropped_file import keep_current, put_before, put_once
from scanner.delivery.openfit_joining import Beside, Joined, Places, SessionLook, join, waits_for
from scanner.delivery.openfit_people import People
from scanner.delivery.openfit_row import CLIENT_COLUMNS, COLUMNS, OpenFitRow, Unfit, questionnaire_of
from scanner.delivery.openfit_sessions import KnownSessions
from scanner.delivery.organisation_csv import OrganisationFileError
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet
from scanner.settings_receivers import OpenFitSettings
from scanner.texts.cells import csv_cell

EXCEPTIONS = ("sheet_id", "version", "instrument", "case", "session", "subject", "rater", "reason")
HIDDEN = tuple(name for name in CLIENT_COLUMNS if name.endswith(("Name", "Email", "Gender")))
"""Columns that a preview does not show."""
_TAKE_BACK = (
    "OpenFIT takes nothing back by a file: take this {name} out of session {session} there by hand ({why})"
)


class OpenFit:
    """A `Target` that writes files for OpenFIT's import."""

    def __init__(
        self,
        name: str,
        settings: OpenFitSettings,
        look: SessionLook,
        refused: Callable[[], Iterable[tuple[SettledSheet, str]]] = lambda: (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`look` tells which other sheets sessions have, `refused` which sheets are not in OpenFIT as they
        stand, and why; `now` gives the time in UTC."""
        self.name = name
        self.at_once = settings.at_once
        self._settings = settings
        self._places = Places(settings.ors, settings.srs)
        self._look = look
        self._refused = refused
        self._now = now

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Unbound sheets, foreign instruments, sheets without a number or day, and partly answered ones."""
        if sheet.instrument not in (*self._places.ors, *self._places.srs):
            return f"OpenFIT has no columns for {sheet.instrument}"
        if sheet.case is None:
            return "it is not bound to a case"
        if sheet.session is None or sheet.session_date is None:
            return "it has no session number or no day, and none is made up"
        if sheet.rater is None:
            return "it is not known who filled it in"
        fits = questionnaire_of(sheet)
        return fits.why if isinstance(fits, Unfit) and sheet.withdrawn is None else None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """What each sheet should wait for before it is put into a batch; None: it may go."""
        patience = timedelta(hours=self._settings.wait_for_partner_h)
        now = self._now()
        patient = [
            sheet
            for sheet in sheets
            if sheet.withdrawn is None and self.refuses(sheet) is None and now - sheet.settled_at < patience
        ]
        beside = Beside(patient, self._look)
        waiting = {sheet.key: waits_for(sheet, self._places, beside) for sheet in patient}
        return [waiting.get(sheet.key) for sheet in sheets]

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """The rows with the names left out, and the exceptions."""
        joined, exceptions = self._prepared(sheets)
        yield ",".join(COLUMNS)
        for each in joined:
            if isinstance(each.row, OpenFitRow):
                yield _line(_shown(each.row.cells(self._settings.skip_style)))
        for sheet_id, reason in exceptions.items():
            yield f"{sheet_id}: {reason}"

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Write `<name>-<batch_id>.csv`, unless an earlier try did."""
        path = self._settings.folder / f"{self.name}-{batch_id}.csv"
        before = put_before(path)
        if before is not None:
            return _answers(sheets, before, path)
        joined, exceptions = self._prepared(sheets)
        rows = [each.row for each in joined if isinstance(each.row, OpenFitRow)]
        put_once(path, self._encoded(rows) if rows else None, exceptions)
        return _answers(sheets, exceptions, path)

    def take_stock(self) -> None:
        """Write `exceptions/<name>.csv`: all that OpenFIT does not have as it stands, and why."""
        listed = self._settings.folder / "exceptions" / f"{self.name}.csv"
        keep_current(listed, _exceptions_csv(self._refused()).encode())

    def close(self) -> None:
        """Nothing is held open."""

    def _prepared(self, sheets: Sequence[SettledSheet]) -> tuple[list[Joined], dict[str, str]]:
        """The rows, and the reason for each sheet that is in none of them."""
        try:
            people = People(self._settings.key_file, self._settings.required)
            sessions = KnownSessions(self._settings.sessions_file)
        except OrganisationFileError as error:
            raise TargetDownError(str(error)) from error
        standing = [sheet for sheet in sheets if sheet.withdrawn is None]
        joined = join(standing, self._places, Beside(standing, self._look), people, sessions)
        exceptions = {
            sheet.sheet_id: _TAKE_BACK.format(
                name=sheet.instrument, session=sheet.session, why=sheet.withdrawn.value.replace("_", " ")
            )
            for sheet in sheets
            if sheet.withdrawn is not None
        }
        for each in joined:
            for sheet in each.sheets:
                reason = self._unencodable(each.row)
                if reason:
                    exceptions[sheet.sheet_id] = reason
        kept = [each for each in joined if not any(s.sheet_id in exceptions for s in each.sheets)]
        return kept, exceptions

    def _unencodable(self, row: OpenFitRow | Unfit) -> str | None:
        if isinstance(row, Unfit):
            return row.why
        try:
            self._encoded([row])
        except UnicodeEncodeError:
            return (
                f"key file, line {row.client.line}: a letter that {self._settings.encoding} does not have; "
                "set encoding"
            )
        return None

    def _encoded(self, rows: Sequence[OpenFitRow]) -> bytes:
        lines = [_line(COLUMNS), *(_line(row.cells(self._settings.skip_style)) for row in rows)]
        return "".join(f"{line}\n" for line in lines).encode(self._settings.encoding)


def _answers(sheets: Sequence[SettledSheet], exceptions: Mapping[str, str], path: Path) -> list[Answer]:
    return [
        Rejected(exceptions[sheet.sheet_id]) if sheet.sheet_id in exceptions else Acknowledged(path.name)
        for sheet in sheets
    ]


def _exceptions_csv(refused: Iterable[tuple[SettledSheet, str]]) -> str:
    """Without names: the people who mend them know the case."""
    lines = [_line(EXCEPTIONS)]
    for sheet, reason in refused:
        known = [csv_cell(getattr(sheet, column)) for column in EXCEPTIONS[:-1]]
        lines.append(_line([*known, csv_cell(reason)]))
    return "".join(f"{line}\n" for line in lines)


def _shown(cells: Sequence[str]) -> list[str]:
    return ["***" if name in HIDDEN else cell for name, cell in zip(COLUMNS, cells, strict=True)]


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
