"""Signing in by name, password and code; how often somebody may try; and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest

from scanner.record import Account, Record
from scanner.review.access import totp
from scanner.review.access.roles import Role
from scanner.review.access.throttle import ADDRESS_TRIES, CODE_TRIES, NAME_TRIES, WINDOW_S, network_of
from scanner.settings_review import ReviewRules
from tests.review.office import PASSWORD, Browser, Moments, Office, token_of, words_of

if TYPE_CHECKING:
    from httpx import Response

NEW = "another harbour at dusk"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def try_in(
    browser: Browser, name: str = "anna", password: str = PASSWORD, further: str = "/account"
) -> Response:
    form = {"name": name, "password": password, "next": further}
    return browser.submit("/sign-in", form, page="/sign-in")


def is_in(browser: Browser) -> bool:
    return bool(browser.get("/account").status_code == 200)


def with_totp(office: Office, name: str = "anna") -> Account:
    account = office.account(name, Role.REVIEWER)
    sealed = totp.sealed(office.app.site.key, SECRET, account_id=account.account_id)
    office.record.set_totp(account.account_id, sealed, actor="test")
    return account


def code_now(office: Office, *, steps: int = 0) -> str:
    step = int(office.record.moment().timestamp()) // totp.STEP_S + steps
    return str(pyotp.TOTP(SECRET).generate_otp(step))


def give_code(browser: Browser, code: str) -> Response:
    return browser.submit("/sign-in/code", {"code": code, "next": "/account"}, page="/sign-in/code")


# --- name and password -------------------------------------------------------------------------------------


def test_with_the_password_in_and_on_to_where_one_was_going(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    browser = office.browser()
    led = browser.get("/account").headers["location"]
    page = browser.get(led)
    form = {"name": "Anna", "password": PASSWORD, "csrf_token": token_of(page), "next": "/account"}

    answer = browser.post("/sign-in", data=form)

    assert 'name="next" value="/account"' in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert is_in(browser)


@pytest.mark.parametrize("password", ["", PASSWORD + "!", PASSWORD.upper(), "x" * 20_000])
def test_with_another_password_not(office: Office, password: str) -> None:
    office.account("anna", Role.REVIEWER)
    browser = office.browser()

    answer = try_in(browser, password=password)

    assert answer.status_code == 422
    assert not is_in(browser)


def test_nobody_learns_which_names_there_are(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    office.account("by-provider", Role.REVIEWER, password=False)
    gone = office.account("gone", Role.REVIEWER)
    office.record.disable_account(gone.account_id, actor="test")

    said = {
        (answer.status_code, words_of(answer))
        for name, password in [("anna", "no"), ("nobody", "no"), ("by-provider", ""), ("gone", PASSWORD)]
        for answer in [try_in(office.browser(), name, password)]
    }

    assert len(said) == 1


def test_every_try_costs_a_comparison(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the time does not tell either."""
    office.account("anna", Role.REVIEWER)
    passwords = office.app.site.passwords
    compared: list[bool] = []
    verify = type(passwords._hasher).verify

    def counting(*arguments: str) -> bool:
        compared.append(True)
        return bool(verify(passwords._hasher, *arguments))

    monkeypatch.setattr(passwords, "_hasher", type("Counting", (), {"verify": staticmethod(counting)})())
    try_in(office.browser(), "anna", "no")
    try_in(office.browser(), "nobody", "no")

    assert len(compared) == 2


def test_signing_in_begins_another_session(office: Office) -> None:
    """Whoever planted a session in the browser has nothing of it."""
    office.account("anna", Role.REVIEWER)
    planted = office.signed_in(Role.AUDITOR, name="mallory").cookies["jana-session"]
    browser = office.browser()
    browser.hold("jana-session", planted)

    answer = browser.submit("/sign-in", {"name": "anna", "password": PASSWORD}, page="/account")

    assert answer.status_code == 303
    assert browser.cookies["jana-session"] != planted
    thief = office.browser()
    thief.hold("jana-session", planted)
    assert not is_in(thief)


def test_signing_out_ends_it_on_the_server_too(office: Office) -> None:
    anna = office.signed_in(Role.REVIEWER)
    kept = anna.cookies["jana-session"]

    answer = anna.submit("/sign-out")

    assert "You are signed out" in words_of(anna.get(answer.headers["location"]))
    thief = office.browser()
    thief.hold("jana-session", kept)
    assert not is_in(thief)


def test_whoever_is_disabled_is_out_at_once(office: Office) -> None:
    account = office.account("anna", Role.REVIEWER)
    anna = office.session_of(account)
    assert is_in(anna)

    office.record.disable_account(account.account_id, actor="test")

    assert not is_in(anna)
    assert try_in(office.browser()).status_code == 422
    office.record.enable_account(account.account_id, actor="test")
    assert not is_in(anna)


