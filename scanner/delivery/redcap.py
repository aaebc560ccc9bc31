"""A REDCap project: pushed to its API, or put down as files for its import page."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence

from scanner.delivery.dropped_file import put_before, put_once
from scanner.delivery.http import Server
from scanner.delivery.redcap_api import BadDataError, RedcapApi
from scanner.delivery.redcap_fields import MAX_RECORD, Row, merged, record_name, row_of
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet, Unanswered
from scanner.settings_receivers import RedcapSettings
from scanner.texts.cells import FORMULA_STARTS

_Answers = dict[int, Answer]
"""By the sheet's place in the batch."""


class RedcapFiles:
    """A `Target` that writes one import file for each batch."""

    def __init__(self, name: str, settings: RedcapSettings) -> None:
        if settings.folder is None:
            raise ValueError("files need a folder")
        self.name = name
        self.at_once = settings.at_once
        self._settings = settings
        self._folder = settings.folder

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Texts that a spreadsheet would take for a formula: they are written as they are or not at all."""
        texts = {"case": sheet.case, "subject": sheet.subject, "unit": sheet.unit}
        bad = [name for name, text in texts.items() if text is not None and text.startswith(FORMULA_STARTS)]
        return f"its {', '.join(bad)} begins as a formula does" if bad else None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """For nothing."""
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """The file."""
        return self._csv(sheets).splitlines()

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Write `<name>-<batch_id>.csv`, unless an earlier try did."""
        path = self._folder / f"{self.name}-{batch_id}.csv"
        if put_before(path) is None:
            put_once(path, self._csv(sheets).encode())
        return [Acknowledged(path.name)] * len(sheets)

    def take_stock(self) -> None:
        """Nothing is kept beside."""

    def close(self) -> None:
        """Nothing is held open."""

    def _csv(self, sheets: Sequence[SettledSheet]) -> str:
        """Columns of all instruments in the batch; the cells of the others are empty in a sheet's row.

        REDCap overwrites with blanks only what the row's own record has, and a record is one sheet.
        """
        rows = [row_of(sheet, "sheet", self._settings.record_field) for sheet in sheets]
        columns = list(merged(rows))
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()


class Redcap:
    """A `Target` that imports through the API."""

    def __init__(self, name: str, settings: RedcapSettings) -> None:
        """Raises SettingsError for certificates that cannot be used."""
        if settings.url is None or settings.token_file is None:
            raise ValueError("the API needs a url and a token_file")
        self.name = name
        self.at_once = settings.at_once
        self._settings = settings
        self._server = Server(
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            certificate=settings.client_certificate,
            key=settings.client_key,
        )
        self._api = RedcapApi(self._server, settings.url, settings.token_file, settings.record_field)

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Where a record is a session: sheets that belong to none."""
        if self._settings.record == "sheet":
            return None
        if sheet.case is None:
            return "it is not bound to a case"
        if sheet.session is None:
            return "it has no session number, and none is made up"
        if sheet.rater is None:
            return "it is not known who filled it in"
        if len(self._record(sheet)) > MAX_RECORD:
            return f"the name of its record would be longer than {MAX_RECORD} characters"
        return None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """For nothing."""
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """Field by field."""
        for sheet in sheets:
            for field, value in self._row(sheet).items():
                yield f"{field}={value}"
            yield ""

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Import all records in one call; where REDCap refuses that, each by itself."""
        answers: _Answers = {}
        records = self._by_record(sheets, answers)
        if records:
            try:
                self._put(list(records.values()), sheets, answers)
            except BadDataError as error:
                self._one_by_one(records, sheets, answers, error)
        return [answers[at] for at in range(len(sheets))]

    def take_stock(self) -> None:
        """Nothing is kept beside."""

    def close(self) -> None:
        self._server.close()

    def _row(self, sheet: SettledSheet) -> Row:
        return row_of(sheet, self._settings.record, self._settings.record_field)

    def _record(self, sheet: SettledSheet) -> str:
        return record_name(sheet, self._settings.record)

    def _put(
        self, records: Sequence[Sequence[int]], sheets: Sequence[SettledSheet], answers: _Answers
    ) -> None:
        self._api.put([merged([self._row(sheets[at]) for at in places]) for places in records])
        for places in records:
            answers |= {at: Acknowledged(self._record(sheets[at])) for at in places}

    def _one_by_one(
        self,
        records: dict[str, list[int]],
        sheets: Sequence[SettledSheet],
        answers: _Answers,
        error: BadDataError,
    ) -> None:
        """One bad row makes REDCap refuse all: find it, and let the others in."""
        if len(records) == 1:
            answers |= {at: Rejected(str(error)) for places in records.values() for at in places}
            return
        down: TargetDownError | None = None
        for places in records.values():
            try:
                if down is None:
                    self._put([places], sheets, answers)
            except BadDataError as bad:
                answers |= {at: Rejected(str(bad)) for at in places}
            except TargetDownError as error_now:
                if not answers:
                    raise
                down = error_now
            if down is not None:
                answers |= {at: Unanswered(str(down)) for at in places}

    def _by_record(self, sheets: Sequence[SettledSheet], answers: _Answers) -> dict[str, list[int]]:
        """Places of the sheets by record, without those that another sheet stands in the way of."""
        records: dict[str, list[int]] = defaultdict(list)
        for at, sheet in enumerate(sheets):
            records[self._record(sheet)].append(at)
        if self._settings.record == "sheet":
            return records
        there = self._stand_there(list(records), sheets)
        free: dict[str, list[int]] = defaultdict(list)
        for record, places in records.items():
            for at in places:
                answer = _in_the_way(sheets[at], there.get(record, {}), [sheets[other] for other in places])
                if answer is None:
                    free[record].append(at)
                else:
                    answers[at] = answer
        return free

    def _stand_there(self, records: Sequence[str], sheets: Sequence[SettledSheet]) -> dict[str, Row]:
        """Which sheets are in these records already."""
        codes = sorted({sheet.instrument for sheet in sheets})
        try:
            return self._api.get(
                records, [f"{code}_{name}" for code in codes for name in ("sheet", "withdrawn")]
            )
        except BadDataError as error:
            raise TargetDownError(
                f"the project has not all our fields ({error}): import the data dictionary again"
            ) from error


def _in_the_way(sheet: SettledSheet, there: Row, batch: Sequence[SettledSheet]) -> Answer | None:
    """Two sheets of one kind by one rater in one session: neither overwrites the other."""
    alike = [other for other in batch if other.instrument == sheet.instrument]
    leaving = [other.sheet_id for other in alike if other.withdrawn is not None]
    rivals = [
        other.sheet_id for other in alike if other.withdrawn is None and other.sheet_id != sheet.sheet_id
    ]
    holder = there.get(f"{sheet.instrument}_sheet", "")
    taken = holder and holder != sheet.sheet_id and not there.get(f"{sheet.instrument}_withdrawn")
    if sheet.withdrawn is not None:
        # Where another one stands, or is about to, nothing of this sheet is left to take back.
        return Acknowledged(f"{holder if taken else rivals[0]} stands there") if taken or rivals else None
    if rivals:
        return Rejected(f"the session has more than one {sheet.instrument} ({', '.join(rivals)} too)")
    if taken and holder not in leaving:
        return Rejected(f"the session has {sheet.instrument} of another sheet already, {holder}")
    return None
