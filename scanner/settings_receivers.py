"""Settings of the receivers outside: OpenFIT's flat file, a FHIR server, a REDCap project.

Each is a `[delivery.<name>]` with its `kind`. What is documented differently in different places, or
differs from one organisation to the next, is a setting here and never in code.
"""

from __future__ import annotations

import string
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from scanner.settings_home import PathInHome

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _safe_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a whole address, such as https://server.example/fhir")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https: results of clients never travel in the open")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a plain address; a secret belongs into a file of its own")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_safe_url)]


def _system(uri: str) -> str:
    allowed = set(string.ascii_letters + string.digits + ":/.-_~")
    if ":" not in uri or not set(uri) <= allowed:
        raise ValueError("must be a URI of letters, digits and :/.-_~, such as https://jana.example/id")
    return uri.rstrip("/")


System = Annotated[str, AfterValidator(_system)]


class _Receiver(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: int = Field(default=50, ge=1, le=10_000)
    """The most sheets in one batch."""


class _OverHttp(_Receiver):
    ca_file: PathInHome | None = None
    """Certificates to trust instead of the system's: the organisation's own authority."""
    client_certificate: PathInHome | None = None
    client_key: PathInHome | None = None
    """What we show who we are with, where the server asks for a certificate; PEM."""
    timeout_s: float = Field(default=20.0, gt=0, le=300)
    """So long we wait for one answer, from the first to the last byte."""

    @model_validator(mode="after")
    def _key_with_certificate(self) -> _OverHttp:
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError("client_key needs client_certificate")
        return self


OPENFIT_REQUIRED = (
    "Service_Location",
    "Provider_Email",
    "Provider_FirstName",
    "Provider_LastName",
    "Client_ID",
    "Client_FirstName",
    "Client_LastName",
    "Client_Gender",
    "Client_Group",
    "Case_ID",
    "Case_Date",
)
"""As in OpenFIT's public description of its import template."""


class OpenFitSettings(_Receiver):
    """OpenFIT's flat-file import."""

    kind: Literal["openfit"]
    at_once: int = Field(default=2000, ge=1, le=10_000)
    """The most sheets in one file."""
    folder: PathInHome
    """Where the files and the lists of exceptions are put."""
    key_file: PathInHome
    """The organisation's CSV with the names that OpenFIT asks for. Never copied, never logged."""
    sessions_file: PathInHome | None = None
    """A CSV of the sessions that OpenFIT has, so that a number that is taken by another day is noticed."""
    skip_style: Literal["1/0", "Y/N"] = "Y/N"
    """How a skipped questionnaire is marked. Both are documented: ask your OpenFIT which it takes."""
    wait_for_partner_h: float = Field(default=24.0, ge=0)
    """So long a sheet waits for the other one of its session, where that was printed and is not settled;
    then it goes alone. 0: at once."""
    ors: tuple[str, ...] = ("ors", "cors")
    """Instruments that fill the ORS columns."""
    srs: tuple[str, ...] = ("srs", "csrs")
    """Instruments that fill the SRS columns."""
    required: tuple[str, ...] = OPENFIT_REQUIRED
    """Columns about the provider, the client and the case that must not be empty."""
    encoding: Literal["utf-8", "utf-8-sig", "latin-1"] = "utf-8"
    """Of the file; `utf-8-sig` for a program that takes UTF-8 without a mark for something else."""

    @model_validator(mode="after")
    def _one_place_each(self) -> OpenFitSettings:
        both = set(self.ors) & set(self.srs)
        if both:
            raise ValueError(f"{', '.join(sorted(both))} cannot be both an ORS and an SRS")
        unknown = set(self.required) - {*OPENFIT_REQUIRED, "Provider_ID"}
        if unknown or not {"Client_ID", "Case_ID"} <= set(self.required):
            raise ValueError(
                "required takes columns of the template about provider, client and case, with Client_ID and "
                f"Case_ID among them{': not ' if unknown else ''}{', '.join(sorted(unknown))}"
            )
        return self


SNOMED = {
    "ors": "716613004",
    "srs": "720482000",
    "cors": "718458005",
    "csrs": "718762000",
    "cgsrs": "718431003",
}
"""SNOMED CT codes of the questionnaires, as in the terminology's public browser."""


class FhirSettings(_OverHttp):
    """A FHIR R4 server."""

    kind: Literal["fhir"]
    url: Url
    """The server's base; transactions are posted there."""
    token_file: PathInHome | None = None
    """A file with the bearer token. Read again for every batch, so that it may be renewed."""
    system: System
    """What our identifiers begin with: `<system>/sheet`, `/case`, `/person` and so on."""
    subject: Literal["pseudonym", "key_file"] = "pseudonym"
    """How people are named: by an identifier made of case and person, or as a key file says."""
    key_file: PathInHome | None = None
    """CSV with case, subject, rater and reference: what the server calls them, such as `Patient/123`."""
    questionnaires: System | None = None
    """What the questionnaires' canonical addresses begin with; without it `<system>/questionnaire`."""
    snomed: dict[str, str] = Field(default_factory=lambda: dict(SNOMED))
    """From an instrument to its SNOMED CT code. What has none is coded by its own name."""

    @model_validator(mode="after")
    def _with_key_file(self) -> FhirSettings:
        if (self.subject == "key_file") != (self.key_file is not None):
            raise ValueError('subject = "key_file" and key_file belong together')
        return self


class RedcapSettings(_OverHttp):
    """A REDCap project: by its API, or as files to import by hand."""

    kind: Literal["redcap"]
    url: Url | None = None
    """The API's address; it ends in /api/."""
    token_file: PathInHome | None = None
    """A file with the project's API token."""
    folder: PathInHome | None = None
    """Where import files are put, where there is no API to push to."""
    record: Literal["sheet", "session"] = "sheet"
    """What a record is: one sheet, or all sheets that one rater filled in about one person in one session."""
    record_field: str = Field(default="record_id", pattern=r"^[a-z](?:[a-z0-9_]*[a-z0-9])?$", max_length=100)
    """The project's first field."""

    @model_validator(mode="after")
    def _one_way(self) -> RedcapSettings:
        if (self.url is None) == (self.folder is None):
            raise ValueError("give either url (with token_file) or folder")
        if (self.url is None) != (self.token_file is None):
            raise ValueError("url and token_file belong together")
        if self.folder is not None and self.record == "session":
            raise ValueError(
                'record = "session" needs url: only the project knows which sheets are in a record'
            )
        return self
