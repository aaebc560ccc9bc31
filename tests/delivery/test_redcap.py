"""A REDCap project over real HTTP, made from our own data dictionary, and files for its import page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from scanner.delivery.redcap import Redcap
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Rejected, Unanswered, Withdrawal
from tests.delivery.redcap_double import RedcapDouble
from tests.delivery.redcap_project import (
    ORS,
    SRS,
    TOKEN,
    deliver,
    dictionary,
    double,
    server,
    target,
    target_of,
)
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

__all__ = ["double", "server", "target"]


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
