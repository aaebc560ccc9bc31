"""Every decision can be made without JavaScript, and by keyboard alone."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect

from scanner.record import MissingReason
from tests.review.browser.test_keyboard import now, shows
from tests.review.browser.window import Windows
from tests.review.marks import came_back
from tests.review.office import Office


def tab_to(page: Page, words: str) -> None:
    """Press the tabulator until something that says these words has the focus."""
    focused = page.locator(":focus")
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused.count() and words in (focused.inner_text() or focused.get_attribute("name") or ""):
            return
    raise AssertionError(f"nobody comes to {words!r} by keyboard")


def test_a_sheet_by_keyboard_alone(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of(java_script_enabled=False)
    page.goto("/review")
    assert page.locator("button:visible", has_text="Accept").count() == 0
    tab_to(page, "Blank")
    page.keyboard.press("Enter")
    shows(page, "Close relationships")
    tab_to(page, "7.1")
    page.keyboard.press("Enter")
    shows(page, "Everyday life")
    page.locator("input[name=place]").focus()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no place on the line")
    page.locator("input[name=place]").focus()
    page.keyboard.type(" 6,25 ")
    page.keyboard.press("Enter")
    shows(page, "All in all")
    tab_to(page, "Accept 8.9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All marks are settled")).to_be_visible()
    assert now(office.record, sheet) == [
        ("missing", MissingReason.BLANK),
        ("corrected", Decimal("71.000")),
        ("corrected", Decimal("62.500")),
        ("confirmed", Decimal("88.800")),
    ]


def test_skipping_undoing_and_looking_again(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of(java_script_enabled=False)
    page.goto("/review")
    page.locator("[data-do=skip]").click()
    shows(page, "Close relationships")
    page.get_by_role("button", name="Illegible").click()
    shows(page, "Everyday life")
    page.get_by_role("button", name="Undo").click()
    shows(page, "Close relationships")
    expect(page.get_by_role("status").first).to_contain_text("taken back")
    page.get_by_role("button", name="Client refused").click()
    assert now(office.record, sheet)[1] == ("missing", MissingReason.REFUSED)


def test_whoever_is_second_chooses_without_script_too(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of(java_script_enabled=False)
    page.goto("/review")
    office.record.decide(sheet, "individual", Decimal(40), actor="bertil", seen_revision=1)
    page.get_by_role("button", name="Blank").click()
    expect(page.get_by_text("Changed meanwhile")).to_be_visible()
    assert page.locator(".both .value").all_inner_texts() == ["4.0", "left blank"]
    page.get_by_role("button", name="Use mine").click()
    assert now(office.record, sheet)[0] == ("missing", MissingReason.BLANK)
