"""A FHIR R4 server: one transaction for each version of a sheet, so that one refused holds up no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scanner.delivery.fhir_people import KeyFile, Naming, Pseudonyms, UnknownPersonError
from scanner.delivery.fhir_resources import KINDS, by_identifier, transaction, version_system
from scanner.delivery.fhir_standing import SeveralError, Standings, UnclearError, found
from scanner.delivery.http import NoAnswerError, Reply, Server, plain
from scanner.delivery.organisation_csv import OrganisationFileError
from scanner.delivery.secret_file import token
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet, Unanswered
from scanner.settings_receivers import FhirSettings

JSON = "application/fhir+json"
_WRONG_ACCESS = (401, 403, 404, 405, 407, 410)
"""Not about the sheet: the address or the token is wrong for all of them."""
_LATER = (408, 409, 412, 423, 425, 429)
"""Somebody else is in the way, or the server has had enough: the same may be taken the next time."""


class Fhir:
    """A `Target` that posts transactions."""

    def __init__(self, name: str, settings: FhirSettings) -> None:
        """Raises SettingsError for certificates that cannot be used."""
        self.name = name
        self.at_once = settings.at_once
        self._settings = settings
        self._server = Server(
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            certificate=settings.client_certificate,
            key=settings.client_key,
        )

    def refuses(self, sheet: SettledSheet) -> str | None:
        """Unbound sheets: a record on a server is always somebody's."""
        return "it is not bound to a case" if sheet.case is None else None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """For nothing."""
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """Each transaction as JSON."""
        naming = self._naming()
        for sheet in sheets:
            try:
                bundle = transaction(sheet, self._settings, naming)
            except UnknownPersonError as error:
                yield f"{sheet.sheet_id}: {error}"
                continue
            yield from json.dumps(bundle, indent=1, ensure_ascii=False).splitlines()

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Post one transaction after another; the batch's name is not needed, sheets have their own."""
        naming = self._naming()
        headers = self._headers()
        answers: list[Answer] = []
        for sheet in sheets:
            try:
                answers.append(self._send(sheet, naming, headers))
            except TargetDownError as down:
                if not any(isinstance(answer, Acknowledged | Rejected) for answer in answers):
                    raise
                # Some are known: the others are asked again, and nothing is lost of these.
                answers += [Unanswered(str(down))] * (len(sheets) - len(answers))
                break
        return answers

    def take_stock(self) -> None:
        """Nothing is kept beside."""

    def close(self) -> None:
        self._server.close()

    def _send(self, sheet: SettledSheet, naming: Naming, headers: dict[str, str]) -> Answer:
        there: Standings = {}
        try:
            transaction(sheet, self._settings, naming)  # before anybody is asked
            if sheet.version > 1:
                there = self._look(sheet, headers)
            newest = there.get("QuestionnaireResponse")
            if newest is not None and (newest.version or 0) >= sheet.version:
                return Acknowledged(plain(f"QuestionnaireResponse/{newest.id}"))
            bundle = transaction(sheet, self._settings, naming, there)
        except (UnknownPersonError, SeveralError) as error:
            return Rejected(str(error))
        except UnclearError as error:
            return Unanswered(str(error))
        except _NoSearchError as error:
            return error.answer
        reply = self._asked(lambda: self._server.post(self._settings.url, _bytes(bundle), headers))
        trouble = self._trouble(reply)
        if trouble is not None:
            return trouble
        return _acknowledged(reply.json(), len(bundle["entry"]), must_be_new=sheet.version > 1 and not there)

    def _look(self, sheet: SettledSheet, headers: Mapping[str, str]) -> Standings:
        """What the server has of a sheet that had an earlier version."""
        there = {}
        for kind in KINDS:
            url = f"{self._settings.url}/{kind}?{by_identifier(sheet, self._settings, kind)}"
            reply = self._asked(lambda url=url: self._server.get(url, headers))  # type: ignore[misc]
            trouble = self._trouble(reply)
            if trouble is not None:
                raise _NoSearchError(trouble)
            standing = found(reply.json(), kind, version_system(self._settings))
            if standing is not None:
                there[kind] = standing
        return there

    def _asked(self, ask: Callable[[], Reply]) -> Reply:
        try:
            return ask()
        except NoAnswerError as error:
            raise TargetDownError(f"{self._settings.url}: {error}.") from error

    def _trouble(self, reply: Reply) -> Answer | None:
        """What a server's refusal means for the sheet; None: it is none. Raises TargetDownError when it is
        about all."""
        status = reply.status
        if 200 <= status < 300:
            return None
        reason = _outcome_text(reply.json())
        if status in _WRONG_ACCESS or 300 <= status < 400:
            hint = (
                "look at url and token_file" if status >= 400 else "redirects are not followed, look at url"
            )
            raise TargetDownError(f"{self._settings.url} answers {status}: {hint}. {reason or ''}".rstrip())
        if status in (429, 503) or (status >= 500 and reason is None):
            raise TargetDownError(f"{self._settings.url} answers {status}.", reply.retry_after_s)
        if status in _LATER or status >= 500:
            return Unanswered(f"{status}: {reason or 'no reason given'}")
        if reason is None:
            # Not a FHIR server's way to say no: something in between answered.
            return Unanswered(f"{status} without an OperationOutcome")
        return Rejected(reason)

    def _naming(self) -> Naming:
        if self._settings.key_file is None:
            return Pseudonyms(self._settings.system)
        try:
            return KeyFile(self._settings.key_file, self._settings.system)
        except OrganisationFileError as error:
            raise TargetDownError(str(error)) from error

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": f"{JSON}; charset=utf-8", "Accept": JSON, "Prefer": "return=minimal"}
        if self._settings.token_file is not None:
            headers["Authorization"] = f"Bearer {token(self._settings.token_file)}"
        return headers


