"""From the record through the outbox to each receiver: settled, corrected, withdrawn, and joined in time."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import structlog

from forms.definition import load_library
from forms.identifier import SheetId
from forms.layout import FormLayout, compute_layout
from scanner.delivery.outbox import Outbox, Tally
from scanner.delivery.place import Place
from scanner.delivery.targets import make_target
from scanner.intake.commit import commit_page
from scanner.model.decision import Decision, Verdict
from scanner.model.reading import LineEvidence, LineReading
from scanner.model.score import score_of
from scanner.model.sheet import SheetPurpose
from scanner.record import MissingReason, NewSheet, Record
from scanner.settings_delivery import DeliverySettings, OutboxRules
from scanner.settings_receivers import FhirSettings, OpenFitSettings, RedcapSettings
from tests.delivery.fhir_double import FhirDouble
from tests.delivery.openfit_office import CLIENT, HEADER
from tests.delivery.openfit_validator import complaints
from tests.delivery.redcap_double import RedcapDouble
from tests.delivery.redcap_project import dictionary
from tests.delivery.serving import serving
from tests.record.builders import PRINTED_AT, READER, measured, result, scan

SESSION = SheetPurpose(
    case="A-1042", session=3, session_date=date(2026, 11, 30), subject="client", rater="self", unit="North"
)
PLACES = (61.9, 47.7, 71.2, 55.1)


@cache
def layout(instrument: str) -> FormLayout:
    return compute_layout(load_library()[instrument], "fi")


class Practice:
    """A record with one session in it, and a run of the outbox at any time."""

    def __init__(self, record: Record, home: Path) -> None:
        self.record = record
        self.home = home

    def printed(self, instrument: str) -> str:
        new = NewSheet(
            sheet_id=SheetId.new().text,
            instrument=instrument,
            version=1,
            language="fi",
            layout=layout(instrument),
            purpose=SESSION,
        )
        self.record.register([new], printed_at=PRINTED_AT, actor="anna")
        return new.sheet_id

    def read(self, sheet_id: str, places: Sequence[float] = PLACES) -> None:
        known = self.record.find(sheet_id)
        assert known is not None
        lines = []
        items = load_library()[known.instrument].items
        for number, (item, place) in enumerate(zip(items, places, strict=True), 1):
            reading = LineReading(item.key, number, place, (), measured(LineEvidence, length_ratio=1.0))
            lines.append(Decision(reading, Verdict.ACCEPTED, score_of(place), (), None))
        page = result(sheet_id, lines, digest=scan(self.record, f"{sheet_id}.pdf"))
        commit_page(self.record, page, reader_version=READER)

    def void(self, sheet_id: str) -> None:
        self.record.void(sheet_id, reason="torn", actor="anna")

    def correct(self, sheet_id: str, item: str, value: Decimal | MissingReason) -> None:
        self.record.decide(sheet_id, item, value, actor="bertil", seen_revision=1)

    def deliver(self, settings: DeliverySettings) -> Tally:
        log = structlog.wrap_logger(
            structlog.ReturnLogger(), processors=[structlog.processors.JSONRenderer()]
        )
        with closing(make_target("out", settings, self.record)) as target:
            box = Outbox(
                self.record,
                target,
                Place(self.home),
                OutboxRules(),
                log,
                actor="cli/anna",
                stop=threading.Event(),
            )
            return box.run(hurry=True)


@pytest.fixture
def practice(record: Record, tmp_path: Path) -> Practice:
    return Practice(record, tmp_path)


def test_openfit_gets_a_session_when_both_sheets_are_settled(practice: Practice, tmp_path: Path) -> None:
    key_file = tmp_path / "key.csv"
    key_file.write_text(f"{HEADER}\n{CLIENT}\n", encoding="utf-8")
    out = tmp_path / "openfit"
    settings = OpenFitSettings(kind="openfit", folder=out, key_file=key_file)
    ors, srs = practice.printed("ors"), practice.printed("srs")

    practice.read(ors)
    assert practice.deliver(settings).delivered == 0, "it waits for the SRS"
    practice.read(srs)
    assert practice.deliver(settings).delivered == 2
    practice.correct(ors, "social", Decimal("12.3"))
    assert practice.deliver(settings).delivered == 1
    practice.correct(srs, "goals", MissingReason.BLANK)
    assert practice.deliver(settings).delivered == 0
    practice.void(ors)
    assert practice.deliver(settings).rejected == 1
    assert practice.deliver(settings) == Tally()

    files = sorted(out.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)
    assert [complaints(path.read_bytes()) for path in files] == [[], []]
    rows = [row for path in files for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))]
    assert [(row["ORSQ3"], row["SRSQ2"]) for row in rows] == [("7.1", "4.8"), ("1.2", "4.8")]
    [listed] = (out / "exceptions").glob("*.csv")
    reasons = [row["reason"] for row in csv.DictReader(io.StringIO(listed.read_text(encoding="utf-8")))]
    assert len(reasons) == 2
    assert "by hand (void)" in reasons[0]
    assert "partly answered (no value on line 2)" in reasons[1]


def test_a_fhir_server_gets_every_state_once(practice: Practice) -> None:
    double = FhirDouble()
    sheet = practice.printed("ors")
    states = []
    with serving(double.answer) as server:
        url = f"http://{server.address}/fhir"
        settings = FhirSettings(kind="fhir", url=url, system="https://jana.example/id")
        practice.read(sheet)
        changes: list[Callable[[], None]] = [
            lambda: None,
            lambda: practice.correct(sheet, "social", MissingReason.REFUSED),
            lambda: practice.void(sheet),
        ]
        for change in changes:
            change()
            assert practice.deliver(settings).delivered == 1
            total = double.one("Observation").get("valueQuantity", {}).get("value")
            states.append((double.one("QuestionnaireResponse")["status"], total))
        assert practice.deliver(settings) == Tally()
    assert states == [("completed", 23.6), ("amended", None), ("entered-in-error", None)]
    assert len(double.all("Provenance")) == 3


def test_a_redcap_project_gets_a_correction_to_blank(practice: Practice, tmp_path: Path) -> None:
    double = RedcapDouble(dictionary(), "t0ken")
    token_file = tmp_path / "token"
    token_file.write_text("t0ken")
    token_file.chmod(0o600)
    sheet = practice.printed("ors")
    practice.read(sheet)
    with serving(double.answer) as server:
        url = f"http://{server.address}/redcap/api/"
        settings = RedcapSettings(kind="redcap", url=url, token_file=token_file, record="session")
        assert practice.deliver(settings).delivered == 1
        record = double.records["A-1042:3:client:self"]
        assert (record["ors_social"], record["ors_total"]) == ("7.1", "23.6")
        practice.correct(sheet, "social", MissingReason.ILLEGIBLE)
        assert practice.deliver(settings).delivered == 1
        assert (record["ors_social"], record["ors_social_why"], record["ors_total"]) == ("", "illegible", "")
        practice.void(sheet)
        assert practice.deliver(settings).delivered == 1
        assert (record["ors_withdrawn"], record["ors_individual"]) == ("void", "")
