"""A FHIR R4 server in memory, strict about what goes over the wire. Written from the specification's pages
on transactions, conditional create and conditional update; shares nothing with what is tested by it.

Every resource is read by `fhir.resources` (the R4B models) before it is stored: unknown elements, wrong
types and missing ones are refused with an OperationOutcome. A transaction is all or nothing.
"""

from __future__ import annotations

import copy
import json
import threading
from typing import Any
from urllib.parse import parse_qsl

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tests.delivery.serving import Request, Response

Resource = dict[str, Any]
TYPES = ("QuestionnaireResponse", "Observation", "Provenance")
SERVER_ONLY = ("id", "versionId", "lastUpdated")


class RefusedError(Exception):
    def __init__(self, status: int, text: str, code: str = "invalid") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class FhirDouble:
    """`answer` is what serves; `stored` and `history` are what a test looks at."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        """What a sender has to show; None: nothing."""
        self.stored: dict[str, dict[str, Resource]] = {name: {} for name in TYPES}
        """The newest version, by type and id."""
        self.history: dict[str, list[Resource]] = {}
        """All versions of each, by `Type/id`."""
        self._turn = threading.Lock()

    def answer(self, request: Request) -> Response:
        try:
            with self._turn:
                self._check_request(request)
                if request.method == "GET":
                    return _reply(200, self._search(request.path.removeprefix("/fhir/")))
                return _reply(200, self._transaction(_parsed(request.body)))
        except RefusedError as error:
            issue = {"severity": "error", "code": error.code, "diagnostics": str(error)}
            return _reply(error.status, {"resourceType": "OperationOutcome", "issue": [issue]})

    def all(self, kind: str) -> list[Resource]:
        return list(self.stored[kind].values())

    def one(self, kind: str) -> Resource:
        [resource] = self.all(kind)
        return resource

    def _check_request(self, request: Request) -> None:
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "who are you", "login")
        if request.method == "GET" and request.path.startswith("/fhir/"):
            return
        if (request.method, request.path) != ("POST", "/fhir"):
            raise RefusedError(404, f"nothing at {request.path}", "not-found")
        if not request.headers.get("content-type", "").startswith("application/fhir+json"):
            raise RefusedError(415, "send application/fhir+json", "not-supported")

    def _transaction(self, bundle: Resource) -> Resource:
        _validate("Bundle", bundle)
        entries = bundle.get("entry", [])
        urls = [entry.get("fullUrl") for entry in entries]
        if bundle["type"] != "transaction" or len(set(urls)) < len(urls) or None in urls:
            raise RefusedError(400, "no transaction, or fullUrls that are not unique")
        before = copy.deepcopy((self.stored, self.history))
        try:
            # Which resource each entry means is settled first: references between them need it.
            found = [self._match(entry) for entry in entries]
            known = {
                url: f"{entry['resource']['resourceType']}/{match or self._new_id(at)}"
                for at, (url, entry, match) in enumerate(zip(urls, entries, found, strict=True))
            }
            places = [known[url] for url in urls]
            if len(set(places)) < len(places):
                raise RefusedError(400, "two entries are the same resource")
            pairs = zip(entries, places, found, strict=True)
            answers = [self._store(entry, place, match, known) for entry, place, match in pairs]
        except RefusedError:
            self.stored, self.history = before
            raise
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}

    def _search(self, asked: str) -> Resource:
        kind, _, query = asked.partition("?")
        if kind not in TYPES or not query:
            raise RefusedError(404, f"nothing at {asked}", "not-found")
        entries = [
            {"resource": self.stored[kind][key], "search": {"mode": "match"}}
            for key in self._found(kind, query)
        ]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

    def _found(self, kind: str, query: str) -> list[str]:
        [(name, value)] = parse_qsl(query, strict_parsing=True)
        return [key for key, one in self.stored[kind].items() if value in _tokens(name, one)]

    def _match(self, entry: Resource) -> str | None:
        """Id of the one resource that the entry's condition finds; None when there is none."""
        asked, resource = entry["request"], entry["resource"]
        place, _, query = str(asked["url"]).partition("?")
        kind, _, key = place.partition("/")
        if kind != resource["resourceType"] or kind not in TYPES:
            raise RefusedError(400, f"{asked['url']} is no place for a {resource['resourceType']}")
        if asked["method"] == "PUT" and key and not query:
            self._check_version(asked, kind, key, resource)
            return key
        if key:
            raise RefusedError(400, f"{asked['url']} is no place to create something")
        if asked["method"] == "PUT" and query:
            condition = query
        elif asked["method"] == "POST" and not query and asked.get("ifNoneExist"):
            condition = asked["ifNoneExist"]
        else:
            raise RefusedError(400, "only conditional create and conditional update are served")
        [(name, value)] = parse_qsl(condition, strict_parsing=True)
        matches = self._found(kind, condition)
        if len(matches) > 1:
            raise RefusedError(412, f"{len(matches)} resources match {condition}", "multiple-matches")
        if value not in _tokens(name, resource):
            raise RefusedError(400, f"the resource itself does not match {condition}")
        return matches[0] if matches else None

    def _check_version(self, asked: Resource, kind: str, key: str, resource: Resource) -> None:
        if resource.get("id") != key:
            raise RefusedError(400, "the resource has another id than its address")
        if key not in self.stored[kind]:
            raise RefusedError(404, f"there is no {kind}/{key}", "not-found")
        stands = f'W/"{self.stored[kind][key]["meta"]["versionId"]}"'
        if asked.get("ifMatch", stands) != stands:
            raise RefusedError(412, f"{kind}/{key} is {stands} by now", "conflict")

    def _store(self, entry: Resource, place: str, match: str | None, known: dict[str, str]) -> Resource:
        kind, _, key = place.partition("/")
        resource = _resolved(entry["resource"], known)
        _validate(kind, resource)
        if match is not None and (entry["request"]["method"] == "POST" or self._same(kind, key, resource)):
            return _stored(200, place, len(self.history[place]))
        versions = self.history.setdefault(place, [])
        meta = {**resource.get("meta", {}), "versionId": str(len(versions) + 1)}
        whole = {**resource, "id": key, "meta": meta}
        versions.append(whole)
        self.stored[kind][key] = whole
        return _stored(200 if match else 201, place, len(versions))

    def _same(self, kind: str, key: str, resource: Resource) -> bool:
        old = copy.deepcopy(self.stored[kind][key])
        old.pop("id")
        old["meta"] = {name: value for name, value in old["meta"].items() if name not in SERVER_ONLY}
        return old == {**resource, "meta": resource.get("meta", {})}

    def _new_id(self, at: int) -> str:
        return str(1000 + sum(len(versions) for versions in self.history.values()) * 10 + at)


