"""The double is judged: it refuses what a FHIR server refuses, and keeps nothing of a refused transaction."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from scanner.delivery.fhir_people import Pseudonyms
from scanner.delivery.fhir_resources import transaction
from scanner.settings_receivers import FhirSettings
from tests.delivery.fhir_double import FhirDouble
from tests.delivery.serving import Request, Response
from tests.delivery.settled import settled

SETTINGS = FhirSettings(kind="fhir", url="https://fhir.example/r4", system="https://jana.example/id")
Bundle = dict[str, Any]


@pytest.fixture
def bundle() -> Bundle:
    return copy.deepcopy(transaction(settled(), SETTINGS, Pseudonyms(SETTINGS.system)))


def post(double: FhirDouble, bundle: Bundle, **headers: str) -> Response:
    named = {"content-type": "application/fhir+json", **headers}
    return double.answer(Request("POST", "/fhir", named, json.dumps(bundle).encode()))


def test_it_takes_a_good_bundle_and_counts_versions(bundle: Bundle) -> None:
    double = FhirDouble()
    said = json.loads(post(double, bundle).body)
    assert [entry["response"]["status"] for entry in said["entry"]] == ["201 Created"] * 3
    [key] = double.stored["QuestionnaireResponse"]
    bundle["entry"][0]["resource"] |= {"status": "amended", "id": key}
    place = {"method": "PUT", "url": f"QuestionnaireResponse/{key}", "ifMatch": 'W/"1"'}
    bundle["entry"][0]["request"] = place
    said = json.loads(post(double, bundle).body)
    assert [entry["response"]["etag"] for entry in said["entry"]] == ['W/"2"', 'W/"1"', 'W/"1"']


SPOIL: dict[str, Callable[[list[Any]], object]] = {
    "an element that R4 does not have": lambda e: e[0]["resource"].update(instrument="ors"),
    "a type that is wrong": lambda e: e[0]["resource"]["item"][0].update(answer=[{"valueDecimal": "much"}]),
    "a required element missing": lambda e: e[1]["resource"].pop("code"),
    "a date that is none": lambda e: e[0]["resource"].update(authored="30.11.2026"),
    "a value and a reason for none": lambda e: e[1]["resource"].update(dataAbsentReason={"text": "x"}),
    "a reference to nowhere": lambda e: e[2]["resource"]["target"][0].update(reference="urn:uuid:0"),
    "no condition": lambda e: e[0]["request"].pop("ifNoneExist"),
    "a place that is not there": lambda e: e[0]["request"].update(method="PUT", url="Observation/9"),
    "a condition that it does not meet": lambda e: e[0]["resource"]["identifier"].update(value="other"),
    "a place for another type": lambda e: e[0]["request"].update(url="Observation?identifier=a%7Cb"),
    "an identifier of a Provenance": lambda e: e[2]["request"].update(ifNoneExist="identifier=a%7Cb"),
    "a create without a condition": lambda e: e[2]["request"].pop("ifNoneExist"),
    "the same full URL twice": lambda e: e[1].update(fullUrl=e[0]["fullUrl"]),
}


@pytest.mark.parametrize("how", SPOIL)
def test_it_refuses_what_is_not_right_and_keeps_nothing_of_it(bundle: Bundle, how: str) -> None:
    SPOIL[how](bundle["entry"])
    double = FhirDouble()
    said = post(double, bundle)
    assert 400 <= said.status < 500
    assert json.loads(said.body)["resourceType"] == "OperationOutcome"
    assert not any(double.stored.values())
    assert not double.history


def test_it_refuses_to_replace_another_version_than_was_meant(bundle: Bundle) -> None:
    double = FhirDouble()
    post(double, bundle)
    [key] = double.stored["QuestionnaireResponse"]
    bundle["entry"][0]["resource"] |= {"status": "amended", "id": key}
    place = {"method": "PUT", "url": f"QuestionnaireResponse/{key}", "ifMatch": 'W/"2"'}
    bundle["entry"][0]["request"] = place
    assert post(double, bundle).status == 412
    assert double.one("QuestionnaireResponse")["status"] == "completed"


def test_it_asks_who_is_there_and_in_which_words(bundle: Bundle) -> None:
    double = FhirDouble("sesame")
    assert post(double, bundle).status == 401
    assert post(double, bundle, authorization="Bearer sesame").status == 200
    assert post(FhirDouble(), bundle, **{"content-type": "application/json"}).status == 415


def test_it_does_not_choose_among_several(bundle: Bundle) -> None:
    double = FhirDouble()
    post(double, bundle)
    [(key, twin)] = double.stored["QuestionnaireResponse"].items()
    double.stored["QuestionnaireResponse"][key + "0"] = twin
    assert post(double, bundle).status == 412
