"""An office that delivers to OpenFIT: its key file, its folder, and a record that knows its sessions."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from scanner.delivery.openfit import OpenFit
from scanner.model.delivery import Answer, Rejected, SessionSheet, SettledSheet
from scanner.settings_receivers import OpenFitSettings
from tests.delivery.settled import SETTLED_AT

BATCH = "q7h2m9k4c1v8x3z5"
HEADER = (
    "case,subject,rater,Service_Location,Provider_Email,Provider_FirstName,Provider_LastName,Provider_ID,"
    "Client_ID,Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date"
)
CLIENT = "A-1042,client,,North,anna@example.org,Anna,Berg,,C-7,Maija,Meikäläinen,Female,Adult,K-7,2026-09-01"
CHILD = "B-0311,child,,North,anna@example.org,Anna,Berg,P-1,C-8,Kalle,Öhman,Male,Child,K-8,2026-09-01"
MOTHERS_VIEW = CHILD.replace("child,,", "child,mother,").replace("C-8", "C-8-M").replace("K-8", "K-8-M")


class Office:
    """Settings, key file and record of a test."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "openfit"
        self.key_file = folder / "key.csv"
        self.sessions_file = folder / "sessions.csv"
        self.beside: list[SessionSheet] = []
        """What the record has, besides what a test hands in."""
        self.looks = 0
        self.refused: list[tuple[SettledSheet, str]] = []
        """What the record says of sheets that were not delivered."""
        self.now = SETTLED_AT + timedelta(hours=1)
        self.people(CLIENT, CHILD)

    def people(self, *rows: str, header: str = HEADER) -> None:
        self.key_file.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding="utf-8")

    def sessions(self, *rows: str) -> None:
        lines = ("Case_ID,Session_ID,Session_Date", *rows)
        self.sessions_file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def target(self, **changes: Any) -> OpenFit:
        values = {"kind": "openfit", "folder": self.out, "key_file": self.key_file}
        known = {"sessions_file": self.sessions_file} if self.sessions_file.exists() else {}
        settings = OpenFitSettings.model_validate({**values, **known, **changes})
        return OpenFit("helsinki", settings, self.look, lambda: self.refused, lambda: self.now)

    def look(self, sessions: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], list[SessionSheet]]:
        """What stands beside belongs to the session of whatever a test delivers."""
        self.looks += 1
        return dict.fromkeys(sessions, self.beside)

    def has(self, sheet: SettledSheet, *, is_settled: bool = True) -> None:
        """The record has this sheet too, in whichever state."""
        self.beside.append(
            SessionSheet(
                sheet_id=sheet.sheet_id,
                instrument=sheet.instrument,
                subject=sheet.subject,
                rater=sheet.rater,
                settled=sheet if is_settled else None,
            )
        )

    def file(self, batch: str = BATCH) -> Path:
        return self.out / f"helsinki-{batch}.csv"

    def exceptions(self) -> Path:
        return self.out / "exceptions" / "helsinki.csv"

    def delivered(self, sheets: Sequence[SettledSheet], **changes: Any) -> list[Answer]:
        """A batch, and the list brought up to date afterwards, as the outbox does it."""
        target = self.target(**changes)
        answers = list(target.deliver(BATCH, sheets))
        self.refused = [
            (of, it.reason) for of, it in zip(sheets, answers, strict=True) if isinstance(it, Rejected)
        ]
        target.take_stock()
        return answers


def rows_of(path: Path, encoding: str = "utf-8") -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding=encoding))))


def reason(answer: object) -> str:
    """Why a sheet is on the list."""
    assert isinstance(answer, Rejected)
    return answer.reason
