"""A second look is blind, and what does not agree comes back with both values."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import expect

from scanner.model.scope import EVERYTHING
from scanner.record.outcomes import keep_picture
from tests.record.builders import decisions
from tests.review.browser.test_keyboard import settled
from tests.review.browser.window import Windows
from tests.review.marks import came_back, drawn_line
from tests.review.office import Office


def drawn(office: Office) -> str:
    """A sheet whose only doubtful mark was settled by somebody else, and drawn for a second look."""
    sheet = came_back(office.record, decisions(10.0, 20.0, None, 40.0))
    office.record.decide(
        sheet, "social", Decimal("31.7"), actor="bertil", seen_revision=1, second_look_share=1.0
    )
    return sheet


def test_nothing_tells_what_others_saw(windows: Windows, office: Office) -> None:
    drawn(office)
    page = windows.of()
    page.goto("/second")
    assert page.locator(".reading .value").inner_text() == "–"
    html = page.content()
    assert "31.7" not in html
    assert "3.2" not in html
    assert page.locator(".reason, .choices").count() == 0


def test_the_whole_page_is_a_key_away_and_tells_nothing(windows: Windows, office: Office) -> None:
    drawn(office)
    page = windows.of()
    page.goto("/second")
    assert page.locator("[data-do=page]").count() == 0, "no picture is kept"
    (look,) = office.record.second_looks(EVERYTHING, actor="somebody")
    picture = drawn_line(20.0)
    office.record.write(lambda tx: keep_picture(tx, look.page_id, picture))

    page.goto("/second")
    page.keyboard.press("p")

    expect(page.get_by_alt_text("The scanned page, small")).to_be_visible()
    assert "31.7" not in page.content()
    page.goto(f"/second/{look.look_id}/page")
    page.get_by_role("link", name="Back to the mark").click()
    expect(page).to_have_url(re.compile(r"/second\?after="))
    expect(page.locator("[data-do=page]")).to_be_visible()


def test_what_does_not_agree_goes_to_a_person_with_both_values(windows: Windows, office: Office) -> None:
    drawn(office)
    page = windows.of()
    page.goto("/second")
    page.keyboard.press("ArrowRight")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No second looks are waiting")).to_be_visible()
    page.goto("/review")
    expect(page.locator(".choices")).to_contain_text("Second look: 5.5")
    expect(page.locator(".reading")).to_contain_text("3.2")
    page.keyboard.press("Enter")
    settled(page, office.record, 0)
    people = office.record.agreements(EVERYTHING).people
    assert (people.looks, people.agreed) == (1, 0)
