"""Signing in at a provider: what is believed, and what is not."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import SettingsError
from scanner.record import Record
from scanner.review.access.oidc import LONGEST_AWAY_S
from scanner.review.access.roles import Role
from scanner.settings_review import OidcProvider, ReviewRules
from tests.review.fake_provider import CLIENT, SECRET, FakeProvider, encoded, foreign_key, signing_key
from tests.review.office import Browser, Moments, Office, words_of

BACK = "/sign-in/provider/back"


@pytest.fixture
def fake(moments: Moments) -> Iterator[FakeProvider]:
    with FakeProvider(lambda: moments().timestamp()) as provider:
        yield provider


@pytest.fixture
def rules(fake: FakeProvider, tmp_path: Path) -> OidcProvider:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    return OidcProvider(issuer=fake.issuer, client_id=CLIENT, client_secret_file=secret, label="City")


@pytest.fixture
def house(embedded_url: str, tmp_path: Path, moments: Moments, rules: OidcProvider) -> Iterator[Office]:
    """The page, with the provider, and Anna's account linked to a person there."""
    review = ReviewRules(oidc=rules)
    with (
        Record.open(embedded_url, clock=moments) as record,
        Office(record, tmp_path, rules=review) as made,
    ):
        made.account("anna", Role.REVIEWER, password=False, oidc=(rules.issuer, "person-17"))
        yield made


def away(browser: Browser, further: str = "/account") -> str:
    """The provider's address that a browser is sent to."""
    answer = browser.get("/sign-in/provider", params={"next": further})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def is_in(browser: Browser) -> bool:
    return bool(browser.get("/account").status_code == 200)


def test_whom_the_provider_vouches_for_is_in(house: Office, fake: FakeProvider) -> None:
    browser = house.browser()

    answer = browser.get(BACK, params=fake.sign_in(away(browser)))

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "anna" in words_of(browser.get("/account"))


def test_the_button_says_where_it_leads(house: Office) -> None:
    assert "Sign in with City" in words_of(house.browser().get("/sign-in"))


def test_without_a_provider_there_is_no_such_way(office: Office) -> None:
    assert office.browser().get("/sign-in/provider").status_code == 404
    assert office.browser().get(BACK).status_code == 404


