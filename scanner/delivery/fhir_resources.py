"""From a settled sheet to the FHIR R4 resources that say it. Pure: no network, no clock, no secrets.

One transaction per version. The QuestionnaireResponse and the total's Observation have one identifier in all
versions: they are created unless they are there, and replaced where the server was found to have them. The
Provenance of a version is created once, known by its tag.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from scanner.delivery.fhir_people import Naming, joined, logical
from scanner.delivery.fhir_standing import Standings
from scanner.model.delivery import SettledItem, SettledSheet
from scanner.settings_receivers import FhirSettings

Resource = dict[str, Any]
SNOMED_SYSTEM = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT = {"blank": "asked-unknown", "refused": "asked-declined", "illegible": "error", "lost": "unknown"}
"""Our reasons for no value in FHIR's words."""
ACTIVITY_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT_SYSTEM = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


KINDS = {"QuestionnaireResponse": "sheet", "Observation": "total"}
"""What is there once for a sheet, with the end of its identifier's system."""


def transaction(
    sheet: SettledSheet, settings: FhirSettings, naming: Naming, there: Standings | None = None
) -> Resource:
    """The Bundle for one version of a bound sheet, where the server has `there` of it.

    Raises UnknownPersonError when nobody is known for it.
    """
    there = there or {}
    response = _response(sheet, settings, naming)
    entries = [_placed(response, settings, sheet, there)]
    if has_total(sheet):
        total = _observation(sheet, settings, naming, entries[0]["fullUrl"])
        entries.append(_placed(total, settings, sheet, there))
    entries.append(_provenance(sheet, settings, [entry["fullUrl"] for entry in entries]))
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def has_total(sheet: SettledSheet) -> bool:
    """Whether there is an Observation: also of a total that is absent, since a correction to blank must
    reach it; not for an instrument whose items make no total."""
    return sheet.total is not None or any(item.score is None for item in sheet.items)


def _response(sheet: SettledSheet, settings: FhirSettings, naming: Naming) -> Resource:
    response: Resource = {
        "resourceType": "QuestionnaireResponse",
        "meta": {"tag": [_tag(sheet, settings)]},
        "identifier": {"system": f"{settings.system}/sheet", "value": sheet.sheet_id},
        "questionnaire": _canonical(sheet, settings),
        "status": _status(sheet, first="completed"),
        "subject": naming.subject(sheet),
        "authored": _answered_at(sheet),
        "item": [_item(item) for item in sheet.items],
    }
    source = naming.source(sheet)
    if source is not None:
        response["source"] = source
    return {**response, **_encounter(sheet, settings)}


def _item(item: SettledItem) -> Resource:
    if item.score is not None:
        return {"linkId": item.item, "answer": [{"valueDecimal": float(item.score)}]}
    absent = ABSENT.get(item.missing_reason or "", "unknown")
    return {"linkId": item.item, "extension": [{"url": ABSENT_EXTENSION, "valueCode": absent}]}


def _observation(sheet: SettledSheet, settings: FhirSettings, naming: Naming, response: str) -> Resource:
    total: Resource = {
        "resourceType": "Observation",
        "meta": {"tag": [_tag(sheet, settings)]},
        "identifier": [{"system": f"{settings.system}/total", "value": sheet.sheet_id}],
        "status": _status(sheet, first="final"),
        "category": [
            {"coding": [{"system": _CATEGORY, "code": "survey", "display": "Survey"}]},
        ],
        "code": _code(sheet, settings),
        "subject": naming.subject(sheet),
        "effectiveDateTime": _answered_at(sheet),
        "derivedFrom": [{"reference": response}],
    }
    source = naming.source(sheet)
    if source is not None:
        total["performer"] = [source]
    if sheet.total is None:
        total["dataAbsentReason"] = {"coding": [{"system": ABSENT_SYSTEM, "code": "unknown"}]}
    else:
        score = {"value": float(sheet.total), "unit": "score", "system": UCUM, "code": "{score}"}
        total["valueQuantity"] = score
    return {**total, **_encounter(sheet, settings)}