def _tokens(name: str, resource: Resource) -> list[str]:
    """What a search by token finds a resource under, as `system|code`."""
    if name == "_tag":
        return [f"{tag['system']}|{tag['code']}" for tag in resource.get("meta", {}).get("tag", [])]
    if name != "identifier":
        raise RefusedError(400, f"no search by {name}", "not-supported")
    if resource["resourceType"] == "Provenance":
        raise RefusedError(400, "a Provenance has no identifier in R4", "not-supported")
    said = resource.get("identifier", [])
    return [f"{one['system']}|{one['value']}" for one in (said if isinstance(said, list) else [said])]


def _resolved(value: Any, known: dict[str, str]) -> Any:
    """References to other entries become references to what they were stored as."""
    if isinstance(value, list):
        return [_resolved(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _resolved(one, known) for name, one in value.items()}
    reference = found.get("reference")
    if isinstance(reference, str) and reference.startswith("urn:"):
        if reference not in known:
            raise RefusedError(400, f"{reference} is nowhere in the bundle")
        found["reference"] = known[reference]
    return found


def _validate(kind: str, resource: Resource) -> None:
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        raise RefusedError(422, f"{kind}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}") from error
    if kind == "Observation" and ("valueQuantity" in resource) == ("dataAbsentReason" in resource):
        raise RefusedError(422, "obs-6: a value or a reason why there is none")


def _parsed(body: bytes) -> Resource:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise RefusedError(400, "no JSON", "structure") from error
    if not isinstance(found, dict) or found.get("resourceType") != "Bundle":
        raise RefusedError(400, "no Bundle", "structure")
    return found


def _stored(status: int, place: str, version: int) -> Resource:
    said = {200: "200 OK", 201: "201 Created"}[status]
    location = f"http://fhir.example/fhir/{place}/_history/{version}"
    return {"response": {"status": said, "location": location, "etag": f'W/"{version}"'}}


def _reply(status: int, body: Resource) -> Response:
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/fhir+json"})
