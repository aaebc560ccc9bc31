"""Talking to a server that holds records of clients: verified, bounded in time and size, never elsewhere.

Certificates are verified, proxies and passwords of the environment are not used, and no redirect is followed:
what is meant for one server goes to no other.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from scanner.errors import SettingsError

MAX_ANSWER_BYTES = 8 * 1024**2
"""A server that sends more than this talks nonsense."""
MAX_REASON = 500
"""Characters of a server's reason that we keep."""


class NoAnswerError(Exception):
    """The server was not reached, was too slow, or hung up: what it did is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def retry_after_s(self) -> float | None:
        """When the server said to come back: in seconds, or as a moment."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return float(min(int(said), 7 * 86_400))
        try:
            at = parsedate_to_datetime(said)
        except (TypeError, ValueError):
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return max((at - datetime.now(UTC)).total_seconds(), 0.0)


class Server:
    """One server, with a connection that is kept open."""

    def __init__(
        self, *, timeout_s: float, ca_file: Path | None, certificate: Path | None, key: Path | None
    ) -> None:
        """Raises SettingsError for certificates that cannot be used."""
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            verify=_trust(ca_file, certificate, key),
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "jana"},
        )

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Post and wait for the whole answer. Raises NoAnswerError."""
        return self._ask("POST", url, content, headers)

    def get(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Ask and wait for the whole answer. Raises NoAnswerError."""
        return self._ask("GET", url, None, headers)

    def _ask(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        until = time.monotonic() + self._timeout_s
        try:
            with self._client.stream(method, url, content=content, headers=dict(headers)) as answer:
                body = bytearray()
                # The client's own limit starts anew with every byte: a server may drip for ever.
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise NoAnswerError("its answer does not end")
                    if time.monotonic() > until:
                        raise NoAnswerError(f"no whole answer within {self._timeout_s:g} s")
                named = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status_code, named, bytes(body))
        except httpx.TimeoutException as error:
            raise NoAnswerError(f"no answer within {self._timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # The error's text may hold the request; its kind is enough to find the cause.
            raise NoAnswerError(f"not reached ({type(error).__name__}{_cause(error)})") from error

    def close(self) -> None:
        self._client.close()


def plain(text: object) -> str:
    """A server's words as one short line that is harmless wherever it is shown."""
    words = "".join(letter if letter.isprintable() else " " for letter in str(text))
    line = " ".join(words.split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"


def _trust(ca_file: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "ca_file, client_certificate or client_key cannot be used: "
            f"{plain(error.strerror if isinstance(error, OSError) and error.strerror else error)}."
        ) from error
    return context


def _cause(error: Exception) -> str:
    """What the operating system or the certificate check said."""
    below = error.__cause__ or error.__context__
    while below is not None:
        if isinstance(below, ssl.SSLCertVerificationError):
            return f": {plain(below.verify_message)}"
        if isinstance(below, OSError) and below.strerror:
            return f": {below.strerror}"
        below = below.__cause__ or below.__context__
    return ""
