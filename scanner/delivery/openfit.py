"""OpenFIT's flat-file import: a file for each batch, and beside it a list of what could not be in it.

Names come from the organisation's key file and go into the file, nowhere else. The list is put down before
the file: when the file is there, the batch is done, and asking again reads the answers from the list.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scanner.delivery.dropped_file import drop, is_there, take_away
from scanner.delivery.openfit_joining import Joined, Places, SessionLook, join, waits_for
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
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`look` tells which other sheets a session has; `now` gives the time in UTC."""
        self.name = name
        self.at_once = settings.at_once
        self._settings = settings
        self._places = Places(settings.ors, settings.srs)
        self._look = look
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

    def waits(self, sheet: SettledSheet) -> str | None:
        """What a sheet should wait for before it is put into a batch; None: it may go."""
        if sheet.withdrawn is not None or self.refuses(sheet) is not None:
            return None
        patience = timedelta(hours=self._settings.wait_for_partner_h)
        return waits_for(sheet, self._places, self._look, self._now(), patience)

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
        """Write `<name>-<batch_id>.csv`, and `exceptions/<name>-<batch_id>.csv` for the rest."""
        path = self._settings.folder / f"{self.name}-{batch_id}.csv"
        listed = self._settings.folder / "exceptions" / path.name
        if is_there(path):
            return _answers(sheets, _listed(listed), path)
        joined, exceptions = self._prepared(sheets)
        if exceptions:
            drop(listed, _exceptions_csv(sheets, exceptions).encode())
        else:
            # Of an earlier try that got no further; the file must not be read beside it.
            take_away(listed)
        rows = [each.row for each in joined if isinstance(each.row, OpenFitRow)]
        if rows:
            drop(path, self._encoded(rows))
        return _answers(sheets, exceptions, path)

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
        joined = join(standing, self._places, self._look, people, sessions)
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


def _exceptions_csv(sheets: Sequence[SettledSheet], exceptions: Mapping[str, str]) -> str:
    """Without names: the people who mend them know the case."""
    lines = [_line(EXCEPTIONS)]
    for sheet in sheets:
        if sheet.sheet_id in exceptions:
            known = [csv_cell(getattr(sheet, column)) for column in EXCEPTIONS[:-1]]
            lines.append(_line([*known, csv_cell(exceptions[sheet.sheet_id])]))
    return "".join(f"{line}\n" for line in lines)


def _listed(path: Path) -> dict[str, str]:
    """What an earlier try at this batch put on the list."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["sheet_id"]: row["reason"] for row in csv.DictReader(file)}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TargetDownError(f"{path} cannot be read: {error.strerror}.") from error


def _shown(cells: Sequence[str]) -> list[str]:
    return ["***" if name in HIDDEN else cell for name, cell in zip(COLUMNS, cells, strict=True)]


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
