"""What FHIR R4 asks of our transactions beyond the shape of each resource: required value sets, invariants,
which types a reference may have, and what a transaction has to resolve.

Written from the specification's pages (R4, 4.0.1) and sharing nothing with what makes the bundles; the shapes
are checked by `fhir.resources`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]

STATUS = {
    "QuestionnaireResponse": {"in-progress", "completed", "amended", "entered-in-error", "stopped"},
    "Observation": {
        *("registered", "preliminary", "final", "amended"),
        *("corrected", "cancelled", "entered-in-error", "unknown"),
    },
}
ABSENT = {
    *("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked"),
    *("not-applicable", "unsupported", "as-text", "error", "not-a-number", "negative-infinity"),
    *("positive-infinity", "not-performed", "not-permitted"),
}
PEOPLE = {"Patient", "Practitioner", "PractitionerRole", "RelatedPerson"}
MAY_BE = {
    ("QuestionnaireResponse", "subject"): None,
    ("QuestionnaireResponse", "source"): PEOPLE,
    ("QuestionnaireResponse", "encounter"): {"Encounter"},
    ("Observation", "subject"): {"Patient", "Group", "Device", "Location"},
    ("Observation", "encounter"): {"Encounter"},
    ("Observation", "performer"): {*PEOPLE, "CareTeam", "Organization"},
    ("Observation", "derivedFrom"): {"QuestionnaireResponse", "Observation", "DocumentReference"},
    ("Provenance", "target"): None,
    ("Provenance", "who"): {*PEOPLE, "Device", "Organization"},
    ("Provenance", "what"): None,
}
"""Types that a reference may have, by the resource and the element it stands in; None: any."""
DATE_TIME = re.compile(
    r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?"
)
CODE = re.compile(r"\S+(\s\S+)*")


def broken(bundle: Resource) -> list[str]:
    """The rules that a transaction breaks; empty for a good one."""
    entries = bundle["entry"]
    urls = [entry["fullUrl"] for entry in entries]
    said = [f"{url} is no urn:uuid" for url in urls if not _is_urn(url)]
    if len(set(urls)) < len(urls):
        said.append("bdl-7: two entries have one fullUrl")
    types = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in entries}
    for entry in entries:
        said += [*_request(entry), *_resource(entry["resource"], types)]
    return said


def _request(entry: Resource) -> Iterator[str]:
    asked, kind = entry["request"], entry["resource"]["resourceType"]
    if asked["method"] == "POST":
        if asked["url"] != kind or "id" in entry["resource"]:
            yield f"a {kind} is created at {asked['url']}"
        if not re.fullmatch(r"(identifier|_tag)=[^&?#\s|]+%7C[^&?#\s|]+", asked.get("ifNoneExist", "")):
            yield f"a {kind} may be created twice"
    elif asked["method"] == "PUT":
        if asked["url"] != f"{kind}/{entry['resource'].get('id')}":
            yield f"{asked['url']} is not the address of the resource"
        if not re.fullmatch(r'W/"[^"]+"', asked.get("ifMatch", 'W/"?"')):
            yield "ifMatch is no weak ETag"
    else:
        yield f"{asked['method']} is not expected"


def _resource(resource: Resource, types: dict[str, str]) -> Iterator[str]:
    kind = resource["resourceType"]
    if kind in STATUS and resource["status"] not in STATUS[kind]:
        yield f"{kind}.status {resource['status']}"
    if kind == "Observation" and "dataAbsentReason" in resource and "valueQuantity" in resource:
        yield "obs-6: a value and a reason for none"
    if kind == "Provenance":
        if not resource["target"] or not resource["agent"] or "T" not in resource["recorded"]:
            yield "Provenance needs targets, agents and an instant"
        if any(entity["role"] not in _ROLES for entity in resource["entity"]):
            yield "Provenance.entity.role"
    yield from _walk(resource, kind, kind, types)


_ROLES = {"derivation", "revision", "quotation", "source", "removal"}


def _walk(value: Any, name: str, kind: str, types: dict[str, str]) -> Iterator[str]:
    if value in (None, "", [], {}):
        yield f"{kind}: {name} is empty"
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, name, kind, types)
    elif isinstance(value, dict):
        yield from _element(value, name, kind, types)
        for below, one in value.items():
            yield from _walk(one, below, kind, types)
    elif name in MOMENTS and not DATE_TIME.fullmatch(value):
        yield f"{kind}: {name} {value}"
    elif name in CODES and not CODE.fullmatch(value):
        yield f"{kind}: {name} {value!r} is no code"


MOMENTS = ("authored", "effectiveDateTime", "occurredDateTime", "recorded")
CODES = ("code", "status", "valueCode")


def _element(value: Resource, name: str, kind: str, types: dict[str, str]) -> Iterator[str]:
    if (kind, name) in MAY_BE:
        yield from _reference(value, name, kind, types)
    why = value["coding"][0]["code"] if name == "dataAbsentReason" else value.get("valueCode", "unknown")
    if why not in ABSENT:
        yield f"{why} is no reason for no value"


def _reference(value: Resource, name: str, kind: str, types: dict[str, str]) -> Iterator[str]:
    allowed = MAY_BE[kind, name]
    literal = value.get("reference")
    if literal is None:
        # A logical reference: somebody else's identifier, and what it is.
        if not {"system", "value"} <= value.get("identifier", {}).keys():
            yield f"{kind}.{name} refers to nothing"
        found = value.get("type")
    elif literal.startswith("urn:"):
        if literal not in types:
            yield f"{kind}.{name}: {literal} is nowhere in the bundle"
        found = types.get(literal)
    else:
        found = literal.partition("/")[0]
    if allowed is not None and found not in allowed:
        yield f"{kind}.{name} may not be a {found}"


def _is_urn(url: str) -> bool:
    try:
        return url == f"urn:uuid:{uuid.UUID(url.removeprefix('urn:uuid:'))}"
    except ValueError:
        return False
