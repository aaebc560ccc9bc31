"""Who is talked to: certificates are verified in both directions, and the address says so beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scanner.delivery.http import NoAnswerError, Server, plain
from scanner.errors import SettingsError
from scanner.settings_receivers import FhirSettings, OpenFitSettings, RedcapSettings
from tests.delivery.certificates import Authority
from tests.delivery.serving import Request, Response, serving


def ok(request: Request) -> Response:
    return Response(200, request.body)


@contextmanager
def server_of(**files: Path | None) -> Iterator[Server]:
    named = {"ca_file": None, "certificate": None, "key": None, **files}
    with closing(Server(timeout_s=5, **named)) as server:
        yield server


def test_a_certificate_of_a_stranger_is_not_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(ok, authority.server()) as running:
        url = f"https://{running.address}/x"
        with (
            server_of() as server,
            pytest.raises(NoAnswerError, match=r"self-signed|unable to get local issuer"),
        ):
            server.post(url, b"results", {})
        assert running.requests == []
        with server_of(ca_file=authority.file) as server:
            assert server.post(url, b"results", {}).body == b"results"


def test_a_certificate_for_another_host_is_not_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(ok, authority.server()) as running, server_of(ca_file=authority.file) as server:
        url = f"https://localhost:{running.server_address[1]}/x"
        with pytest.raises(NoAnswerError, match="mismatch"):
            server.post(url, b"results", {})


def test_we_show_our_own_certificate_where_it_is_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("jana")
    with serving(ok, authority.server(asks_client=True)) as running:
        url = f"https://{running.address}/x"
        with server_of(ca_file=authority.file) as server, pytest.raises(NoAnswerError):
            server.post(url, b"results", {})
        with server_of(ca_file=authority.file, certificate=certificate, key=key) as server:
            assert server.post(url, b"results", {}).status == 200


def test_certificates_that_cannot_be_used_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ca_file"), server_of(ca_file=tmp_path / "nothing"):
        pass
    (tmp_path / "rubbish").write_text("rubbish")
    with (
        pytest.raises(SettingsError, match="client_certificate"),
        server_of(certificate=tmp_path / "rubbish"),
    ):
        pass


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(ok) as proxy, serving(ok) as running:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        with server_of() as server:
            server.post(f"http://{running.address}/x", b"results", {})
        assert (len(proxy.requests), len(running.requests)) == (0, 1)


def test_a_servers_words_are_harmless() -> None:
    assert plain("a\r\nb\x1b[2J\u202ec\0") == "a b [2J c"
    assert len(plain("x" * 5000)) == 500


FHIR = {"kind": "fhir", "url": "https://fhir.example/r4", "system": "https://jana.example/id"}
REDCAP = {"kind": "redcap", "url": "https://redcap.example/api/", "token_file": "token"}
OPENFIT = {"kind": "openfit", "folder": "out", "key_file": "key.csv"}


def test_what_is_set_is_what_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JANA_HOME", str(tmp_path))
    assert RedcapSettings.model_validate(REDCAP).token_file == tmp_path / "token"
    assert OpenFitSettings.model_validate(OPENFIT).folder == tmp_path / "out"
    assert FhirSettings.model_validate({**FHIR, "url": "http://127.0.0.1:8080/fhir/"}).url.endswith("/fhir")


@pytest.mark.parametrize(
    ("kind", "values", "changes", "said"),
    [
        (FhirSettings, FHIR, {"url": "http://fhir.example/r4"}, "https"),
        (FhirSettings, FHIR, {"url": "fhir.example"}, "whole address"),
        (FhirSettings, FHIR, {"url": "https://u:p@fhir.example/r4"}, "file of its own"),
        (FhirSettings, FHIR, {"url": "https://fhir.example/r4?token=x"}, "file of its own"),
        (FhirSettings, FHIR, {"system": "https://jana.example/i d"}, "URI"),
        (FhirSettings, FHIR, {"system": "https://jana.example/a|b"}, "URI"),
        (FhirSettings, FHIR, {"subject": "key_file"}, "belong together"),
        (FhirSettings, FHIR, {"key_file": "key.csv"}, "belong together"),
        (FhirSettings, FHIR, {"client_key": "k"}, "client_certificate"),
        (FhirSettings, FHIR, {"timeout_s": 0}, "timeout_s"),
        (FhirSettings, FHIR, {"tokenfile": "x"}, "tokenfile"),
        (RedcapSettings, REDCAP, {"url": None}, "either url"),
        (RedcapSettings, REDCAP, {"folder": "out"}, "either url"),
        (RedcapSettings, REDCAP, {"token_file": None}, "belong together"),
        (RedcapSettings, REDCAP, {"record_field": "Record ID"}, "record_field"),
        (RedcapSettings, {"kind": "redcap", "folder": "out"}, {"record": "session"}, "url"),
        (OpenFitSettings, OPENFIT, {"skip_style": "yes"}, "skip_style"),
        (OpenFitSettings, OPENFIT, {"ors": ["ors"], "srs": ["ors"]}, "both an ORS and an SRS"),
        (OpenFitSettings, OPENFIT, {"required": ["Client_Shoe"]}, "Client_Shoe"),
        (OpenFitSettings, OPENFIT, {"required": ["Case_ID"]}, "Client_ID"),
        (OpenFitSettings, OPENFIT, {"at_once": 0}, "at_once"),
    ],
)
def test_a_wrong_setting_is_named(
    kind: Any, values: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        kind.model_validate({**values, **changes})
