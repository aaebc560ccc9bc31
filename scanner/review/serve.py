"""The page over HTTP: where it may be served, and the server itself (uvicorn)."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError, SettingsError
from scanner.review.connection import Connection
from scanner.review.site import HERE, Serving
from scanner.settings_review import ReviewRules

STOP_S = 4
"""How long answers under way may still take after SIGTERM."""

IDLE_CONNECTION_S = 30
MOST_CONNECTIONS = 500
BACKLOG = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to serve, and who is believed about the browser."""

    host: str
    port: int
    """0: any free one."""
    names: tuple[str, ...]
    tls_cert: Path | None
    tls_key: Path | None
    proxies: tuple[str, ...]
    """Addresses or networks of reverse proxies; not empty: they have TLS."""

    @property
    def tls(self) -> bool:
        return self.tls_cert is not None


def place_of(rules: ReviewRules) -> Place:
    """Where the settings say."""
    return Place(
        host=rules.host,
        port=rules.port,
        names=rules.names,
        tls_cert=rules.tls_cert,
        tls_key=rules.tls_key,
        proxies=rules.proxies,
    )


def serving_at(place: Place) -> Serving:
    """How browsers reach a page that is served there.

    Raises SettingsError where passwords and pictures would go over the wire for all to read, and where
    nobody said under which name the page is known.
    """
    if (place.tls_cert is None) != (place.tls_key is None):
        raise SettingsError("TLS needs both a certificate and its key: --tls-cert and --tls-key.")
    secure = place.tls or bool(place.proxies)
    if not secure and not _is_here(place.host):
        raise SettingsError(
            f"On {place.host} everybody on the way could read passwords and pictures. Give a certificate "
            "(--tls-cert and --tls-key), or put a reverse proxy with TLS before it and name its address "
            "(--behind-proxy), or serve on 127.0.0.1 only."
        )
    for proxy in place.proxies:
        _require_network(proxy)
    anywhere = place.host in ("", "0.0.0.0", "::")  # noqa: S104, looked for, not used
    own = () if anywhere or _is_here(place.host) else (_in_url(place.host),)
    names = (*own, *(name.strip().lower() for name in place.names))
    if secure and not names:
        raise SettingsError(
            "Say under which name browsers know the page, such as --name review.example.org "
            "(or names under [review] in the settings): requests for other names are refused."
        )
    return Serving(names=(*HERE.names, *names), secure=secure)


class ReviewServer:
    """Has the port from the beginning, and answers while `run` runs."""

    def __init__(self, place: Place, log: FilteringBoundLogger) -> None:
        """Raises JanaError when the port cannot be had, SettingsError when the certificate is none."""
        self._place = place
        self._log = log
        self._tls = None if place.tls_cert is None else tls_context(place.tls_cert, place.tls_key)
        try:
            family = socket.getaddrinfo(place.host or None, place.port, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.create_server((place.host, place.port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise JanaError(
                f"The review page cannot have {place.host}, port {place.port}: {error.strerror}. "
                "Choose another with --host and --port."
            ) from error

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._socket.getsockname()[:2]
        return f"{'https' if self._place.tls else 'http'}://{_in_url(host)}:{port}"

    def run(self, app: ASGIApp) -> None:
        """Answer until SIGTERM, or SIGINT, which raises KeyboardInterrupt when all is done."""
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(self._place.proxies),
            forwarded_allow_ips=list(self._place.proxies),
            ssl_context_factory=None if self._tls is None else lambda *_: self._context(),
            timeout_keep_alive=IDLE_CONNECTION_S,
            timeout_graceful_shutdown=STOP_S,
            limit_concurrency=MOST_CONNECTIONS,
        )
        with _into(self._log), _ended_by_sigterm():
            uvicorn.Server(config).run(sockets=[self._socket])

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            raise RuntimeError("there is no certificate")
        return self._tls


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Being asked to stop is no failure: uvicorn repeats the signal once it has stopped."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Handler(logging.Handler):
    """What the server says, as lines of our log."""

    def __init__(self, tell: Callable[..., object]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else None
        self._tell("server", said=record.getMessage(), trace=trace)


@contextmanager
def _into(log: FilteringBoundLogger) -> Iterator[None]:
    handler = _Handler(log.error)
    logger = logging.getLogger("uvicorn")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """What a server with this certificate needs. Raises SettingsError when it cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"The certificate {certificate} with its key cannot be used: {error}.") from error
    return context


def _is_here(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_network(proxy: str) -> None:
    try:
        ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        raise SettingsError(
            f"{proxy!r} is neither an address nor a network: name the proxy as 10.0.0.5 or 10.0.0.0/24."
        ) from None


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
