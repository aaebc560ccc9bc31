"""What every answer carries, and what errors say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response as Answer

from scanner.errors import DatabaseError, JanaError
from scanner.record import ChangedMeanwhileError, Record
from scanner.review.access import headers
from scanner.review.access.roles import Role
from scanner.review.access.rules import ANYBODY, SIGNED_IN, Routes, Rule, all_routes, only
from scanner.review.access_log import Answered
from scanner.review.app import SUBJECTS, create_app, require_rules
from scanner.review.visit import Visit
from tests.review.office import Office, quick_passwords, words_of

if TYPE_CHECKING:
    from pathlib import Path

    from httpx import Response
    from starlette.routing import BaseRoute

broken = Routes()
"""Routes that go wrong in every way that there is."""


@broken.get("/broken/bug", ANYBODY)
def bug(_visit: Visit) -> Answer:
    raise RuntimeError("the score is 7.3")


@broken.get("/broken/database", ANYBODY)
def database(_visit: Visit) -> Answer:
    raise DatabaseError("jana:secret@db.example.org is away")


@broken.get("/broken/known", ANYBODY)
def known(_visit: Visit) -> Answer:
    raise JanaError("There is no <b>such</b> sheet.")


@broken.get("/broken/changed", ANYBODY)
def changed(_visit: Visit) -> Answer:
    raise ChangedMeanwhileError("overall changed meanwhile")


@pytest.fixture
def fragile(embedded_record: Record, tmp_path: Path) -> Office:
    return Office(embedded_record, tmp_path, subjects=(*SUBJECTS, broken))


def require_headers(answer: Response, *, secure: bool) -> None:
    for name, value in headers.HEADERS.items():
        assert answer.headers[name] == value, answer.url
    assert ("strict-transport-security" in answer.headers) == secure
    static = answer.url.path.startswith("/static/") and answer.status_code == 200
    assert static or answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


@pytest.mark.parametrize("secure", [False, True])
def test_every_answer_carries_every_header(office: Office, secure_office: Office, secure: bool) -> None:
    house = secure_office if secure else office
    anna = house.signed_in(*Role)
    answers = [anna.get(route.path) for route in all_routes(*SUBJECTS) if not route.parameters]
    answers += [
        anna.get("/nothing"),
        anna.put("/sign-in"),
        anna.request("TRACE", "/"),
        anna.options("/"),
        anna.get("/account", headers={"Host": "evil.example"}),
        anna.get("/account", headers={"Sec-Fetch-Site": "cross-site"}),
        anna.post("/language", data={"x": "x" * 70_000}),
        anna.get("/static/shell.css"),
        anna.get("/static/nothing"),
        house.browser().get("/account"),
    ]
    assert {answer.status_code for answer in answers} >= {200, 303, 400, 403, 404, 405, 413}
    for answer in answers:
        require_headers(answer, secure=secure)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    for word in ("unsafe", "data:", "http", "*", "blob:"):
        assert word not in headers.POLICY


@pytest.mark.parametrize(
    ("path", "status"), [("bug", 500), ("database", 503), ("known", 422), ("changed", 409), ("nothing", 404)]
)
def test_what_went_wrong_is_told_without_saying_how(fragile: Office, path: str, status: int) -> None:
    with fragile:
        answer = fragile.browser().get(f"/broken/{path}")

        assert answer.status_code == status
        require_headers(answer, secure=False)
        for secret in ("7.3", "secret", "Traceback", "<b>such", "RuntimeError"):
            assert secret not in answer.text


def test_a_script_is_told_in_an_object(fragile: Office) -> None:
    with fragile:
        answer = fragile.browser().get("/broken/changed", headers={"Accept": "application/json"})

        assert answer.json()["status"] == 409
        assert answer.json()["error"] == "It changed meanwhile"


def test_methods_that_are_not_meant_are_refused(office: Office) -> None:
    anna = office.signed_in(Role.REVIEWER)

    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"):
        answer = anna.request(method, "/account")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


def test_pages_have_nothing_inline(office: Office) -> None:
    anna = office.signed_in(*Role)
    for route in all_routes(*SUBJECTS):
        if route.method == "GET" and not route.parameters:
            text = anna.get(route.path).text.lower()
            assert not any(
                part in text for part in (" style=", "<style", " onclick", " onload", "javascript:")
            )
            assert "<script>" not in text


# --- cookies -----------------------------------------------------------------------------------------------


def test_over_tls_cookies_are_for_this_host_and_for_nobody_to_read(secure_office: Office) -> None:
    secure_office.account("anna", Role.REVIEWER)
    browser = secure_office.browser()
    given = [browser.get("/sign-in")]
    form = {"name": "anna", "password": "meadow pencil harbour"}
    given.append(browser.submit("/sign-in", form, page="/sign-in"))
    given.append(browser.submit("/language", {"language": "fi"}))
    cookies = [cookie for answer in given for cookie in answer.headers.get_list("set-cookie")]

    assert {cookie.partition("=")[0] for cookie in cookies} == {
        f"__Host-jana-{name}" for name in ("visit", "session", "device", "language")
    }
    for cookie in cookies:
        words = {word.strip().lower() for word in cookie.split(";")}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= words
        assert not any(word.startswith("domain") for word in words)


def test_over_plain_http_cookies_are_no_less_closed(office: Office) -> None:
    (cookie,) = office.browser().get("/sign-in").headers.get_list("set-cookie")

    assert cookie.startswith("jana-visit=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {word.strip() for word in cookie.split(";")}


def test_a_page_for_tls_answers_nothing_over_plain_http(secure_office: Office) -> None:
    anna = secure_office.signed_in(Role.REVIEWER)

    for path in ("/sign-in", "/account", "/static/shell.css"):
        answer = anna.get(f"http://review.example.org{path}")
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers
    assert anna.get("http://review.example.org/healthz").json() == {"well": True}


# --- static files ------------------------------------------------------------------------------------------


def test_a_static_file_is_kept_for_good_under_its_digest_only(office: Office) -> None:
    browser = office.browser()
    named = office.app.site.rendering.static("shell.css")

    assert "immutable" in browser.get(named).headers["cache-control"]
    for path in ("/static/shell.css", "/static/shell.css?v=0"):
        answer = browser.get(path)
        assert answer.headers["cache-control"] == "no-cache"
        again = browser.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert browser.get(named).headers["content-type"] == "text/css; charset=utf-8"


# --- rules -------------------------------------------------------------------------------------------------


def test_a_route_without_a_rule_ends_the_start(office: Office) -> None:
    def stray(_request: object) -> Answer:
        return Answer()

    office.app.add_route("/stray", stray)
    routes: list[BaseRoute] = office.app.routes

    with pytest.raises(ValueError, match="has no rule"):
        require_rules(routes)


def test_rules_that_do_not_fit_their_path_are_refused() -> None:
    routes = Routes()

    with pytest.raises(ValueError, match="must be limited"):
        routes.get("/sheets/{sheet_id}", only(Role.REVIEWER))(bug)
    with pytest.raises(ValueError, match="must be limited"):
        routes.get("/crops/{reading_id}", SIGNED_IN)(bug)
    with pytest.raises(ValueError, match="no parameter"):
        routes.get("/accounts/{account_id}", only(Role.ADMIN, limited=True))(bug)
    with pytest.raises(ValueError, match="at least one role"):
        only()
    assert list(routes) == []


def test_two_routes_of_one_name_or_path_are_refused() -> None:
    one, other = Routes(), Routes()
    one.get("/one", ANYBODY)(bug)
    other.get("/other", ANYBODY)(bug)

    with pytest.raises(ValueError, match="the same name"):
        all_routes(one, other)


def test_a_rule_admits_nobody_that_it_does_not_name() -> None:
    rule: Rule = only(Role.AUDITOR)

    assert rule.admits(frozenset({Role.AUDITOR, Role.ADMIN}))
    assert not rule.admits(frozenset({Role.ADMIN}))
    assert not rule.admits(frozenset())


# --- the service's log -------------------------------------------------------------------------------------


def test_the_log_has_paths_without_what_they_name(embedded_record: Record, tmp_path: Path) -> None:
    heard: list[Answered] = []
    with Office(embedded_record, tmp_path) as office:
        app = create_app(embedded_record, office.settings, passwords=quick_passwords(), hear=heard.append)
        office.app = app
        admin = office.signed_in(Role.ADMIN)
        admin.get("/accounts/123456789?secret=yes")
        admin.get("/<script>?secret=yes")

    assert [(one.method, one.route, one.status) for one in heard] == [
        ("GET", "/accounts/{account_id}", 404),
        ("GET", None, 404),
    ]
    assert heard[0].account_id is not None
    assert "secret" not in str(heard)


def test_languages(office: Office) -> None:
    browser = office.browser()

    assert "Kirjaudu" in words_of(
        browser.get("/sign-in", headers={"Accept-Language": "de, fi;q=0.8, sv;q=0.5"})
    )
    assert "Logga in" in words_of(
        browser.get("/sign-in", headers={"Accept-Language": "fi;q=0.1, sv-FI;q=0.5"})
    )
    assert "Sign in" in words_of(browser.get("/sign-in", headers={"Accept-Language": "fi;q=x, *;q=no,;;"}))
    browser.submit("/language", {"language": "sv"}, page="/sign-in")
    assert "Logga in" in words_of(browser.get("/sign-in", headers={"Accept-Language": "fi"}))
    browser.submit("/language", {"language": "tlh"}, page="/sign-in")
    assert "Logga in" in words_of(browser.get("/sign-in"))
