"""Every route, asked by everybody: who may, and of which unit.

`WHO` is written by hand, beside the rules in the code: a new route has to be thought of twice. The
routes themselves are walked as the application has them, so that none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from scanner.model.scope import EVERYTHING, Scope
from scanner.record import Account, Record, SessionStage
from scanner.review.access.roles import Role
from scanner.review.access.rules import BOUND, Routes, RuledRoute, all_routes, only
from scanner.review.app import SUBJECTS, require_rules
from tests.postgres import embedded_template
from tests.review.examples import OTHER, OWN, SIGN, Belongings, belongings
from tests.review.office import Browser, Office

if TYPE_CHECKING:
    from httpx import Response

ROUTES = all_routes(*SUBJECTS)
EVERYBODY = frozenset({"nobody"})
SIGNED_IN = frozenset(Role)
SETTLING = frozenset({Role.REVIEWER, Role.PROFESSIONAL})
ADMIN, AUDITOR, LEAD = (frozenset({role}) for role in (Role.ADMIN, Role.AUDITOR, Role.TEAM_LEAD))
REVIEWER = frozenset({Role.REVIEWER})

WHO = {
    **dict.fromkeys(("static_file", "health", "favicon", "sign_in", "sign_in_send", "language"), EVERYBODY),
    **dict.fromkeys(("provider", "provider_back"), EVERYBODY),
    **dict.fromkeys(("start", "own", "code", "code_send", "sign_out"), SIGNED_IN),
    **dict.fromkeys(("own_password", "own_password_send", "own_totp", "own_totp_send"), SIGNED_IN),
    **dict.fromkeys(("accounts", "account", "account_access", "account_disable", "account_enable"), ADMIN),
    "audit_log": AUDITOR,
    "figures": LEAD,
    **dict.fromkeys(("review", "ahead", "one_mark", "decide", "undo", "crop", "whole_page"), SETTLING),
    **dict.fromkeys(("second", "second_ahead", "answer_second", "second_page"), SETTLING),
    **dict.fromkeys(("unidentified", "loose_page", "page_picture"), SETTLING),
    **dict.fromkeys(("identify_page", "search_sheet", "not_ours", "take_back"), SETTLING),
    **dict.fromkeys(("unbound", "bind", "bind_sheet"), REVIEWER),
    **dict.fromkeys(("reconcile", "reconcile_csv", "reconcile_sheets", "reconcile_sheets_csv"), SETTLING),
    "reconcile_pages": SETTLING,
}
"""Route: who may ask."""

ASKED = {
    "reconcile": "?by=unit-day",
    "reconcile_csv": "?by=unit-day",
    "reconcile_sheets": "?count=printed",
    "reconcile_sheets_csv": "?count=printed",
    "reconcile_pages": "?count=seen",
}
"""What a list has to be asked for, so that there is one."""

LISTS = [
    route
    for route in ROUTES
    if route.rule.limited and route.rule.roles and route.method == "GET" and not route.parameters
]

HALF_WAY = {"code", "code_send", "sign_out"}
"""What somebody may ask whose password was right, and whose code is still to come."""

ANY_PAGE = "/nothing-is-here"
"""Not found, but with a form for the language, and so with a token, for everybody."""

NUMBER = count()
COUNT = re.compile(r'class="count">([0-9]+)<')


@dataclass(frozen=True)
class World:
    office: Office
    own: Belongings
    other: Belongings

    def path(self, route: RuledRoute, of: Belongings, role: Role | None = None) -> str:
        """An example of the route's path. What it does to an account is done to a new one."""
        values = {"name": "shell.css", **of.parameters(route, role)}
        if "account_id" in route.parameters:
            account = self.office.account(f"somebody-{next(NUMBER)}", Role.REVIEWER)
            values["account_id"] = str(account.account_id)
        assert set(route.parameters) <= values.keys(), "say in examples.py what this parameter may be"
        path = self.office.app.site.path(route.name, **{name: values[name] for name in route.parameters})
        return path + ASKED.get(route.name, "")

    def person(self, role: Role, unit: str) -> Account:
        """Somebody with this one role, of one unit, or with one case of it."""
        name = f"{role}-{unit}-{next(NUMBER)}".lower()
        case = (self.own if unit == OWN else self.other).case
        cases = (case,) if role is Role.PROFESSIONAL else ()
        return self.office.account(name, role, units=frozenset({unit}), cases=cases)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, embedded_template: Path) -> Iterator[World]:
    """One record for all: each question is asked in a session of its own."""
    folder = tmp_path_factory.mktemp("matrix")
    copy = folder / "record.sqlite"
    copy.write_bytes(embedded_template.read_bytes())
    with Record.open(f"sqlite:///{copy}") as record, Office(record, folder) as office:
        yield World(office, belongings(record, OWN), belongings(record, OTHER))


def asked(browser: Browser, route: RuledRoute, path: str) -> Response:
    """Ask as a browser does; a form carries its token and nothing else."""
    if route.method == "GET":
        answer: Response = browser.get(path)
        return answer
    return browser.submit(path, page=ANY_PAGE)


