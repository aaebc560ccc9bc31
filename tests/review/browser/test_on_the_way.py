"""What was decided and is not saved yet: nobody is told that it is, and it arrives all the same."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from scanner.record import Record
from scanner.review.access.roles import Role
from tests.record.builders import decisions
from tests.review.browser.test_keyboard import now, settled, shows
from tests.review.browser.window import PATIENCE_MS, Windows
from tests.review.marks import came_back
from tests.review.office import Office

PRESS = """keys => {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  location.assign("about:blank");
}"""
"""Keys, and away, faster than any answer can come."""


def until_left(page: Page, record: Record, sheet: str, number: int) -> None:
    """Waits until so many lines of a sheet are still to be settled."""
    for _ in range(PATIENCE_MS // 50):
        if [status for status, _ in now(record, sheet)].count("review") == number:
            return
        page.wait_for_timeout(50)
    raise AssertionError("what was decided has not arrived")


def test_only_what_is_saved_counts_as_done(windows: Windows, office: Office) -> None:
    came_back(office.record)
    page = windows.of()
    page.goto("/review")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.keyboard.press("b")
    shows(page, "Close relationships")
    done, saving = page.locator("[data-done]"), page.get_by_text("saving 1")
    expect(saving).to_be_visible()
    assert (done.inner_text(), page.locator("[data-left]").inner_text()) == ("0", "3")
    page.context.set_offline(False)
    settled(page, office.record, 3)
    expect(done).to_have_text("1")
    expect(saving).to_have_count(0)


def test_whoever_leaves_at_once_loses_nothing(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    shows(page, "Own wellbeing")
    page.evaluate(PRESS, ["b", "i", "r"])
    until_left(page, office.record, sheet, 1)
    reasons = [str(value) for _, value in now(office.record, sheet)[:3]]
    assert reasons == ["blank", "illegible", "refused"]


def test_a_double_click_decides_one_mark(windows: Windows, office: Office) -> None:
    # The buttons of both stand at the same place.
    sheet = came_back(office.record, decisions(None, None, None, 40.0))
    page = windows.of()
    page.goto("/review")
    page.get_by_role("button", name="Illegible").dblclick()
    shows(page, "Close relationships")
    settled(page, office.record, 2)
    page.get_by_role("button", name="Illegible").click()
    settled(page, office.record, 1)
    assert [status for status, _ in now(office.record, sheet)] == ["missing", "missing", "review", "accepted"]


def test_the_last_decision_is_taken_back_where_nothing_is_left(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    page.evaluate("() => (window.stays = true)")
    for key in ("b", "b", "b", "i"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="All marks are settled")).to_be_focused()
    # Not another page: a window that is closed now, or a key that is pressed, is not between two of them.
    assert page.evaluate("() => window.stays")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("u")
    shows(page, "All in all")
    assert [status for status, _ in now(office.record, sheet)] == ["missing"] * 3 + ["review"]
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="All marks are settled")).to_be_visible()
    page.get_by_role("button", name="Undo").dblclick()
    shows(page, "All in all")
    page.keyboard.press("r")
    page.get_by_role("link", name="Load again").click()
    expect(page.get_by_role("heading", name="All marks are settled")).to_be_visible()
    assert not page.evaluate("() => window.stays")
    page.keyboard.press("u")
    shows(page, "All in all")
    assert [status for status, _ in now(office.record, sheet)] == ["missing"] * 3 + ["review"]


def test_an_undo_without_a_connection_says_so(windows: Windows, office: Office) -> None:
    came_back(office.record)
    page = windows.of()
    page.goto("/review")
    page.keyboard.press("b")
    settled(page, office.record, 3)
    page.context.set_offline(True)
    page.keyboard.press("u")
    expect(page.locator("#talk")).to_contain_text("No connection at the moment. Try again.")
    page.context.set_offline(False)
    page.keyboard.press("u")
    shows(page, "Own wellbeing")
    assert page.locator("[data-done]").inner_text() == "0"


def test_after_signing_in_again_the_marks_go_on(windows: Windows, office: Office) -> None:
    came_back(office.record)
    page = windows.of(account={"name": "anna"})
    page.goto("/review")
    account = office.record.account_named("anna")
    assert account is not None
    office.record.end_sessions(account.account_id, actor="test")
    page.keyboard.press("b")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.locator("main [name=next]").input_value() == "/review"


def test_a_page_of_an_earlier_session_says_that_it_is_to_be_loaded_again(
    windows: Windows, office: Office
) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    page.wait_for_load_state("networkidle")
    name = office.app.site.cookies.name_of("jana-session")
    value = office.signed_in(Role.REVIEWER).cookies[name]
    page.context.add_cookies([{"name": name, "value": value, "url": windows.address}])
    for key in ("b", "i"):
        page.keyboard.press(key)
    expect(page.locator("#talk")).to_contain_text("Marks that could not be saved: 2")
    assert page.locator("[data-done]").inner_text() == "0"
    assert {status for status, _ in now(office.record, sheet)} == {"review"}
    page.get_by_role("link", name="Load again").click()
    shows(page, "Own wellbeing")
    page.keyboard.press("b")
    settled(page, office.record, 3)
