"""What is said to a FHIR server: valid R4, one identity per sheet, and the right words for each state."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.provenance import Provenance
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given
from hypothesis import strategies as st

from forms.instrument import Rater
from scanner.delivery.fhir_people import KeyFile, Naming, Pseudonyms, UnknownPersonError
from scanner.delivery.fhir_resources import transaction
from scanner.delivery.fhir_standing import Standing, UnclearError, found
from scanner.delivery.organisation_csv import OrganisationFileError
from scanner.model.delivery import SettledSheet, Withdrawal
from scanner.settings_receivers import FhirSettings
from tests.delivery.fhir_rules import broken
from tests.delivery.settled import corrected, settled, withdrawn
from tests.record.builders import QUICK

SYSTEM = "https://jana.example/id"
SETTINGS = FhirSettings(kind="fhir", url="https://fhir.example/r4", system=SYSTEM)
Parts = tuple[Any, Any, Any]
"""QuestionnaireResponse, Observation, Provenance, as the models made them."""


def parts(sheet: SettledSheet, naming: Naming | None = None) -> Parts:
    """Each resource of the transaction, read by the models; numbers as decimals, so that 8.0 stays 8.0."""
    bundle = transaction(sheet, SETTINGS, naming or Pseudonyms(SYSTEM))
    assert broken(bundle) == []
    text = json.dumps(bundle)
    whole = Bundle.model_validate_json(text)
    assert whole.type == "transaction"
    models: tuple[Any, ...] = (QuestionnaireResponse, Observation, Provenance)
    response, total, provenance = (
        model.model_validate(entry["resource"]) for model, entry in zip(models, bundle["entry"], strict=True)
    )
    return response, total, provenance


SPOIL: dict[str, Callable[[list[Any]], object]] = {
    "is no urn:uuid": lambda e: e[0].update(fullUrl="urn:uuid:17"),
    "one fullUrl": lambda e: e[1].update(fullUrl=e[0]["fullUrl"]),
    "may be created twice": lambda e: e[0]["request"].update(ifNoneExist="identifier="),
    "is created at": lambda e: e[0]["request"].update(url="QuestionnaireResponse/1"),
    "status final": lambda e: e[0]["resource"].update(status="final"),
    "obs-6": lambda e: e[1]["resource"].update(dataAbsentReason={"coding": [{"code": "unknown"}]}),
    "no reason": lambda e: e[0]["resource"]["item"][0].update(extension=[{"valueCode": "blank"}]),
    "source may not be": lambda e: e[0]["resource"]["source"].update(type="Device"),
    "refers to nothing": lambda e: e[0]["resource"]["subject"].pop("identifier"),
    "nowhere in the bundle": lambda e: e[2]["resource"]["target"][0].update(reference=f"urn:uuid:{uuid4()}"),
    "role": lambda e: e[2]["resource"]["entity"][0].update(role="reader"),
    "an instant": lambda e: e[2]["resource"].update(recorded="2026-11-30"),
    "authored": lambda e: e[0]["resource"].update(authored="2026-13-01"),
    "item is empty": lambda e: e[0]["resource"].update(item=[]),
    "is no code": lambda e: e[0]["resource"]["meta"]["tag"][0].update(code=" x"),
}


@pytest.mark.parametrize("rule", SPOIL)
def test_the_rules_are_held_against_what_breaks_them(rule: str) -> None:
    bundle = copy.deepcopy(transaction(settled(), SETTINGS, Pseudonyms(SYSTEM)))
    assert broken(bundle) == []
    SPOIL[rule](bundle["entry"])
    assert any(rule in said for said in broken(bundle))


def test_a_first_version_to_the_letter() -> None:
    bundle = transaction(settled(rater="mother", subject="child"), SETTINGS, Pseudonyms(SYSTEM))
    response, total, provenance = (entry["resource"] for entry in bundle["entry"])
    child = {"type": "Patient", "identifier": {"system": f"{SYSTEM}/person", "value": "A-1042/child"}}
    mother = {
        "type": "RelatedPerson",
        "identifier": {"system": f"{SYSTEM}/person", "value": "A-1042/child/mother"},
    }
    meeting = {"type": "Encounter", "identifier": {"system": f"{SYSTEM}/session", "value": "A-1042/3"}}

    assert response == {
        "resourceType": "QuestionnaireResponse",
        "meta": {"tag": [{"system": f"{SYSTEM}/version", "code": "J13TW9QK5T7RKBQRC0-1"}]},
        "identifier": {"system": f"{SYSTEM}/sheet", "value": "J13TW9QK5T7RKBQRC0"},
        "questionnaire": f"{SYSTEM}/questionnaire/ors|1",
        "status": "completed",
        "subject": child,
        "source": mother,
        "encounter": meeting,
        "authored": "2026-11-30",
        "item": [
            {"linkId": "individual", "answer": [{"valueDecimal": 6.2}]},
            {"linkId": "interpersonal", "answer": [{"valueDecimal": 4.8}]},
            {"linkId": "social", "answer": [{"valueDecimal": 7.1}]},
            {"linkId": "overall", "answer": [{"valueDecimal": 5.5}]},
        ],
    }
    assert total["status"] == "final"
    assert total["code"]["coding"][0] == {"system": "http://snomed.info/sct", "code": "716613004"}
    assert total["valueQuantity"]["value"] == 23.6
    assert (total["subject"], total["performer"]) == (child, [mother])
    assert total["derivedFrom"] == [{"reference": bundle["entry"][0]["fullUrl"]}]
    assert [target["reference"] for target in provenance["target"]] == [
        entry["fullUrl"] for entry in bundle["entry"][:2]
    ]
    assert [entry["request"] for entry in bundle["entry"]] == [
        {
            "method": "POST",
            "url": "QuestionnaireResponse",
            "ifNoneExist": f"identifier={SYSTEM}/sheet%7CJ13TW9QK5T7RKBQRC0",
        },
        {
            "method": "POST",
            "url": "Observation",
            "ifNoneExist": f"identifier={SYSTEM}/total%7CJ13TW9QK5T7RKBQRC0",
        },
        {
            "method": "POST",
            "url": "Provenance",
            "ifNoneExist": f"_tag={SYSTEM}/version%7CJ13TW9QK5T7RKBQRC0-1",
        },
    ]


@pytest.mark.parametrize(
    ("instrument", "code"),
    [
        ("ors", "716613004"),
        ("srs", "720482000"),
        ("cors", "718458005"),
        ("csrs", "718762000"),
        ("cgsrs", "718431003"),
    ],
)
def test_the_codes_of_the_questionnaires(instrument: str, code: str) -> None:
    _, total, _ = parts(settled(instrument=instrument))
    assert [one.code for one in total.code.coding] == [code, instrument]


def test_an_instrument_without_a_code_has_its_own_name() -> None:
    _, total, _ = parts(settled(instrument="lass", values=("1.0", "2.0", "3.0")))
    assert [(one.system, one.code) for one in total.code.coding] == [(f"{SYSTEM}/instrument", "lass")]


@pytest.mark.parametrize(
    ("rater", "kind"),
    [
        (Rater.SELF, "Patient"),
        (Rater.MOTHER, "RelatedPerson"),
        (Rater.FATHER, "RelatedPerson"),
        (Rater.GUARDIAN, "RelatedPerson"),
        (Rater.OTHER, "RelatedPerson"),
        (Rater.PROFESSIONAL, "Practitioner"),
    ],
)
def test_who_held_the_pen(rater: Rater, kind: str) -> None:
    response, _, _ = parts(settled(rater=rater.value))
    assert response.source.type == kind
    assert (response.source == response.subject) == (rater is Rater.SELF)


def test_a_rater_who_is_not_known_is_not_made_up() -> None:
    response, total, _ = parts(settled(rater=None))
    assert response.source is None
    assert total.performer is None


def test_versions_and_states() -> None:
    first = settled()
    states = []
    for sheet in (
        first,
        corrected(first, social="1.5"),
        *(withdrawn(corrected(first, social="1.5"), why) for why in Withdrawal),
        corrected(withdrawn(first), social="1.5"),
    ):
        response, total, provenance = parts(sheet)
        states.append((response.status, total.status, provenance.activity.coding[0].code))
    gone = ("entered-in-error", "entered-in-error", "NULLIFY")
    assert states == [
        ("completed", "final", "CREATE"),
        ("amended", "amended", "UPDATE"),
        *[gone] * len(Withdrawal),
        ("amended", "amended", "UPDATE"),
    ]


def test_what_is_there_is_replaced_in_the_very_version_that_was_seen() -> None:
    there = {"QuestionnaireResponse": Standing("17", 'W/"3"', 1), "Observation": Standing("18", None, None)}
    first = transaction(settled(), SETTINGS, Pseudonyms(SYSTEM))["entry"]
    bundle = transaction(corrected(settled(), social=None), SETTINGS, Pseudonyms(SYSTEM), there)
    assert broken(bundle) == []
    second = bundle["entry"]
    assert [entry["fullUrl"] for entry in first[:2]] == [entry["fullUrl"] for entry in second[:2]]
    assert first[2]["request"] != second[2]["request"]
    assert [entry["request"] for entry in second[:2]] == [
        {"method": "PUT", "url": "QuestionnaireResponse/17", "ifMatch": 'W/"3"'},
        {"method": "PUT", "url": "Observation/18"},
    ]
    assert [entry["resource"]["id"] for entry in second[:2]] == ["17", "18"]
    assert {entry["request"]["method"] for entry in first} == {"POST"}
    assert all(entry["request"]["ifNoneExist"] for entry in first)


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ([], None),
        ([{"resourceType": "OperationOutcome"}], None),
        ([{"resourceType": "Observation", "id": "1"}], Standing("1", None, None)),
        (
            [
                {
                    "resourceType": "Observation",
                    "id": "1",
                    "meta": {"versionId": "7", "tag": [{"system": "s"}]},
                }
            ],
            Standing("1", 'W/"7"', None),
        ),
        (
            [
                {
                    "resourceType": "Observation",
                    "id": "1",
                    "meta": {"tag": [{"system": "t", "code": f"J1X-{at}"} for at in (2, 10, 1)]},
                }
            ],
            Standing("1", None, 10),
        ),
    ],
)
def test_what_a_search_says(said: list[Any], standing: Standing | None) -> None:
    entries = [{"resource": one} for one in said]
    assert found({"resourceType": "Bundle", "type": "searchset", "entry": entries}, "Observation", "t") == (
        standing
    )


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {"resourceType": "Bundle", "type": "transaction-response"},
        {"resourceType": "Bundle", "type": "searchset", "entry": [None]},
        {"resourceType": "Bundle", "type": "searchset", "entry": 17},
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceType": "Patient"}}]},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": {"resourceType": "Observation"}}],
        },
    ],
)
def test_a_search_that_says_nothing_is_not_taken_for_none_there(said: Any) -> None:
    with pytest.raises(UnclearError):
        found(said, "Observation", "t")


@pytest.mark.parametrize(
    ("reason", "code"),
    [("blank", "asked-unknown"), ("refused", "asked-declined"), ("illegible", "error"), ("lost", "unknown")],
)
def test_a_correction_to_blank_leaves_no_value_and_no_total(reason: str, code: str) -> None:
    response, total, _ = parts(corrected(settled(), social=reason))
    social = response.item[2]
    assert social.answer is None
    assert (social.linkId, social.extension[0].valueCode) == ("social", code)
    assert total.valueQuantity is None
    assert total.dataAbsentReason is not None


def test_a_form_without_a_total_has_no_observation() -> None:
    bundle = transaction(settled(total=None), SETTINGS, Pseudonyms(SYSTEM))
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]] == [
        "QuestionnaireResponse",
        "Provenance",
    ]


def test_provenance_names_the_reader_the_reviewers_and_the_scan() -> None:
    _, _, provenance = parts(corrected(settled(), social="1.0", overall=None))
    found = [(agent.type.coding[0].code, agent.who.identifier.value) for agent in provenance.agent]
    assert found == [("assembler", "0.1.0"), ("verifier", "anna"), ("verifier", "bertil")]
    assert provenance.entity[0].what.identifier.value == "ab" * 32
    assert provenance.recorded.isoformat() == "2026-11-30T14:05:07+00:00"


def test_without_a_session_the_reading_is_the_time() -> None:
    response, total, _ = parts(settled(session=None, session_date=None))
    assert response.encounter is None
    assert response.authored.isoformat() == total.effectiveDateTime.isoformat() == "2026-11-30T09:15:00+00:00"


names = st.text("aZ9-_/|?&=+%#äłあ😀'\"<", min_size=1, max_size=30)
values = st.one_of(
    st.integers(0, 100).map(lambda tenths: f"{tenths / 10:.1f}"),
    st.sampled_from(["blank", "refused", "illegible", "lost"]),
)


@QUICK
@given(
    values=st.lists(values, min_size=4, max_size=4),
    case=names,
    subject=st.none() | names,
    rater=st.none() | st.sampled_from(list(Rater)),
    session=st.none() | st.integers(1, 400),
    day=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    version=st.integers(1, 9),
    why=st.none() | st.sampled_from(list(Withdrawal)),
)
def test_every_sheet_makes_valid_resources(values: list[str], version: int, why: Any, **known: Any) -> None:
    day = known.pop("day")
    sheet = settled(values=values, version=version, withdrawn=why, session_date=day, **known)
    response, total, _ = parts(sheet)
    said = [None if item.answer is None else f"{item.answer[0].valueDecimal:.1f}" for item in response.item]
    assert said == [None if item.score is None else f"{item.score:.1f}" for item in sheet.items]
    assert (total.valueQuantity is None) == (sheet.total is None)


people = st.tuples(
    st.text("A/%", min_size=1, max_size=3),
    st.none() | st.sampled_from(["mother", "A", "A/mother", "/", "%2F"]),
    st.sampled_from([Rater.SELF, Rater.MOTHER, Rater.FATHER]),
)


@QUICK
@given(st.lists(people, min_size=2, max_size=2, unique=True))
def test_two_people_never_have_one_name(two: list[tuple[str, str | None, Rater]]) -> None:
    naming = Pseudonyms(SYSTEM)
    one, other = (
        naming.source(settled(case=case, subject=subject, rater=rater)) for case, subject, rater in two
    )
    assert one != other


HEADER = "case;subject;rater;reference\n"


def key_file(tmp_path: Path, *rows: str) -> KeyFile:
    path = tmp_path / "key.csv"
    path.write_bytes((HEADER + "".join(f"{row}\n" for row in rows)).encode("latin-1"))
    return KeyFile(path, SYSTEM)


def test_a_key_file_names_people_as_the_server_does(tmp_path: Path) -> None:
    naming = key_file(tmp_path, "A-1042;child;;Patient/17", "A-1042;child;mother;RelatedPerson/18")
    child = settled(subject="child", rater="self")
    response, total, _ = parts(child, naming)
    assert response.subject.reference == response.source.reference == total.subject.reference == "Patient/17"

    response, _, _ = parts(settled(subject="child", rater="mother"), naming)
    assert (response.subject.reference, response.source.reference) == ("Patient/17", "RelatedPerson/18")

    response, _, _ = parts(settled(subject="child", rater="father"), naming)
    assert response.source.identifier.value == "A-1042/child/father"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("B;child;;Patient/17",), "does not have this person"),
        (("A-1042;child;;Patient/17", "A-1042;child;self;Patient/19"), "more than once, on lines 2 and 3"),
        (("A-1042;child;;17",), "line 2: reference must name a Patient"),
        (("A-1042;child;;RelatedPerson/17",), "line 2: reference must name a Patient"),
        (("A-1042;child;;Patient/17?x=y",), "line 2: reference must name a Patient"),
    ],
)
def test_a_key_file_with_a_fault_is_named_by_line(tmp_path: Path, rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(UnknownPersonError, match=said):
        parts(settled(subject="child"), key_file(tmp_path, *rows))


def test_a_key_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "key.csv").write_text("name\nx\n")
    with pytest.raises(OrganisationFileError, match="has no column case, reference"):
        KeyFile(tmp_path / "key.csv", SYSTEM)
