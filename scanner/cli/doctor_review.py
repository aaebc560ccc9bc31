"""What `jana doctor` looks at of the review page: how it is reached, its files, its sign-in provider."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from scanner.cli.finding import Finding, State
from scanner.errors import ExitCode, SettingsError
from scanner.review.access.keys import read_key, read_secret
from scanner.review.access.oidc_provider import Provider, ProviderError
from scanner.review.serve import place_of, serving_at, tls_context
from scanner.settings import Settings
from scanner.settings_review import OidcProvider

SOON = timedelta(days=21)
"""A certificate that runs out earlier than this is to be seen to."""

PAGE, TLS, KEY, OIDC = "review", "review.tls", "review.key_file", "review.oidc"


def review_findings(settings: Settings) -> Iterator[Finding]:
    """Whether `jana review` would start with the settings as they are, and be safe."""
    yield _place(settings)
    if settings.review.tls_cert is not None and settings.review.tls_key is not None:
        yield _tls(settings.review.tls_cert, settings.review.tls_key)
    if settings.review_key.exists() or settings.review.key_file is not None:
        yield _key(settings.review_key)
    if settings.review.oidc is not None:
        yield _oidc(settings.review.oidc)


def _place(settings: Settings) -> Finding:
    place = place_of(settings.review)
    try:
        serving = serving_at(place)
    except SettingsError as error:
        return _wrong(PAGE, error, "Mend [review] in the settings, or say it to `jana review`.")
    where = f"{place.host}, port {place.port}"
    if not serving.secure:
        return Finding(PAGE, State.OK, f"{where}: for this machine only")
    by = "TLS of its own" if place.tls else f"TLS by a proxy at {', '.join(place.proxies)}"
    return Finding(PAGE, State.OK, f"{where}: {by}, as {', '.join(serving.names)}")


def _tls(certificate: Path, key: Path) -> Finding:
    remedy = f"Have {certificate} and {key} be a certificate and its key, as PEM, readable for Jana's user."
    try:
        tls_context(certificate, key)
        mode = key.stat().st_mode
        ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except SettingsError as error:
        return _wrong(TLS, error, remedy)
    except (OSError, ValueError, ssl.SSLError) as error:
        return _wrong(TLS, SettingsError(f"{certificate}: {error}"), remedy)
    until = f"{certificate} holds until {ends:%Y-%m-%d}"
    now = datetime.now(UTC)
    if ends <= now:
        return _wrong(TLS, SettingsError(f"{until}: browsers refuse it"), "Get a new certificate.")
    if mode & stat.S_IROTH:
        return Finding(TLS, State.WARNING, f"everybody may read the key {key}", f"chmod o-rwx {key}")
    if ends - now < SOON:
        return Finding(TLS, State.WARNING, until, "Get a new certificate, and start `jana review` again.")
    return Finding(TLS, State.OK, until)


def _key(path: Path) -> Finding:
    if not path.exists():
        return Finding(KEY, State.OK, f"{path} is made at the first start")
    try:
        read_key(path)
    except SettingsError as error:
        remedy = "Put the file back that second factors were set up with, for Jana's user alone."
        return _wrong(KEY, error, remedy)
    return Finding(KEY, State.OK, f"{path}")


def _oidc(rules: OidcProvider) -> Finding:
    """The provider is asked how it works, and nothing else."""
    try:
        secret = read_secret(rules.client_secret_file, setting="client_secret_file")
    except SettingsError as error:
        return _wrong(OIDC, error, "Put the secret into that file, for Jana's user alone.")
    try:
        Provider(rules, secret).endpoint("authorization_endpoint")
    except ProviderError as error:
        remedy = (
            "Is the issuer written as it calls itself, and does this machine reach it? "
            "Until then nobody can sign in there."
        )
        return Finding(OIDC, State.WARNING, f"{rules.issuer} cannot be asked: {error}", remedy)
    return Finding(OIDC, State.OK, f"{rules.issuer} answers")


def _wrong(check: str, error: SettingsError, remedy: str) -> Finding:
    return Finding(check, State.ERROR, str(error), remedy, ExitCode.SETTINGS)
