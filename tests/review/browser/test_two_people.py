"""Two people on one mark, and what happens to decisions when the connection or the session goes."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect

from scanner.record import MissingReason
from tests.record.builders import accepted, decisions
from tests.review.browser.test_keyboard import now, settled, shows
from tests.review.browser.window import Windows
from tests.review.marks import came_back
from tests.review.office import Office

CHANGED = "was changed by somebody else"


def look_at_both(page: Page) -> None:
    expect(page.locator("#talk")).to_contain_text(CHANGED)
    page.locator("#talk button").click()
    expect(page.locator(".changed")).to_contain_text("Stands now")


def test_whoever_is_second_sees_both_values_and_chooses(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    mine, theirs = windows.of(), windows.of()
    for page in (mine, theirs):
        page.goto("/review")
        for _ in range(2):
            page.keyboard.press("s")
        shows(page, "Everyday life")
    theirs.keyboard.press("ArrowRight")
    theirs.keyboard.press("Enter")
    settled(theirs, office.record, 3)
    mine.keyboard.press("i")
    look_at_both(mine)
    assert now(office.record, sheet)[2] == ("corrected", Decimal("53.300"))
    values = mine.locator(".both .value").all_inner_texts()
    assert values == ["5.3", "illegible"]
    mine.get_by_role("button", name="Use mine").click()
    settled(mine, office.record, 3)
    assert now(office.record, sheet)[2] == ("missing", MissingReason.ILLEGIBLE)
    assert [state.kind.value for state in office.record.show(sheet).history if state.item == "social"] == [
        "reading",
        "decision",
        "decision",
    ]


def test_what_stands_may_be_kept(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    office.record.decide(sheet, "individual", MissingReason.REFUSED, actor="bertil", seen_revision=1)
    page.keyboard.press("b")
    look_at_both(page)
    page.get_by_role("link", name="Keep what stands").click()
    shows(page, "Close relationships")
    assert now(office.record, sheet)[0] == ("missing", MissingReason.REFUSED)


def test_a_double_click_is_one_decision(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record, decisions(10.0, 20.0, None, 40.0))
    page = windows.of(java_script_enabled=False)
    page.goto("/review")
    page.get_by_role("button", name="Blank").dblclick()
    expect(page.get_by_role("heading", name="All marks are settled")).to_be_visible()
    assert len([state for state in office.record.show(sheet).history if state.item == "social"]) == 2


def test_different_scans_stand_one_above_the_other(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record, decisions(24.0, 30.0, 50.0, 60.0))
    again = (accepted("individual", 71.3), *decisions(24.0, 30.0, 50.0, 60.0)[1:])
    came_back(office.record, again, name="again.pdf", sheet_id=sheet)
    page = windows.of()
    page.goto("/review")
    assert page.locator(".crop").count() == 2
    expect(page.locator(".reading .value")).to_have_text("2.4")
    page.keyboard.press("2")
    expect(page.locator(".reading .value")).to_have_text("7.1")
    page.keyboard.press("Enter")
    settled(page, office.record, 0)
    state = office.record.show(sheet).current[0]
    assert (state.status.value, state.position_mm) == ("corrected", Decimal("71.300"))
    assert state.reading_id == office.record.show(sheet).scans[1].readings[0].reading_id


def test_decisions_wait_while_there_is_no_connection(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    page.wait_for_function("() => performance.getEntriesByType('resource').length > 8")
    page.context.set_offline(True)
    for key in ("b", "Enter", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#talk")).to_contain_text("No connection")
    page.context.set_offline(False)
    settled(page, office.record, 1)
    assert [status for status, _ in now(office.record, sheet)] == [
        "missing",
        "confirmed",
        "confirmed",
        "review",
    ]


def test_marks_come_back_when_the_session_has_ended(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of(account={"name": "anna"})
    page.goto("/review")
    account = office.record.account_named("anna")
    assert account is not None
    office.record.end_sessions(account.account_id, actor="test")
    page.keyboard.press("b")
    expect(page.locator("#talk")).to_contain_text(
        "You have been signed out. Marks that could not be saved: 1"
    )
    assert {status for status, _ in now(office.record, sheet)} == {"review"}
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