# --- too many tries ----------------------------------------------------------------------------------------


def test_who_tries_too_often_has_to_wait(office: Office, moments: Moments) -> None:
    office.account("anna", Role.REVIEWER)
    stranger = office.browser(address="198.51.100.9")
    for _ in range(NAME_TRIES):
        assert try_in(stranger, password="no").status_code == 422

    late = try_in(stranger)

    assert (late.status_code, late.headers["retry-after"]) == (429, "900")
    moments.pass_s(WINDOW_S + 1)
    assert try_in(stranger).status_code == 303


def test_a_stranger_elsewhere_locks_nobody_out(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    stranger = office.browser(address="198.51.100.9")
    for _ in range(NAME_TRIES + 1):
        try_in(stranger, password="no")

    assert try_in(office.browser(address="192.0.2.7")).status_code == 303


def test_a_stranger_at_the_same_address_does_not_either(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    own = office.browser()
    try_in(own)
    own.submit("/sign-out")
    stranger = office.browser()
    for _ in range(NAME_TRIES + 1):
        try_in(stranger, password="no")

    assert try_in(stranger).status_code == 429
    assert try_in(own).status_code == 303


def test_a_known_device_is_bounded_too_and_good_for_its_owner_only(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    office.account("berta", Role.REVIEWER)
    thief = office.browser()
    try_in(thief, "berta")
    thief.submit("/sign-out")

    tries = [try_in(thief, "anna", "no").status_code for _ in range(NAME_TRIES + 1)]
    own = [try_in(thief, "berta", "no").status_code for _ in range(NAME_TRIES + 1)]

    assert tries == own == [422] * NAME_TRIES + [429]


@pytest.mark.parametrize("device", ["1.abc.def", "", "x", "1..", "é"])
def test_a_forged_device_gives_nothing(office: Office, device: str) -> None:
    throttle = office.app.site.throttle

    assert throttle.device_of(device, 1) is None
    assert throttle.device_of(throttle.new_device(1), 1) is not None
    assert throttle.device_of(throttle.new_device(1), 2) is None
    assert throttle.device_of(throttle.new_device(1), None) is None


def test_one_address_cannot_try_all_names(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    place = network_of("198.51.100.9")
    throttle = office.app.site.throttle
    for number in range(ADDRESS_TRIES):
        throttle.failed(throttle.for_password(f"name-{number}", place, None))

    assert try_in(office.browser(address="198.51.100.9")).status_code == 429
    assert try_in(office.browser(address="198.51.100.10")).status_code == 303


def test_success_makes_the_tries_before_it_good_again(office: Office) -> None:
    office.account("anna", Role.REVIEWER)
    for _ in range(2):
        stranger = office.browser()
        for _ in range(NAME_TRIES - 1):
            try_in(stranger, password="no")
        assert try_in(stranger).status_code == 303


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:2"), ("192.0.2.1", "::ffff:192.0.2.1"), ("fe80::1%eth0", "fe80::2")],
)
def test_addresses_of_one_place(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)
    assert network_of(one) != network_of("2001:db8:1::1")


# --- the second factor -------------------------------------------------------------------------------------


def test_after_the_password_comes_the_code(office: Office) -> None:
    with_totp(office)
    browser = office.browser()

    answer = try_in(browser)

    assert answer.headers["location"] == "/sign-in/code?next=/account"
    assert not is_in(browser)
    before = browser.cookies["jana-session"]
    assert give_code(browser, code_now(office)).headers["location"] == "/account"
    assert is_in(browser)
    assert browser.cookies["jana-session"] != before


def test_a_code_is_good_once(office: Office, moments: Moments) -> None:
    with_totp(office)
    first, second = office.browser(), office.browser()
    try_in(first)
    try_in(second)
    code = code_now(office)

    assert give_code(first, code).status_code == 303
    assert give_code(second, code).status_code == 422
    assert not is_in(second)
    moments.pass_s(totp.STEP_S)
    assert give_code(second, code_now(office)).status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_clocks_may_differ_by_half_a_minute(office: Office, steps: int, status: int) -> None:
    with_totp(office)
    browser = office.browser()
    try_in(browser)

    assert give_code(browser, code_now(office, steps=steps)).status_code == status


def test_codes_cannot_be_tried_without_end(office: Office) -> None:
    with_totp(office)
    wrong = "000000" if code_now(office) != "000000" else "000001"
    said = []
    for _ in range(2):
        browser = office.browser()
        try_in(browser)
        said += [give_code(browser, wrong).status_code for _ in range(CODE_TRIES // 2)]

    assert said == [422] * CODE_TRIES
    assert give_code(browser, code_now(office)).status_code == 429


def test_with_the_password_alone_nothing_can_be_changed(office: Office) -> None:
    with_totp(office)
    browser = office.browser()
    try_in(browser)

    for path in ("/account/password", "/account/totp"):
        assert browser.get(path).headers["location"] == "/sign-in/code"
        assert browser.submit(path, page="/sign-in/code").status_code == 403


def test_a_secret_of_another_account_opens_nothing(office: Office) -> None:
    anna, berta = with_totp(office), office.account("berta", Role.REVIEWER)
    kept = office.record.account(anna.account_id)
    assert kept is not None
    office.record.set_totp(berta.account_id, kept.totp_secret, actor="test")
    browser = office.browser()
    try_in(browser, "berta")

    assert give_code(browser, code_now(office)).status_code == 422
    assert not is_in(browser)


def test_the_settings_may_ask_everybody_for_a_second_factor(
    embedded_url: str, tmp_path: Path, moments: Moments
) -> None:
    rules = ReviewRules(require_totp=True)
    with (
        Record.open(embedded_url, clock=moments) as record,
        Office(record, tmp_path, rules=rules) as office,
    ):
        office.account("anna", Role.REVIEWER)
        browser = office.browser()
        try_in(browser)
        assert browser.get("/account").headers["location"] == "/account/totp"
        before = browser.cookies["jana-session"]
        page = browser.get("/account/totp")
        secret = "".join(words_of(page).partition("Or type into it: ")[2].split()[:8])
        sealed = page.text.partition('name="sealed" value="')[2].partition('"')[0]
        step = int(moments().timestamp()) // totp.STEP_S
        form = {"sealed": sealed, "csrf_token": token_of(page)}

        assert browser.post("/account/totp", data=form | {"code": "000"}).status_code == 422
        other = office.session_of(office.account("berta", Role.REVIEWER))
        foreign = {"sealed": sealed, "code": pyotp.TOTP(secret).generate_otp(step)}
        assert other.submit("/account/totp", foreign, page="/account/totp").status_code == 422
        answer = browser.post("/account/totp", data=form | {"code": pyotp.TOTP(secret).generate_otp(step)})

        assert answer.status_code == 303
        assert browser.cookies["jana-session"] != before
        assert is_in(browser)
        again = office.browser()
        try_in(again)
        assert again.get("/account").headers["location"] == "/sign-in/code"


# --- the own password --------------------------------------------------------------------------------------


def change(browser: Browser, *, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Response:
    form = {"old": old, "new": new, "again": new if again is None else again}
    return browser.submit("/account/password", form, page="/account/password")


def test_who_was_given_a_password_changes_it_first(office: Office) -> None:
    office.account("anna", Role.REVIEWER, must_change_password=True)
    browser = office.browser()
    try_in(browser)

    assert browser.get("/account").headers["location"] == "/account/password"
    assert change(browser).headers["location"] == "/"
    assert is_in(browser)
    assert try_in(office.browser()).status_code == 422
    assert try_in(office.browser(), password=NEW).status_code == 303


def test_a_changed_password_ends_all_other_sessions(office: Office) -> None:
    account = office.account("anna", Role.REVIEWER)
    here, elsewhere = office.session_of(account), office.session_of(account)
    before = here.cookies["jana-session"]

    answer = change(here)

    assert "was changed" in words_of(here.get(answer.headers["location"]))
    assert here.cookies["jana-session"] != before
    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("present password is not right", {"old": "no"}),
        ("not typed twice alike", {"again": "no"}),
        ("is the present password", {"new": PASSWORD}),
        ("Too short: at least 15", {"new": "fourteen signs"}),
        ("Too long", {"new": "ab cd ef " * 200}),
        ("account's name", {"new": "anna.anna.anna.anna"}),
        ("Too easily guessed", {"new": "Password1234password"}),
        ("Too easily guessed", {"new": "aaaaaaaaaaaaaaaaaaaa"}),
    ],
)
def test_what_is_no_good_password_is_told(office: Office, said: str, form: dict[str, str]) -> None:
    browser = office.session_of(office.account("anna", Role.REVIEWER))

    answer = change(browser, **form)

    assert answer.status_code == 422
    assert said in words_of(answer)
    assert try_in(office.browser()).status_code == 303


def test_the_same_letters_of_another_keyboard_are_the_same_password(office: Office) -> None:
    browser = office.session_of(office.account("anna", Role.REVIEWER))
    change(browser, new="värikäs ja hyvä yö")

    assert try_in(office.browser(), password="va\u0308rika\u0308s ja hyva\u0308 yo\u0308").status_code == 303
