"""Whose forms are taken: with the token of this very session, from a page of our own, of a decent size."""

from __future__ import annotations

import pytest

from scanner.review.access.csrf import comes_from_us, token_for
from scanner.review.access.roles import Role
from tests.review.office import Browser, Office

OURS = "http://127.0.0.1:8350"


@pytest.fixture
def anna(office: Office) -> Browser:
    return office.signed_in(Role.REVIEWER, name="anna")


def language_of(office: Office) -> str | None:
    account = office.record.account_named("anna")
    assert account is not None
    return account.language


def choose(browser: Browser, token: str | None, **headers: str) -> int:
    """Post a form that changes something of the account."""
    form = {"language": "sv", "next": "/account"} | ({} if token is None else {"csrf_token": token})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return int(browser.post("/language", data=form, headers=named).status_code)


def test_with_its_token_a_form_is_taken(office: Office, anna: Browser) -> None:
    assert choose(anna, anna.token("/account"), sec_fetch_site="same-origin", origin=OURS) == 303
    assert language_of(office) == "sv"


def test_a_script_may_give_the_token_in_a_header(office: Office, anna: Browser) -> None:
    assert choose(anna, None, x_csrf_token=anna.token("/account")) == 303
    assert language_of(office) == "sv"


@pytest.mark.parametrize("token", [None, "", "0" * 64, "x", "é", "\x00"], ids=repr)
def test_without_the_token_or_with_a_forged_one_it_is_not(
    office: Office, anna: Browser, token: str | None
) -> None:
    assert choose(anna, token) in (403, 422)
    assert language_of(office) is None


def test_somebody_elses_token_is_of_no_use(office: Office, anna: Browser) -> None:
    other = office.signed_in(Role.ADMIN).token("/account")
    nobodys = office.browser().token("/sign-in")

    assert choose(anna, other) == 403
    assert choose(anna, nobodys) == 403
    assert language_of(office) is None


def test_a_token_of_an_earlier_session_is_stale(office: Office, anna: Browser) -> None:
    account = office.record.account_named("anna")
    assert account is not None
    stale = anna.token("/account")
    again = office.session_of(account)

    assert choose(again, stale) == 403


def test_the_token_does_not_tell_the_cookie() -> None:
    assert token_for("cookie") != token_for("cookie2")
    assert "cookie" not in token_for("cookie")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": OURS},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8350"},
        {"sec_fetch_site": "same-origin", "origin": "https://evil.example"},
        {"sec_fetch_site": "none", "origin": "null"},
    ],
    ids=str,
)
def test_from_another_site_even_the_right_token_is_refused(
    office: Office, anna: Browser, headers: dict[str, str]
) -> None:
    assert choose(anna, anna.token("/account"), **headers) == 403
    assert language_of(office) is None


def test_browsers_hide_the_origin_of_a_page_without_referrer() -> None:
    said = {"sec-fetch-site": "same-origin", "origin": "null"}
    assert comes_from_us("POST", said, origin=OURS)


def test_another_site_may_lead_here_but_fetch_nothing(anna: Browser) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    frame = link | {"Sec-Fetch-Dest": "iframe"}
    picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    script = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}

    assert anna.get("/account", headers=link).status_code == 200
    for headers in (frame, picture, script):
        assert anna.get("/account", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "a@127.0.0.1", "review.example.org"]
)
def test_requests_for_another_name_are_refused(anna: Browser, host: str) -> None:
    answer = anna.get("/account", headers={"Host": host})

    assert answer.status_code == 400
    assert "anna" not in answer.text


def test_a_large_request_is_refused(anna: Browser) -> None:
    answer = anna.post("/language", data={"csrf_token": "x" * 100_000})

    assert answer.status_code == 413


def test_files_and_heaps_of_fields_are_refused(anna: Browser) -> None:
    assert anna.post("/language", files={"file": b"x"}).status_code == 400
    many = "&".join(f"f{number}=" for number in range(300))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert anna.post("/language", content=many, headers=kind).status_code == 400


@pytest.mark.parametrize(
    "body", [b"csrf_token=%00", b"csrf_token=\xff\xfe", b"csrf_token=%ED%A0%80", b"\x00" * 50]
)
def test_what_is_no_text_does_no_harm(anna: Browser, body: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    assert anna.post("/language", content=body, headers=kind).status_code in (400, 403, 422)


@pytest.mark.parametrize(
    "path", ["/static/%00", "/static/..%2f..%2fapp.py", "/accounts/%ED%A0%80", "/account/"]
)
def test_odd_paths_are_not_found(anna: Browser, path: str) -> None:
    assert anna.get(path).status_code in (403, 404)


@pytest.mark.parametrize(
    "further",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "",
        "/..//evil.example",
    ],
)
def test_nobody_is_led_elsewhere(office: Office, anna: Browser, further: str) -> None:
    form = {"language": "sv", "next": further}

    answer = anna.submit("/language", form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
