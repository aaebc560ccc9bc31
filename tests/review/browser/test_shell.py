"""Signing in, the own account, accounts, log and figures in a real browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from scanner.review.access.roles import Role
from tests.record.builders import FULL, decisions, printed, read
from tests.review.browser.test_accessible import CONTRAST, RULES, violations
from tests.review.browser.window import Windows
from tests.review.office import PASSWORD, Office

PATHS = (
    "/account",
    "/account/password",
    "/account/totp",
    "/accounts",
    "/accounts/1",
    "/log",
    "/figures",
    "/reconcile",
    "/reconcile?by=unit-day",
    "/reconcile/sheets?count=printed",
    "/reconcile/pages?count=seen",
    "/nothing",
)


@pytest.fixture
def busy(office: Office) -> None:
    """Somebody else's account, and sheets of two units, of which some came back."""
    office.account("bo", Role.REVIEWER, units=frozenset({"North"}))
    for unit, number in (("North", 8), ("South", 3)):
        sheets = printed(
            office.record, *[replace(FULL, unit=unit, case=f"{unit}-{n}") for n in range(number)]
        )
        for n, sheet_id in enumerate(sheets[:6]):
            read(office.record, sheet_id, decisions(10.0, 20.0, None, 40.0), f"{unit}-{n}")


def signed_out(windows: Windows, **context: Any) -> Page:
    page = windows.of(**context)
    page.context.clear_cookies()
    return page


def test_signing_in_and_out_by_keyboard(windows: Windows, office: Office) -> None:
    office.account("anna", Role.AUDITOR)
    page = signed_out(windows)
    page.goto("/log")
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    page.get_by_text("Name or password is not right.").wait_for()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/log")

    page.get_by_role("button", name="Sign out").press("Enter")

    page.get_by_text("You are signed out.").wait_for()
    page.goto("/log")
    assert "/sign-in?next=" in page.url


def test_another_language_stays(windows: Windows, office: Office) -> None:
    page = windows.of(Role.AUDITOR)
    page.goto("/account")

    page.get_by_role("button", name="Suomi").click()

    page.get_by_role("heading", name="Oma tunnus").wait_for()
    assert page.get_attribute("html", "lang") == "fi"
    assert page.url.endswith("/account")


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(("scheme", "rules"), [("light", RULES), ("dark", CONTRAST)], ids=["light", "dark"])
def test_no_page_breaks_a_rule_of_wcag(windows: Windows, scheme: str, rules: dict[str, Any]) -> None:
    page = windows.of(*Role, color_scheme=scheme)
    found = {}
    for path in PATHS:
        page.goto(path)
        found[path] = violations(page, rules)
    page.context.clear_cookies()
    page.goto("/sign-in")
    found["sign-in"] = violations(page, rules)
    page.keyboard.type("nobody")
    page.keyboard.press("Tab")
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    found["wrong"] = violations(page, rules)
    assert found == {name: [] for name in found}


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("width", [320, 820])
def test_nothing_is_beside_the_window(windows: Windows, width: int) -> None:
    """320 is what a window of 1280 has at 400 %."""
    page = windows.of(*Role, viewport={"width": width, "height": 720})
    too_wide = {}
    for path in PATHS:
        page.goto(path)
        too_wide[path] = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert too_wide == dict.fromkeys(PATHS, 0)
