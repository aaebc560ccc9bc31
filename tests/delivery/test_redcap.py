"""A REDCap project over real HTTP, made from our own data dictionary, and files for its import page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.definition import load_library
from scanner.delivery.redcap import Redcap, RedcapFiles
from scanner.delivery.redcap_dictionary import write_dictionary
from scanner.delivery.redcap_fields import SheetFields, record_name, row_of
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Rejected, SettledSheet, Unanswered, Withdrawal
from scanner.settings_receivers import RedcapSettings
from scanner.texts import texts
from tests.delivery.redcap_double import RedcapDouble
from tests.delivery.serving import (
    DoubleServer,
    Fault,
    HangsUp,
    LosesReply,
    Response,
    Says,
    TakesTwice,
    serving,
)
from tests.delivery.settled import corrected, settled, withdrawn
from tests.record.builders import QUICK

TOKEN = "9A81268476645C4E5F03428B8AC3AA7B"  # noqa: S105 — of the double
ORS = settled()
SRS = settled("J1KCCX8ME2FVCHYR20", "srs", ("8.8", "9.0", "9.1", "9.3"))
RECORD = "A-1042:3:client:self"


@cache
def dictionary(language: str = "en") -> str:
    out = io.StringIO(newline="")
    write_dictionary(load_library(()).values(), "record_id", language, texts(language), out)
    return out.getvalue()


@pytest.fixture
def double() -> RedcapDouble:
    return RedcapDouble(dictionary(), TOKEN)


@pytest.fixture
def server(double: RedcapDouble) -> Iterator[DoubleServer]:
    with serving(double.answer) as running:
        yield running


@contextmanager
def target_of(server: DoubleServer, folder: Path, **changes: Any) -> Iterator[Redcap]:
    token_file = folder / "token"
    token_file.write_text(TOKEN)
    token_file.chmod(0o600)
    url = f"http://{server.address}/redcap/api/"
    values = {"kind": "redcap", "url": url, "token_file": token_file, "timeout_s": 5}
    with closing(Redcap("study", RedcapSettings.model_validate({**values, **changes}))) as made:
        yield made


@pytest.fixture
def target(server: DoubleServer, tmp_path: Path) -> Iterator[Redcap]:
    with target_of(server, tmp_path) as made:
        yield made


@pytest.fixture
def by_session(server: DoubleServer, tmp_path: Path) -> Iterator[Redcap]:
    with target_of(server, tmp_path, record="session") as made:
        yield made


def deliver(target: Redcap, *sheets: SettledSheet) -> list[object]:
    return list(target.deliver("b1", sheets))


def test_sheets_arrive_in_one_call_with_all_that_is_known(
    target: Redcap, double: RedcapDouble, server: DoubleServer
) -> None:
    assert deliver(target, ORS, SRS) == [Acknowledged(ORS.sheet_id), Acknowledged(SRS.sheet_id)]

    assert double.records[ORS.sheet_id] == {
        "record_id": "J13TW9QK5T7RKBQRC0",
        "case_ref": "A-1042",
        "session": "3",
        "session_date": "2026-11-30",
        "subject": "client",
        "rater": "self",
        "unit": "North",
        "ors_individual": "6.2",
        "ors_individual_why": "",
        "ors_interpersonal": "4.8",
        "ors_interpersonal_why": "",
        "ors_social": "7.1",
        "ors_social_why": "",
        "ors_overall": "5.5",
        "ors_overall_why": "",
        "ors_total": "23.6",
        "ors_withdrawn": "",
        "ors_sheet": "J13TW9QK5T7RKBQRC0",
        "ors_version": "1",
        "ors_language": "fi",
        "ors_form_version": "1",
        "ors_read_at": "2026-11-30 09:15:00",
        "ors_settled_at": "2026-11-30 14:05:07",
        "ors_reader": "0.1.0",
        "ors_complete": "2",
    }
    [request] = server.requests
    asked = parse_qs(request.body.decode())
    assert asked["overwriteBehavior"] == ["overwrite"]
    assert (asked["type"], asked["forceAutoNumber"]) == (["flat"], ["false"])
    assert "token" not in request.path


def test_a_correction_to_blank_really_blanks(target: Redcap, double: RedcapDouble) -> None:
    deliver(target, ORS)
    deliver(target, corrected(ORS, social="refused"))
    record = double.records[ORS.sheet_id]
    assert (record["ors_social"], record["ors_social_why"], record["ors_total"]) == ("", "refused", "")
    deliver(target, corrected(corrected(ORS, social="refused"), social="0.0"))
    assert (record["ors_social"], record["ors_social_why"], record["ors_total"]) == ("0.0", "", "16.5")


def test_the_double_would_notice_the_other_way(
    double: RedcapDouble, server: DoubleServer, tmp_path: Path
) -> None:
    """With `normal` a blank is passed over: the test above tests something."""
    with target_of(server, tmp_path) as target:
        deliver(target, ORS)
        request = server.requests[0]
        ignoring = request.body.replace(b"=overwrite", b"=normal").replace(b"%226.2%22", b"%22%22")
        double.answer(type(request)(request.method, request.path, request.headers, ignoring))
    assert double.records[ORS.sheet_id]["ors_individual"] == "6.2"


@pytest.mark.parametrize("why", Withdrawal)
def test_a_withdrawal_leaves_no_value(target: Redcap, double: RedcapDouble, why: Withdrawal) -> None:
    deliver(target, ORS)
    assert deliver(target, withdrawn(ORS, why)) == [Acknowledged(ORS.sheet_id)]
    record = double.records[ORS.sheet_id]
    kept = {name: record[name] for name in record if name.startswith("ors_") and record[name]}
    assert not any(name in kept for name in ("ors_individual", "ors_social", "ors_overall", "ors_total"))
    assert (record["ors_withdrawn"], record["ors_complete"], record["ors_version"]) == (why.value, "0", "2")
    assert bool(record["case_ref"]) == (why is not Withdrawal.WRONG_PERSON)


@pytest.mark.parametrize(
    "fault", [HangsUp(), LosesReply(), TakesTwice()], ids=lambda fault: type(fault).__name__
)
def test_lost_and_doubled_messages_arrive_once(
    target: Redcap, double: RedcapDouble, server: DoubleServer, fault: Fault
) -> None:
    server.faults.append(fault)
    try:
        answers = deliver(target, ORS, SRS)
    except TargetDownError:
        answers = deliver(target, ORS, SRS)
    assert [type(answer) for answer in answers] == [Acknowledged] * 2
    assert list(double.records) == [ORS.sheet_id, SRS.sheet_id]


@pytest.mark.parametrize("errors_as_200", [False, True])
def test_one_bad_row_of_many_is_found_and_the_others_get_in(tmp_path: Path, *, errors_as_200: bool) -> None:
    double = RedcapDouble(dictionary(), TOKEN, errors_as_200=errors_as_200)
    foreign = settled("J1F", "lass", ("1.0", "2.0", "3.0"))  # the project has other items
    with serving(double.answer) as server, target_of(server, tmp_path) as target:
        answers = deliver(target, ORS, foreign, SRS)
        assert len(server.requests) == 4

    assert [type(answer) for answer in answers] == [Acknowledged, Rejected, Acknowledged]
    assert "lass_one" in str(answers[1])
    assert list(double.records) == [ORS.sheet_id, SRS.sheet_id]


def test_it_goes_down_while_the_bad_row_is_looked_for(
    target: Redcap, double: RedcapDouble, server: DoubleServer
) -> None:
    foreign = settled("J1F", "lass", ("1.0", "2.0", "3.0"))
    server.faults.extend([None, None, Says(Response(500))])
    answers = deliver(target, ORS, foreign, SRS)
    assert [type(answer) for answer in answers] == [Acknowledged, Unanswered, Unanswered]


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (Response(403, b'{"error": "You do not have permissions to use the API"}'), "answers 403"),
        (Response(200, b'{"error": "You do not have permissions to use the API"}'), "refuses us"),
        (Response(301, headers={"Location": "https://elsewhere.example/"}), "look at url"),
        (Response(200, b"<html>REDCap is undergoing maintenance</html>"), "nothing that REDCap would say"),
        (Response(200, b""), "nothing that REDCap would say"),
        (Response(200, b'["another"]'), "does not say that it stored"),
        (Response(200, b'{"count": 1}'), "does not say that it stored"),
        (Response(200, b"2"), "does not say that it stored"),
        (Response(500, b"oops"), "answers 500"),
        (Response(503, headers={"Retry-After": "60"}), "answers 503"),
        (Response(400, b"<html>a proxy</html>"), "nothing that REDCap would say"),
    ],
)
def test_what_is_about_the_server_is_about_all_sheets(
    target: Redcap, server: DoubleServer, response: Response, said: str
) -> None:
    server.faults.append(Says(response))
    with pytest.raises(TargetDownError, match=said) as down:
        deliver(target, ORS, SRS)
    assert TOKEN not in str(down.value)
    assert down.value.retry_after_s == (60 if response.status == 503 else None)


def test_a_count_is_an_answer_too(target: Redcap, server: DoubleServer) -> None:
    server.faults.append(Says(Response(200, b'{"count": 2}')))
    assert all(isinstance(answer, Acknowledged) for answer in deliver(target, ORS, SRS))


def test_a_session_is_one_record(by_session: Redcap, double: RedcapDouble) -> None:
    mothers = settled("J1M", "ors", ("1.0",) * 4, rater="mother")
    answers = deliver(by_session, ORS, SRS, mothers)
    assert answers == [Acknowledged(RECORD), Acknowledged(RECORD), Acknowledged("A-1042:3:client:mother")]
    record = double.records[RECORD]
    assert (record["ors_sheet"], record["srs_sheet"]) == (ORS.sheet_id, SRS.sheet_id)
    assert (record["ors_total"], record["srs_total"]) == ("23.6", "36.2")

    deliver(by_session, corrected(ORS, social=None))
    assert (record["ors_social"], record["srs_total"]) == ("", "36.2")


def test_a_second_sheet_of_a_kind_overwrites_nothing(by_session: Redcap, double: RedcapDouble) -> None:
    again = settled("J1AGAIN", values=("1.0",) * 4)
    assert [type(answer) for answer in deliver(by_session, ORS, again)] == [Rejected] * 2
    deliver(by_session, ORS)
    [answer] = deliver(by_session, again)
    assert isinstance(answer, Rejected)
    assert ORS.sheet_id in answer.reason
    assert double.records[RECORD]["ors_total"] == "23.6"


def test_after_a_withdrawal_another_sheet_takes_the_place(by_session: Redcap, double: RedcapDouble) -> None:
    again = settled("J1AGAIN", values=("1.0",) * 4)
    deliver(by_session, ORS)
    answers = deliver(by_session, withdrawn(ORS), again)
    assert [type(answer) for answer in answers] == [Acknowledged] * 2
    assert double.records[RECORD]["ors_sheet"] == "J1AGAIN"
    # Late, or for the second time: what stands there now is not its own.
    assert isinstance(deliver(by_session, withdrawn(ORS))[0], Acknowledged)
    assert double.records[RECORD]["ors_total"] == "4.0"

    deliver(by_session, withdrawn(again))
    assert [type(answer) for answer in deliver(by_session, ORS)] == [Acknowledged]
    assert double.records[RECORD]["ors_total"] == "23.6"


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (settled(case=None), "not bound"),
        (settled(session=None), "none is made up"),
        (settled(rater=None), "who filled it in"),
        (settled(case="x" * 101), "longer than 100"),
    ],
)
def test_sheets_without_a_session_are_refused_where_it_is_the_record(
    by_session: Redcap, target: Redcap, sheet: SettledSheet, said: str
) -> None:
    assert said in (by_session.refuses(sheet) or "")
    assert target.refuses(sheet) is None


def test_a_project_without_our_fields_is_said(
    server: DoubleServer, double: RedcapDouble, tmp_path: Path
) -> None:
    del double.fields["ors_withdrawn"]
    with (
        target_of(server, tmp_path, record="session") as target,
        pytest.raises(TargetDownError, match="data dictionary"),
    ):
        deliver(target, ORS)


parts = st.none() | st.text("aA-1:~%/ .ä", min_size=1, max_size=6)


@QUICK
@given(st.lists(st.tuples(parts, st.integers(1, 30), parts), min_size=2, max_size=2, unique=True))
def test_records_of_different_sessions_have_different_names(
    known: list[tuple[str | None, int, str | None]],
) -> None:
    one, two = (
        record_name(settled(case=case, session=session, subject=subject), "session")
        for case, session, subject in known
    )
    assert one != two or {(a or "", b, c or "") for a, b, c in known} == {
        (known[0][0] or "", known[0][1], known[0][2] or "")
    }
    assert not set(one) - set("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-:~.")


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_the_dictionary_has_every_field_of_every_form(language: str) -> None:
    project = RedcapDouble(dictionary(language), TOKEN)
    for instrument in load_library(()).values():
        items = tuple(item.key for item in instrument.items)
        assert set(SheetFields(instrument.code, items).all()) <= set(project.fields)
    rows = list(csv.DictReader(io.StringIO(dictionary(language))))
    assert len({row["Form Name"] for row in rows}) == 1 + len(load_library(()))
    assert [row["Variable / Field Name"] for row in rows if row["Identifier?"] == "y"] == [
        "case_ref",
        "subject",
    ]


def test_rows_have_no_field_that_the_dictionary_lacks(double: RedcapDouble) -> None:
    for sheet in (ORS, SRS, withdrawn(ORS), settled(values=(None,) * 4)):
        row = row_of(sheet, "sheet", "record_id")
        assert set(row) - {f"{sheet.instrument}_complete"} <= set(double.fields)


def test_files_for_the_import_page(tmp_path: Path, double: RedcapDouble) -> None:
    settings = RedcapSettings(kind="redcap", folder=tmp_path / "out")
    target = RedcapFiles("study", settings)
    answers = target.deliver("b1", [ORS, SRS, corrected(settled("J1C"), social=None)])
    path = tmp_path / "out" / "study-b1.csv"

    assert answers == [Acknowledged("study-b1.csv")] * 3
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [row["record_id"] for row in rows] == [ORS.sheet_id, SRS.sheet_id, "J1C"]
    assert not any(double._wrong(dict(row)) for row in rows)
    assert (rows[2]["ors_social"], rows[2]["ors_social_why"]) == ("", "blank")
    assert path.stat().st_mode & 0o777 == 0o600

    path.write_text("imported already")
    target.deliver("b1", [ORS])
    assert path.read_text() == "imported already"


def test_a_file_holds_no_formula(tmp_path: Path) -> None:
    target = RedcapFiles("study", RedcapSettings(kind="redcap", folder=tmp_path))
    assert "case" in (target.refuses(settled(case="=1+1")) or "")
    assert target.refuses(ORS) is None