def signs_in(answer: Response) -> set[str]:
    """Everything in an answer by which something of a unit can be told."""
    return set(SIGN.findall(answer.text))


def named(route: RuledRoute) -> str:
    return route.name


def test_every_route_of_the_application_has_a_rule_and_is_in_the_table(world: World) -> None:
    require_rules(world.office.app.routes)
    ruled = {(route.method, route.path) for route in ROUTES}
    routed = {
        (method, route.path)
        for route in world.office.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routed == ruled
    assert {route.name for route in ROUTES} == WHO.keys()


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_nobody(world: World, route: RuledRoute) -> None:
    browser = world.office.browser()
    path = world.path(route, world.own)
    if WHO[route.name] == EVERYBODY:
        assert asked(browser, route, path).status_code not in (401, 403, 500)
        return
    if route.method == "POST":
        answer = browser.submit(path, page=ANY_PAGE)
        assert answer.status_code == 401
    else:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
        assert browser.get(path, headers={"Accept": "application/json"}).status_code == 401
    assert world.own.sheet_id not in answer.text.replace(path, "")


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_somebody_half_way(world: World, route: RuledRoute) -> None:
    account = world.office.account(f"half-{next(NUMBER)}", *Role)
    browser = world.office.session_of(account, stage=SessionStage.PASSWORD)
    path = world.path(route, world.own)
    if WHO[route.name] == EVERYBODY:
        return
    if route.method == "POST":
        answer = browser.submit(path, page=ANY_PAGE)
        assert (answer.status_code != 403) == (route.name in HALF_WAY)
    elif route.name not in HALF_WAY:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_role(world: World, route: RuledRoute, role: Role) -> None:
    """Of the own unit; whoever may, finds it."""
    browser = world.office.session_of(world.person(role, OWN))

    path = world.path(route, world.own, role)
    answer = asked(browser, route, path)

    may = WHO[route.name] == EVERYBODY or role in WHO[route.name]
    assert answer.status_code != 500
    assert (answer.status_code == 403) == (not may)
    if may and not route.path.startswith("/sign-in/provider"):
        assert answer.status_code not in (401, 404, 405)
    said = answer.text.replace(path, "")
    for one in (world.other,) if role in SETTLING else (world.own, world.other):
        assert one.case not in said
        assert one.sheet_id not in said or route.name == "audit_log"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", [route for route in ROUTES if WHO[route.name] <= SETTLING], ids=named)
def test_what_is_of_another_unit_is_not_there(world: World, route: RuledRoute, role: Role) -> None:
    browser = world.office.session_of(world.person(role, OWN))

    path = world.path(route, world.other, role)
    answer = asked(browser, route, path)

    said = answer.text.replace(path, "")
    assert world.other.sheet_id not in said
    assert world.other.case not in said
    if role not in WHO[route.name]:
        assert answer.status_code == 403
    elif route.parameters:
        assert route.rule.limited
        assert answer.status_code == 404
        nothing = dict.fromkeys(route.parameters, "9" * 18) | {"sheet_id": "J1" + "0" * 16}
        missing = world.office.app.site.path(route.name, **nothing)
        assert asked(browser, route, missing).status_code == 404


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list_holds_what_is_of_the_own_unit_alone(world: World, route: RuledRoute, role: Role) -> None:
    """Of both units, because an empty list would show nothing of another unit either."""
    if role not in WHO[route.name]:
        return
    path = world.path(route, world.own, role)
    for unit, own, other in ((OWN, world.own, world.other), (OTHER, world.other, world.own)):
        browser = world.office.session_of(world.person(role, unit))
        said = signs_in(asked(browser, route, path))
        assert said & own.signs
        assert not said & other.signs


def test_the_first_page_counts_what_is_of_the_own_unit_alone(world: World) -> None:
    record = world.office.record
    for role, scope in (
        (Role.REVIEWER, Scope(frozenset({OWN}))),
        (Role.PROFESSIONAL, Scope(cases=frozenset({world.own.case}))),
    ):
        said = world.office.session_of(world.person(role, OWN)).get("/").text
        assert [int(count) for count in COUNT.findall(said)][:2] == [
            record.marks_left(scope),
            record.unidentified_left(scope),
        ]
        assert record.marks_left(scope) < record.marks_left(EVERYTHING)
        assert record.unidentified_left(scope) < record.unidentified_left(EVERYTHING)


def test_whoever_has_units_or_cases_may_ask_limited_routes_only() -> None:
    for role in BOUND:
        with pytest.raises(ValueError, match="limited"):
            Routes().get("/anything", only(role))(lambda visit: visit.page("start.html"))


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_somebody_disabled(world: World, route: RuledRoute) -> None:
    if WHO[route.name] == EVERYBODY:
        return
    account = world.office.account(f"gone-{next(NUMBER)}", *Role)
    browser = world.office.session_of(account)
    token = browser.token("/account")
    world.office.record.disable_account(account.account_id, actor="test")

    path = world.path(route, world.own)
    answer = browser.get(path) if route.method == "GET" else browser.post(path, data={"csrf_token": token})

    assert answer.status_code == (303 if route.method == "GET" else 401)


__all__ = ["embedded_template"]