class _NoSearchError(Exception):
    """A search was refused; `answer` says what that means for the sheet."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _bytes(bundle: dict[str, Any]) -> bytes:
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def _acknowledged(said: Any, entries: int, *, must_be_new: bool) -> Answer:
    """Only a whole response to our transaction counts: a log-in page is 200 too.

    With `must_be_new` the first entry has to have been created: what was there already is an earlier version,
    which arrived after we had looked for it, and stands there still.
    """
    if not isinstance(said, dict) or said.get("resourceType") != "Bundle":
        return Unanswered("the answer is no Bundle")
    answered = said.get("entry")
    if said.get("type") != "transaction-response" or not isinstance(answered, list):
        return Unanswered("the answer is no transaction-response")
    responses = [entry.get("response") if isinstance(entry, dict) else None for entry in answered]
    statuses = [str(response.get("status", "")) for response in responses if isinstance(response, dict)]
    if len(statuses) != entries or not all(status.startswith("2") for status in statuses):
        return Unanswered("the answer does not say that every entry was stored")
    if must_be_new and not statuses[0].startswith("201"):
        return Unanswered("an earlier version arrived meanwhile: it is replaced the next time")
    return Acknowledged(_stored_as(responses[0]))


def _stored_as(response: Any) -> str | None:
    """`QuestionnaireResponse/17/_history/2`, whether the server gave the whole address or not; where it
    gave none, the version alone."""
    location = response.get("location")
    if not isinstance(location, str):
        return plain(response["etag"]) if isinstance(response.get("etag"), str) else None
    elsewhere, found, rest = location.partition("QuestionnaireResponse/")
    return plain(f"{found}{rest}" if found else elsewhere)


def _outcome_text(said: Any) -> str | None:
    """The words of an OperationOutcome; None when it is none."""
    if not isinstance(said, dict) or said.get("resourceType") != "OperationOutcome":
        return None
    issues = said.get("issue")
    texts = []
    for issue in issues if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            details = issue.get("details")
            text = issue.get("diagnostics") or (details.get("text") if isinstance(details, dict) else None)
            texts.append(str(text or issue.get("code") or "no reason given"))
    return plain("; ".join(texts)) or "no reason given"
