"""A FHIR server over real HTTP: what arrives, what is answered, and what is made of every kind of trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.delivery.fhir import Fhir
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Rejected, SettledSheet, Unanswered
from scanner.settings_receivers import FhirSettings
from tests.delivery.fhir_double import FhirDouble
from tests.delivery.serving import (
    DoubleServer,
    Fault,
    HangsUp,
    LetsGo,
    LosesReply,
    NeverAnswers,
    Request,
    Response,
    Says,
    TakesTwice,
    serving,
)
from tests.delivery.settled import corrected, settled, withdrawn

TOKEN = "eyJ.made-up.token"
ORS = settled()
SRS = settled("J1KCCX8ME2FVCHYR20", "srs", ("8.8", "9.0", "9.1", "9.3"))
LASS = settled("J1LASS", "lass", ("1.0", "2.0", "3.0"))


@pytest.fixture
def double() -> FhirDouble:
    return FhirDouble(TOKEN)


@pytest.fixture
def server(double: FhirDouble) -> Iterator[DoubleServer]:
    with serving(double.answer) as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def target(server: DoubleServer, token_file: Path) -> Iterator[Fhir]:
    with target_of(server, token_file) as made:
        yield made


@contextmanager
def target_of(server: DoubleServer, token_file: Path, **changes: Any) -> Iterator[Fhir]:
    values = {
        "kind": "fhir",
        "url": f"http://{server.address}/fhir/",
        "system": "https://jana.example/id",
        "token_file": token_file,
    }
    with closing(Fhir("region", FhirSettings.model_validate({**values, **changes}))) as made:
        yield made


def deliver(target: Fhir, *sheets: SettledSheet) -> list[object]:
    return list(target.deliver("b1", sheets))


def test_what_arrives_and_what_is_said_of_it(target: Fhir, double: FhirDouble, server: DoubleServer) -> None:
    answers = deliver(target, ORS, SRS)

    assert [type(answer) for answer in answers] == [Acknowledged] * 2
    responses = double.all("QuestionnaireResponse")
    assert [one["identifier"]["value"] for one in responses] == [ORS.sheet_id, SRS.sheet_id]
    first = responses[0]
    assert answers[0] == Acknowledged(f"QuestionnaireResponse/{first['id']}/_history/1")
    assert double.all("Observation")[0]["derivedFrom"] == [
        {"reference": f"QuestionnaireResponse/{first['id']}"}
    ]
    assert double.all("Provenance")[0]["target"][0]["reference"] == f"QuestionnaireResponse/{first['id']}"
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {TOKEN}"}
    assert {request.headers["accept"] for request in server.requests} == {"application/fhir+json"}


def test_the_same_again_changes_nothing(target: Fhir, double: FhirDouble) -> None:
    first = deliver(target, ORS, SRS)
    history = json.dumps(double.history)
    assert deliver(target, ORS, SRS) == first
    assert json.dumps(double.history) == history


def test_corrections_and_withdrawals_replace_what_was_there(target: Fhir, double: FhirDouble) -> None:
    second = corrected(ORS, social=None)
    statuses = []
    for sheet in (ORS, second, withdrawn(second)):
        [answer] = deliver(target, sheet)
        assert isinstance(answer, Acknowledged)
        response, total = double.one("QuestionnaireResponse"), double.one("Observation")
        statuses.append((response["status"], total["status"], "valueQuantity" in total))
    assert statuses == [
        ("completed", "final", True),
        ("amended", "amended", False),
        ("entered-in-error", "entered-in-error", False),
    ]
    assert len(double.all("Provenance")) == 3
    assert "answer" not in double.one("QuestionnaireResponse")["item"][2]


@pytest.mark.parametrize(
    "fault", [HangsUp(), LosesReply(), TakesTwice()], ids=lambda fault: type(fault).__name__
)
def test_lost_and_doubled_messages_arrive_once(
    target: Fhir, double: FhirDouble, server: DoubleServer, fault: Fault
) -> None:
    server.faults.extend([None, fault])
    answers = deliver(target, ORS, SRS)
    assert isinstance(answers[0], Acknowledged)
    if any(isinstance(answer, Unanswered) for answer in answers):
        answers = deliver(target, ORS, SRS)

    assert [type(answer) for answer in answers] == [Acknowledged] * 2
    assert [len(double.all(kind)) for kind in double.stored] == [2, 2, 2]
    assert all(len(versions) == 1 for versions in double.history.values())


def body_of(server: DoubleServer, at: int = -1) -> Request:
    """A request that got stuck on the way, to be let go later."""
    return [request for request in server.requests if request.method == "POST"][at]


def test_a_late_old_request_overwrites_nothing_newer(
    target: Fhir, double: FhirDouble, server: DoubleServer
) -> None:
    """We gave it up long ago; something on the way held it back and lets it go when newer ones are there."""
    second = corrected(ORS, social="1.5")
    third = corrected(second, social="9.9")
    server.faults.append(HangsUp())  # the first version, held back
    with pytest.raises(TargetDownError):
        deliver(target, ORS)
    stuck = [body_of(server)]
    deliver(target, second)
    server.faults.extend([None, None, HangsUp()])  # the third, held back after both searches
    with pytest.raises(TargetDownError):
        deliver(target, third)
    stuck.append(body_of(server))
    fourth = corrected(third, social="2.5")
    assert isinstance(deliver(target, fourth)[0], Acknowledged)

    for late in stuck:
        double.answer(late)

    assert double.one("QuestionnaireResponse")["item"][2]["answer"] == [{"valueDecimal": 2.5}]
    assert double.one("Observation")["valueQuantity"]["value"] == float(fourth.total or 0)
    assert [one["meta"]["tag"][0]["code"] for one in double.all("Provenance")].count(third.key) == 0


def test_an_old_version_that_arrives_while_we_look_is_replaced_the_next_time(
    target: Fhir, double: FhirDouble, server: DoubleServer
) -> None:
    server.faults.append(HangsUp())
    with pytest.raises(TargetDownError):
        deliver(target, ORS)
    first = body_of(server)
    second = corrected(ORS, social="1.5")
    server.faults.extend([None, LetsGo(first)])  # between the searches and the transaction

    assert isinstance(deliver(target, second)[0], Unanswered)
    assert isinstance(deliver(target, second)[0], Acknowledged)
    assert double.one("QuestionnaireResponse")["item"][2]["answer"] == [{"valueDecimal": 1.5}]
    assert double.one("QuestionnaireResponse")["status"] == "amended"


def test_what_is_there_in_this_version_is_not_sent_again(
    target: Fhir, double: FhirDouble, server: DoubleServer
) -> None:
    second = corrected(ORS, social="1.5")
    deliver(target, ORS)
    server.faults.extend([None, None, LosesReply()])
    with pytest.raises(TargetDownError):
        deliver(target, second)
    server.requests.clear()
    assert isinstance(deliver(target, second)[0], Acknowledged)
    assert {request.method for request in server.requests} == {"GET"}
    assert len(double.history[f"QuestionnaireResponse/{double.one('QuestionnaireResponse')['id']}"]) == 2


def test_two_resources_for_one_sheet_are_for_a_person(target: Fhir, double: FhirDouble) -> None:
    deliver(target, ORS)
    [(key, twin)] = double.stored["QuestionnaireResponse"].items()
    double.stored["QuestionnaireResponse"][f"{key}0"] = twin
    [answer] = deliver(target, corrected(ORS, social="1.5"))
    assert answer == Rejected("the server has 2 of QuestionnaireResponse with this identifier")


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(200, b"<html>log in</html>"), Unanswered),
        (
            Response(500, b'{"resourceType": "OperationOutcome", "issue": [{"code": "exception"}]}'),
            Unanswered,
        ),
        (Response(400, b'{"resourceType": "OperationOutcome", "issue": [{"code": "invalid"}]}'), Rejected),
    ],
)
def test_a_search_that_fails_sends_nothing(
    target: Fhir, double: FhirDouble, server: DoubleServer, response: Response, kind: type
) -> None:
    deliver(target, ORS)
    server.faults.append(Says(response))
    assert isinstance(deliver(target, corrected(ORS, social="1.5"))[0], kind)
    assert double.one("QuestionnaireResponse")["status"] == "completed"


def test_a_rejected_sheet_holds_up_no_other(target: Fhir, double: FhirDouble, server: DoubleServer) -> None:
    issue = {
        "severity": "error",
        "code": "business-rule",
        "details": {"text": "The patient\nhas \x1b[31mmoved"},
        "diagnostics": None,
    }
    outcome = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()
    server.faults.extend([Says(Response(422, outcome)), None])

    answers = deliver(target, ORS, SRS)

    assert answers[0] == Rejected("The patient has [31mmoved")
    assert isinstance(answers[1], Acknowledged)
    assert len(double.all("QuestionnaireResponse")) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, b'{"resourceType": "OperationOutcome", "issue": [{"code": "conflict"}]}'),
        (412, b'{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "two match"}]}'),
        (500, b'{"resourceType": "OperationOutcome", "issue": [{"code": "exception"}]}'),
        (400, b"<html>a proxy's page</html>"),
        (400, b""),
        (200, b"<html>log in here</html>"),
        (200, b""),
        (200, b'{"resourceType": "Bundle", "type": "searchset", "entry": []}'),
        (200, b'{"resourceType": "Bundle", "type": "transaction-response", "entry": []}'),
        (
            200,
            b'{"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": '
            b'"400"}}, {"response": {"status": "200"}}, {"response": {"status": "200"}}]}',
        ),
        (200, b'{"resourceType": "Bundle", "type": "transaction-response", "entry": [1, null, "x"]}'),
        (200, b"[" * 100_000),
    ],
)
def test_nonsense_and_conflicts_are_asked_again(
    target: Fhir, double: FhirDouble, server: DoubleServer, status: int, body: bytes
) -> None:
    server.faults.append(Says(Response(status, body)))
    first, second = deliver(target, ORS, SRS)
    assert isinstance(first, Unanswered)
    assert isinstance(second, Acknowledged)
    assert all(isinstance(answer, Acknowledged) for answer in deliver(target, ORS, SRS))
    assert len(double.all("QuestionnaireResponse")) == 2


@pytest.mark.parametrize(
    ("response", "said", "retry_after_s"),
    [
        (Response(401), "look at url and token_file", None),
        (Response(403), "look at url and token_file", None),
        (Response(404), "look at url and token_file", None),
        (Response(307, headers={"Location": "https://elsewhere.example/fhir"}), "redirects are not", None),
        (Response(502, b"bad gateway"), "answers 502", None),
        (Response(503, headers={"Retry-After": "120"}), "answers 503", 120.0),
        (Response(429, headers={"Retry-After": "7"}), "answers 429", 7.0),
        (Response(429, headers={"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}), "answers 429", 0.0),
        (Response(429, headers={"Retry-After": "soon"}), "answers 429", None),
    ],
)
def test_what_is_about_the_server_is_about_all_sheets(
    target: Fhir, server: DoubleServer, response: Response, said: str, retry_after_s: float | None
) -> None:
    server.faults.append(Says(response))
    with pytest.raises(TargetDownError, match=said) as down:
        deliver(target, ORS, SRS)
    assert down.value.retry_after_s == retry_after_s
    assert TOKEN not in str(down.value)
    assert len(server.requests) == 1


def test_a_server_that_goes_down_half_way_keeps_what_is_known(target: Fhir, server: DoubleServer) -> None:
    server.faults.extend([None, Says(Response(503))])
    answers = deliver(target, ORS, SRS, LASS)
    assert [type(answer) for answer in answers] == [Acknowledged, Unanswered, Unanswered]
    assert len(server.requests) == 2


def test_a_redirect_is_not_followed_with_the_token(target: Fhir, server: DoubleServer) -> None:
    with serving(FhirDouble().answer) as elsewhere:
        where = {"Location": f"http://{elsewhere.address}/fhir"}
        server.faults.append(Says(Response(308, headers=where)))
        with pytest.raises(TargetDownError):
            deliver(target, ORS)
        assert elsewhere.requests == []


def test_silence_and_endless_answers_have_an_end(server: DoubleServer, token_file: Path) -> None:
    with target_of(server, token_file, timeout_s=0.3) as target:
        server.faults.append(NeverAnswers(server))
        with pytest.raises(TargetDownError, match="no answer within"):
            deliver(target, ORS)
        endless = Response(200, b"{", {"Content-Length": "100000"}, endless=True)
        server.faults.append(Says(endless))
        with pytest.raises(TargetDownError, match=r"within 0\.3 s"):
            deliver(target, ORS)
        server.faults.append(Says(Response(200, b" " * (9 * 1024**2))))
        with pytest.raises(TargetDownError, match=r"does not end|within"):
            deliver(target, ORS)


def test_a_server_that_is_not_there(token_file: Path) -> None:
    with serving(FhirDouble().answer) as gone:
        pass
    with target_of(gone, token_file) as target, pytest.raises(TargetDownError, match="not reached"):
        deliver(target, ORS)


def test_a_token_that_is_missing_or_open_to_all_stops_before_anything_is_sent(
    target: Fhir, server: DoubleServer, token_file: Path
) -> None:
    token_file.chmod(0o644)
    with pytest.raises(TargetDownError, match="chmod"):
        deliver(target, ORS)
    token_file.chmod(0o600)
    token_file.write_text("two words")
    with pytest.raises(TargetDownError, match="no token") as down:
        deliver(target, ORS)
    assert "two words" not in str(down.value)
    token_file.unlink()
    with pytest.raises(TargetDownError, match="cannot be read"):
        deliver(target, ORS)
    assert server.requests == []


def test_a_renewed_token_is_used_at_once(target: Fhir, double: FhirDouble, token_file: Path) -> None:
    deliver(target, ORS)
    double.token = "another"
    with pytest.raises(TargetDownError, match="who are you"):
        deliver(target, SRS)
    token_file.write_text("another")
    assert isinstance(deliver(target, SRS)[0], Acknowledged)


def test_unbound_sheets_are_refused_and_unknown_people_rejected(
    server: DoubleServer, token_file: Path, tmp_path: Path
) -> None:
    people = tmp_path / "key.csv"
    people.write_text("case,subject,reference\nA-1042,client,Patient/17\n")
    with target_of(server, token_file, subject="key_file", key_file=people) as target:
        assert target.refuses(settled(case=None)) == "it is not bound to a case"
        assert target.refuses(ORS) is None
        answers = deliver(target, ORS, settled("J1X", subject="nobody"))
        assert isinstance(answers[0], Acknowledged)
        assert answers[1] == Rejected("the key file does not have this person")
        people.unlink()
        with pytest.raises(TargetDownError, match=r"key\.csv cannot be read"):
            deliver(target, ORS)


def test_a_preview_is_the_transaction_and_sends_nothing(target: Fhir, server: DoubleServer) -> None:
    shown = json.loads("\n".join(target.preview([ORS])))
    assert shown["entry"][0]["resource"]["identifier"]["value"] == ORS.sheet_id
    assert server.requests == []
