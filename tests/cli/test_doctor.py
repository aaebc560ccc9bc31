"""`jana doctor`: what is wrong is found, named, and mirrored in the exit code."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import ExitCode
from tests.acceptance.command import Jana
from tests.review.fake_provider import FakeProvider
from tests.review.test_serve import made_certificate


def findings(out: str) -> dict[str, dict[str, Any]]:
    return {finding["check"]: finding for finding in json.loads(out)}


def test_a_good_machine(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_LICENCE", "Licence 4711")
    answer = jana("doctor", "--json")

    assert answer.code == 0
    found = findings(answer.out)
    assert list(found) == [
        *(
            "python",
            "zbar",
            "tesseract",
            "poppler",
            "settings",
            "home",
            "forms",
            "profile",
            "review",
            "record",
        ),
    ]
    for finding in found.values():
        assert list(finding) == ["check", "state", "detail", "remedy"]
        assert finding["state"] in ("ok", "warning")
        assert (finding["remedy"] is None) == (finding["state"] == "ok")
    assert found["forms"]["state"] == "ok"


def test_what_is_less_than_good_has_a_remedy(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_LANGAUGE", "fi")
    answer = jana("doctor")

    assert answer.code == 0
    assert "JANA_LANGAUGE means nothing" in answer.out
    assert "specimen" in answer.out
    assert "need attention" in answer.err
    assert all(len(line.rstrip()) <= 80 for line in answer.out.splitlines())


def test_a_helper_that_is_missing_is_a_warning(jana: Jana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    found = findings(jana("doctor", "--json").out)

    for check, package in (("tesseract", "tesseract-ocr"), ("poppler", "poppler-utils")):
        assert found[check]["state"] == "warning"
        assert package in found[check]["remedy"]


@pytest.mark.parametrize(
    ("name", "value", "check", "code"),
    [
        ("JANA_LANGUAGE", "klingon", "settings", ExitCode.SETTINGS),
        ("JANA_INSTRUMENTS", "/nonexistent.toml", "forms", ExitCode.SETTINGS),
        ("JANA_LICENCE", "much too long " * 100, "forms", ExitCode.SETTINGS),
        ("JANA_PROFILE", "/nonexistent.toml", "profile", ExitCode.SETTINGS),
        ("JANA_DATABASE_URL", "mysql://host/jana", "record", ExitCode.SETTINGS),
        (
            "JANA_DATABASE_URL",
            "postgresql://jana:secret@/jana?host=/nonexistent",
            "record",
            ExitCode.DATABASE,
        ),
    ],
)
def test_what_stops_the_work_is_an_error_with_its_exit_code(
    jana: Jana, monkeypatch: pytest.MonkeyPatch, name: str, value: str, check: str, code: ExitCode
) -> None:
    monkeypatch.setenv(name, value)

    answer = jana("doctor", "--json")

    assert answer.code == code
    assert findings(answer.out)[check]["state"] == "error"
    assert findings(answer.out)[check]["remedy"]
    assert "secret" not in answer.out + answer.err


def test_a_secret_that_others_can_read_is_told_of(
    jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"sqlite:///{tmp_path}/other.sqlite\n")
    monkeypatch.setenv("JANA_DATABASE_URL_FILE", str(secret))
    secret.chmod(0o644)
    assert "others can read" in findings(jana("doctor", "--json").out)["settings"]["detail"]
    secret.chmod(0o600)
    assert findings(jana("doctor", "--json").out)["settings"]["state"] == "ok"
    assert (tmp_path / "other.sqlite").exists()


def review(jana: Jana, home: Path, **settings: object) -> dict[str, dict[str, Any]]:
    """What is found of the review page with these settings."""
    lines = (f"{name} = {json.dumps(value)}" for name, value in settings.items())
    (home / "settings.toml").write_text("\n".join(["[review]", *lines]))
    found = findings(jana("doctor", "--json").out)
    return {check: it for check, it in found.items() if check.startswith("review")}


def test_a_review_page_that_everybody_could_listen_to_is_an_error(jana: Jana, home: Path) -> None:
    assert review(jana, home)["review"]["state"] == "ok"

    found = review(jana, home, host="192.0.2.1")["review"]

    assert jana("doctor").code == ExitCode.SETTINGS
    assert found["state"] == "error"
    assert "everybody on the way could read passwords" in found["detail"]
    proxies = ["192.0.2.0/24"]
    assert "under which name" in review(jana, home, proxies=proxies)["review"]["detail"]
    good = review(jana, home, host="192.0.2.1", proxies=proxies, names=["review.example.org"])["review"]
    assert good["state"] == "ok"
    assert "proxy at 192.0.2.0/24" in good["detail"]


@pytest.mark.parametrize(
    ("what", "days", "state", "said"),
    [
        ("good", 90, "ok", "holds until"),
        ("soon", 5, "warning", "new certificate"),
        ("late", -1, "error", "browsers refuse it"),
        ("open", 90, "warning", "chmod o-rwx"),
        ("none", 90, "error", "cannot be used"),
    ],
)
def test_the_certificate_of_the_review_page_is_looked_at(
    jana: Jana, home: Path, tmp_path: Path, what: str, days: int, state: str, said: str
) -> None:
    certificate, key = made_certificate(tmp_path, timedelta(days=days))
    key.chmod(0o644 if what == "open" else 0o600)
    if what == "none":
        key.write_text("no key")

    found = review(jana, home, tls_cert=str(certificate), tls_key=str(key), names=["localhost"])

    assert found["review.tls"]["state"] == state
    assert said in found["review.tls"]["detail"] + (found["review.tls"]["remedy"] or "")


def test_secrets_of_the_review_page_and_its_provider_are_looked_at(
    jana: Jana, home: Path, tmp_path: Path
) -> None:
    secret, key = tmp_path / "secret", tmp_path / "key"
    secret.write_text("hush hush")
    key.write_text("not hexadecimal")
    for path in (secret, key):
        path.chmod(0o600)
    with FakeProvider(now=time.time) as provider:
        oidc = f'issuer = "{provider.issuer}"\nclient_id = "jana"\nclient_secret_file = "{secret}"'
        settings = f'[review]\nkey_file = "{key}"\n[review.oidc]\n{oidc}'

        def looked() -> dict[str, dict[str, Any]]:
            (home / "settings.toml").write_text(settings)
            answer = jana("doctor", "--json")
            assert "hush" not in answer.out + answer.err
            return findings(answer.out)

        found = looked()
        assert found["review.oidc"]["state"] == "ok"
        assert "holds no key" in found["review.key_file"]["detail"]
        secret.chmod(0o644)
        assert "Everybody may read" in looked()["review.oidc"]["detail"]
        secret.chmod(0o600)
    found = looked()
    assert found["review.oidc"]["state"] == "warning"
    assert "cannot be asked" in found["review.oidc"]["detail"]
