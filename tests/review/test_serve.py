"""`jana review` as a process: where it serves, what it believes of a proxy, how it stops."""

from __future__ import annotations

import datetime
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scanner.errors import JanaError, SettingsError
from scanner.record import Record
from scanner.review.access.roles import Role
from scanner.review.serve import Place, ReviewServer, serving_at
from tests.review.office import NAME, PASSWORD, TOKEN, Office

PATIENCE_S = 120.0
HERE = Place(host="127.0.0.1", port=0, names=(), tls_cert=None, tls_key=None, proxies=())


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    url: str
    said: list[str]
    """What it said before it served."""

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, list[dict[str, object]]]:
        """The exit code, and the rest of the log."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, [json.loads(line) for line in err.splitlines() if line[0] == "{"]


@contextmanager
def review(home: Path, *options: str) -> Iterator[Running]:
    """The command, once it answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JANA_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scanner.cli.main", "review", "--port", "0", *options],
        env=environment | {"JANA_HOME": str(home), "JANA_LANGUAGE": "en"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line.strip())
            if line.startswith("{"):
                yield Running(process, json.loads(line)["url"], said)
                return
        pytest.fail("\n".join(said))
    finally:
        process.kill()
        process.communicate()


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=PATIENCE_S)


def with_anna(home: Path) -> None:
    with Record.open(f"sqlite:///{home / 'jana.sqlite'}") as record, Office(record, home) as office:
        office.account("anna", Role.AUDITOR)


def signed_in(client: httpx.Client, **headers: str) -> bool:
    """Sign in as an HTTP library does it."""
    token = TOKEN.search(client.get("/sign-in", headers=headers).text)
    assert token is not None
    form = {"name": "anna", "password": PASSWORD, "csrf_token": token.group(1)}
    client.post("/sign-in", data=form, headers=headers)
    return client.get("/account", headers=headers).status_code == 200


def test_it_serves_says_how_to_begin_and_stops_when_asked(tmp_path: Path) -> None:
    with review(tmp_path) as running:
        assert "jana user add" in running.said[0]
        assert get(f"{running.url}/healthz").json() == {"well": True}
        assert get(f"{running.url}/sign-in?secret=1").status_code == 200
        assert get(f"{running.url}/secret").status_code == 404
        with_anna(tmp_path)
        for url in (running.url, running.url.replace("127.0.0.1", "localhost")):
            with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
                assert signed_in(client)
        code, log = running.stop()

    assert code == 0
    asked = [(line["method"], line["route"], line["status"]) for line in log if line["event"] == "answered"]
    assert asked[:3] == [("GET", "/healthz", 200), ("GET", "/sign-in", 200), ("GET", None, 404)]
    assert "secret" not in str(log)
    assert PASSWORD not in str(log)
    assert log[-1]["event"] == "stopped"
    assert (tmp_path / "review.key").stat().st_mode & 0o777 == 0o600


def test_over_tls_of_its_own_until_ctrl_c(tmp_path: Path) -> None:
    with_anna(tmp_path)
    certificate, key = made_certificate(tmp_path)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key), "--name", "localhost")
    trusted = ssl.create_default_context(cafile=str(certificate))
    with review(tmp_path, *options) as running:
        assert "jana user add" not in "".join(running.said)
        assert running.url.startswith("https://")
        url = running.url.replace("127.0.0.1", "localhost")
        with httpx.Client(base_url=url, verify=trusted, timeout=PATIENCE_S) as client:
            assert signed_in(client)
            assert "strict-transport-security" in client.get("/sign-in").headers
            assert all(name.startswith("__Host-") for name in client.cookies)
        assert running.stop(signal.SIGINT)[0] == 130


@pytest.mark.parametrize(("proxy", "status"), [("127.0.0.0/8", 200), ("10.1.2.3", 400)])
def test_behind_a_proxy_only_the_proxy_is_believed(tmp_path: Path, proxy: str, status: int) -> None:
    said = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    with review(tmp_path, "--behind-proxy", proxy, "--name", NAME) as running:
        assert get(f"{running.url}/sign-in", **said).status_code == status
        assert get(f"{running.url}/sign-in", Host=NAME).status_code == 400
        assert get(f"{running.url}/healthz").status_code == 200


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = replace(HERE, port=taken.getsockname()[1])
        with pytest.raises(JanaError, match="Choose another with --host and --port"):
            ReviewServer(place, structlog.get_logger())


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    none = tmp_path / "cert.pem"
    none.write_text("no certificate")
    with pytest.raises(SettingsError, match="cannot be used"):
        ReviewServer(replace(HERE, tls_cert=none, tls_key=none), structlog.get_logger())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "review.example.org", ""])  # noqa: S104
def test_elsewhere_it_does_not_serve_without_tls(host: str) -> None:
    with pytest.raises(SettingsError, match="everybody on the way"):
        serving_at(replace(HERE, host=host, names=(NAME,)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_here_it_does(host: str) -> None:
    serving = serving_at(replace(HERE, host=host))
    assert not serving.secure
    assert serving.scheme == "http"


def test_with_tls_it_needs_a_name() -> None:
    files = (Path("cert.pem"), Path("key.pem"))
    anywhere = replace(HERE, host="0.0.0.0", tls_cert=files[0], tls_key=files[1])  # noqa: S104
    with pytest.raises(SettingsError, match="--name"):
        serving_at(anywhere)
    with pytest.raises(SettingsError, match="both"):
        serving_at(replace(HERE, tls_cert=files[0]))


@pytest.mark.parametrize("proxy", ["*", "proxy.example.org", "10.0.0.0/33", ""])
def test_a_proxy_is_an_address(proxy: str) -> None:
    with pytest.raises(JanaError, match="neither an address nor a network"):
        serving_at(replace(HERE, names=(NAME,), proxies=(proxy,)))


def made_certificate(
    folder: Path, ends_in: datetime.timedelta = datetime.timedelta(days=1)
) -> tuple[Path, Path]:
    """A certificate for this machine that nobody else signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(17)
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + ends_in)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