def test_password_and_second_factor_are_not_changed_here(house: Office, fake: FakeProvider) -> None:
    browser = house.browser()
    browser.get(BACK, params=fake.sign_in(away(browser)))

    assert browser.get("/account/password").status_code == 404
    assert browser.get("/account/totp").status_code == 404


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"aud": ["jana", "another"]},
        {"aud": ["jana", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(
    house: Office, fake: FakeProvider, claims: dict[str, Any]
) -> None:
    fake.claims = claims
    browser = house.browser()

    answer = browser.get(BACK, params=fake.sign_in(away(browser)))

    assert answer.status_code == 422
    assert fake.token_requests == 1
    assert not is_in(browser)


def test_two_audiences_are_good_when_the_token_was_made_for_us(house: Office, fake: FakeProvider) -> None:
    fake.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    browser = house.browser()

    browser.get(BACK, params=fake.sign_in(away(browser)))

    assert is_in(browser)


def test_an_unsigned_token_is_refused(house: Office, fake: FakeProvider) -> None:
    fake.algorithm = "none"
    browser = house.browser()

    assert browser.get(BACK, params=fake.sign_in(away(browser))).status_code == 422
    assert not is_in(browser)


def test_a_token_of_another_key_is_refused(house: Office, fake: FakeProvider) -> None:
    fake.key = foreign_key()
    browser = house.browser()

    assert browser.get(BACK, params=fake.sign_in(away(browser))).status_code == 422
    assert not is_in(browser)


def test_a_token_signed_with_the_public_key_as_a_password_is_refused(
    house: Office, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = signing_key().as_pem(private=False)
    honest = fake._signed

    def forged(grant: Any) -> str:
        claims = honest(grant).split(".")[1]
        signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{claims}"
        seal = hmac.new(public, signed.encode(), sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"

    monkeypatch.setattr(fake, "_signed", forged)
    browser = house.browser()

    assert browser.get(BACK, params=fake.sign_in(away(browser))).status_code == 422
    assert not is_in(browser)


def test_a_replayed_answer_is_refused(house: Office, fake: FakeProvider) -> None:
    browser = house.browser()
    address = away(browser)
    kept = browser.cookies["jana-provider"]
    brought = fake.sign_in(address)
    browser.get(BACK, params=brought)
    thief = house.browser()

    assert thief.get(BACK, params=brought).status_code == 422
    thief.hold("jana-provider", kept)
    fake.codes[brought["code"]] = next(iter(fake.codes.values()), None) or _grant(address)
    asked = fake.token_requests

    assert thief.get(BACK, params=brought).status_code == 422
    assert fake.token_requests == asked
    assert not is_in(thief)


def _grant(address: str) -> Any:
    """A provider that takes codes twice."""
    other = FakeProvider(lambda: 0.0)
    return other.codes[other.sign_in(address)["code"]]


def test_a_used_code_is_refused(house: Office, fake: FakeProvider) -> None:
    first, second = house.browser(), house.browser()
    used = fake.sign_in(away(first))
    first.get(BACK, params=used)
    state = fake.sign_in(away(second))["state"]

    assert second.get(BACK, params={"code": used["code"], "state": state}).status_code == 422
    assert not is_in(second)


def test_an_answer_to_another_browser_is_refused(house: Office, fake: FakeProvider) -> None:
    thief, owner = house.browser(), house.browser()
    away(owner)

    assert owner.get(BACK, params=fake.sign_in(away(thief))).status_code == 422
    assert fake.token_requests == 0
    assert not is_in(owner)


def test_an_answer_without_departure_or_with_a_forged_one_is_refused(
    house: Office, fake: FakeProvider
) -> None:
    brought = fake.sign_in(away(house.browser()))
    for cookie in (None, "", "00", "ff" * 80, "no hex"):
        browser = house.browser()
        if cookie is not None:
            browser.hold("jana-provider", cookie)
        assert browser.get(BACK, params=brought).status_code == 422
    assert fake.token_requests == 0


def test_who_stays_away_too_long_has_to_begin_again(
    house: Office, fake: FakeProvider, moments: Moments
) -> None:
    browser = house.browser()
    brought = fake.sign_in(away(browser))
    moments.pass_s(LONGEST_AWAY_S + 1)

    assert browser.get(BACK, params=brought).status_code == 422
    assert fake.token_requests == 0


def test_an_answer_in_another_providers_name_is_refused(house: Office, fake: FakeProvider) -> None:
    browser = house.browser()
    brought = fake.sign_in(away(browser))

    assert browser.get(BACK, params=brought | {"iss": "https://other.example"}).status_code == 422
    assert fake.token_requests == 0


def test_a_provider_that_names_itself_always_does(house: Office, fake: FakeProvider) -> None:
    fake.metadata = {"authorization_response_iss_parameter_supported": True}
    silent, naming = house.browser(), house.browser()

    assert silent.get(BACK, params=fake.sign_in(away(silent))).status_code == 422
    naming.get(BACK, params=fake.sign_in(away(naming)) | {"iss": fake.issuer})
    assert is_in(naming)


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://other.example"}, {"authorization_endpoint": "javascript:alert(1)"}],
    ids=str,
)
def test_a_provider_that_is_another_is_not_gone_to(
    house: Office, fake: FakeProvider, metadata: dict[str, Any]
) -> None:
    fake.metadata = metadata

    assert house.browser().get("/sign-in/provider").status_code == 422


def test_a_refusal_there_is_told(house: Office, fake: FakeProvider) -> None:
    browser = house.browser()
    state = fake.sign_in(away(browser))["state"]

    answer = browser.get(BACK, params={"error": "access_denied", "state": state})

    assert answer.status_code == 422
    assert "did not work" in words_of(answer)


def test_a_person_without_account_learns_the_number_to_ask_for(house: Office, fake: FakeProvider) -> None:
    fake.subject = "<b>stranger</b>"
    browser = house.browser()

    answer = browser.get(BACK, params=fake.sign_in(away(browser)))

    assert answer.status_code == 403
    assert "&lt;b&gt;stranger&lt;/b&gt;" in answer.text
    assert "<b>stranger" not in answer.text
    assert not is_in(browser)


def test_the_same_number_elsewhere_is_another_person(
    house: Office, fake: FakeProvider, rules: OidcProvider
) -> None:
    house.account("berta", Role.ADMIN, password=False, oidc=("https://other.example", "person-18"))
    fake.subject = "person-18"
    browser = house.browser()

    assert browser.get(BACK, params=fake.sign_in(away(browser))).status_code == 403


def test_a_disabled_account_is_not_let_in(house: Office, fake: FakeProvider, rules: OidcProvider) -> None:
    anna = house.record.account_by_oidc(rules.issuer, "person-17")
    assert anna is not None
    house.record.disable_account(anna.account_id, actor="test")
    browser = house.browser()

    assert browser.get(BACK, params=fake.sign_in(away(browser))).status_code == 403
    assert not is_in(browser)


def test_keys_are_asked_for_once(house: Office, fake: FakeProvider) -> None:
    for _ in range(3):
        browser = house.browser()
        browser.get(BACK, params=fake.sign_in(away(browser)))

    assert fake.key_requests == 1


def test_a_secret_that_everybody_may_read_is_refused(rules: OidcProvider, tmp_path: Path) -> None:
    rules.client_secret_file.chmod(0o644)

    with (
        Record.open(f"sqlite:///{tmp_path}/other.sqlite") as record,
        pytest.raises(SettingsError, match="Everybody may read"),
    ):
        Office(record, tmp_path, rules=ReviewRules(oidc=rules))


def test_a_provider_without_tls_elsewhere_is_refused(rules: OidcProvider) -> None:
    with pytest.raises(ValueError, match="https"):
        replace(rules, issuer="http://login.example.org")