def _provenance(sheet: SettledSheet, settings: FhirSettings, targets: list[str]) -> Resource:
    """Who and what stands behind this version; an entry that creates it unless it is there."""
    tag = _tag(sheet, settings)
    read_by = logical("Device", f"{settings.system}/reader", sheet.reader_version)
    agents = [_agent("assembler", {**read_by, "display": f"Jana {sheet.reader_version}"})]
    people = sorted({item.decided_by for item in sheet.items if not item.decided_by.startswith("reader/")})
    agents += [
        _agent("verifier", logical("Practitioner", f"{settings.system}/account", who)) for who in people
    ]
    activity = "NULLIFY" if sheet.withdrawn else "CREATE" if sheet.version == 1 else "UPDATE"
    resource = {
        "resourceType": "Provenance",
        "meta": {"tag": [tag]},
        "target": [{"reference": target} for target in targets],
        "occurredDateTime": _instant(sheet.read_at),
        "recorded": _instant(sheet.settled_at),
        "activity": {"coding": [{"system": ACTIVITY_SYSTEM, "code": activity}]},
        "agent": agents,
        "entity": [
            {
                "role": "source",
                "what": {"identifier": {"system": f"{settings.system}/scan", "value": sheet.scan_sha256}},
            }
        ],
    }
    if sheet.withdrawn is not None:
        resource["reason"] = [{"text": sheet.withdrawn.value.replace("_", " ")}]
    criteria = f"_tag={_token(tag['system'], tag['code'])}"
    return {
        "fullUrl": _urn(settings, "provenance", sheet.key),
        "resource": resource,
        "request": {"method": "POST", "url": "Provenance", "ifNoneExist": criteria},
    }


def _agent(role: str, who: Resource) -> Resource:
    return {"type": {"coding": [{"system": PARTICIPANT_SYSTEM, "code": role}]}, "who": who}


def _placed(resource: Resource, settings: FhirSettings, sheet: SettledSheet, there: Standings) -> Resource:
    """An entry that is made when it is not there, and replaces exactly the version that is."""
    kind: str = resource["resourceType"]
    url = _urn(settings, KINDS[kind], sheet.sheet_id)
    standing = there.get(kind)
    if standing is None:
        criteria = by_identifier(sheet, settings, kind)
        request = {"method": "POST", "url": kind, "ifNoneExist": criteria}
        return {"fullUrl": url, "resource": resource, "request": request}
    request = {"method": "PUT", "url": f"{kind}/{standing.id}"}
    if standing.etag is not None:
        request["ifMatch"] = standing.etag
    return {"fullUrl": url, "resource": {**resource, "id": standing.id}, "request": request}


def by_identifier(sheet: SettledSheet, settings: FhirSettings, kind: str) -> str:
    """The search that finds a sheet's resource of a kind."""
    return f"identifier={_token(f'{settings.system}/{KINDS[kind]}', sheet.sheet_id)}"


def version_system(settings: FhirSettings) -> str:
    """Of the tag that says which version of its sheet a resource holds."""
    return f"{settings.system}/version"


def _tag(sheet: SettledSheet, settings: FhirSettings) -> Resource:
    return {"system": version_system(settings), "code": sheet.key}


def _token(system: str, value: str) -> str:
    return f"{quote(system, safe=':/')}%7C{quote(value, safe='')}"


def _urn(settings: FhirSettings, kind: str, value: str) -> str:
    """The same each time, so that the same version is the same bytes."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{settings.system}/{kind}/{value}')}"


def _status(sheet: SettledSheet, *, first: str) -> str:
    if sheet.withdrawn is not None:
        return "entered-in-error"
    return first if sheet.version == 1 else "amended"


def _code(sheet: SettledSheet, settings: FhirSettings) -> Resource:
    own = {"system": f"{settings.system}/instrument", "code": sheet.instrument}
    code = settings.snomed.get(sheet.instrument)
    known = [] if code is None else [{"system": SNOMED_SYSTEM, "code": code}]
    return {"coding": [*known, own], "text": sheet.instrument.upper()}


def _encounter(sheet: SettledSheet, settings: FhirSettings) -> Resource:
    if sheet.session is None:
        return {}
    return {
        "encounter": logical("Encounter", f"{settings.system}/session", joined(sheet.case, sheet.session))
    }


def _canonical(sheet: SettledSheet, settings: FhirSettings) -> str:
    base = settings.questionnaires or f"{settings.system}/questionnaire"
    return f"{base}/{sheet.instrument}|{sheet.instrument_version}"


def _answered_at(sheet: SettledSheet) -> str:
    """The day of the session; without one, when it was read is the best that is known."""
    return _instant(sheet.read_at) if sheet.session_date is None else sheet.session_date.isoformat()


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
