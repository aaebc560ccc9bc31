"""Marks are settled by keyboard, as the README says: what is pressed is what is recorded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from scanner.model.scope import EVERYTHING
from scanner.record import MissingReason, Record
from tests.review.browser.window import Windows
from tests.review.marks import came_back
from tests.review.office import Office


def now(record: Record, sheet_id: str) -> list[tuple[str, Decimal | MissingReason | None]]:
    """Status and value of each line of a sheet."""
    return [(it.status.value, it.missing_reason or it.position_mm) for it in record.show(sheet_id).current]


def title(page: Page) -> str:
    return page.locator("#stage h1 .title").inner_text()


def settled(page: Page, record: Record, left: int) -> None:
    """Waits until what was decided has arrived; so many marks wait then."""
    page.wait_for_function("() => !Number(document.body.dataset.unsent)")
    assert record.marks_left(EVERYTHING) == left


def test_every_key_does_what_the_help_says(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    other = came_back(office.record, name="two.pdf")
    page = windows.of()
    page.goto("/review")
    assert title(page) == "Own wellbeing"
    press = page.keyboard.press
    press("Enter")  # Nothing was found on this line, and that is what is accepted.
    assert title(page) == "Close relationships"
    press("2")
    press("Enter")
    assert title(page) == "Everyday life"
    press("ArrowRight")
    press("ArrowRight")
    press("Shift+ArrowLeft")
    press("Enter")
    press("Enter")
    settled(page, office.record, 4)
    assert now(office.record, sheet) == [
        ("missing", MissingReason.BLANK),
        ("corrected", Decimal("71.000")),
        ("corrected", Decimal("54.200")),
        ("confirmed", Decimal("88.800")),
    ]
    press("i")
    press("r")
    press("s")
    assert title(page) == "All in all"
    press("b")
    assert title(page) == "Everyday life"  # The one that was skipped comes back.
    settled(page, office.record, 1)
    assert now(office.record, other)[:2] == [
        ("missing", MissingReason.ILLEGIBLE),
        ("missing", MissingReason.REFUSED),
    ]
    assert now(office.record, other)[3] == ("missing", MissingReason.BLANK)


def test_undo_takes_back_one_decision_after_the_other(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    for key in ("b", "1", "Enter", "Enter"):
        page.keyboard.press(key)
    settled(page, office.record, 1)
    for expected in ("Everyday life", "Close relationships", "Own wellbeing"):
        page.keyboard.press("u")
        expect(page.locator("#stage h1 .title")).to_have_text(expected)
    settled(page, office.record, 4)
    assert {status for status, _ in now(office.record, sheet)} == {"review"}
    page.keyboard.press("u")
    expect(page.locator("#talk")).to_contain_text("nothing of yours to undo")
    page.keyboard.press("r")
    settled_one = page.locator("#stage h1 .title")
    expect(settled_one).to_have_text("Close relationships")
    assert [state.kind.value for state in office.record.show(sheet).history].count("undo") == 3


def test_thirty_marks_without_waiting(windows: Windows, office: Office) -> None:
    for number in range(8):
        came_back(office.record, name=f"{number}.pdf")
    page = windows.of()
    page.goto("/review")
    for _ in range(30):
        before = page.locator("#stage article").get_attribute("data-key")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "before => document.querySelector('#stage article').dataset.key !== before", arg=before
        )
    settled(page, office.record, 2)
    assert page.locator("[data-done]").inner_text() == "30"
    assert page.locator("[data-left]").inner_text() == "2"


def test_a_click_places_the_mark_where_the_ruler_says(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record)
    page = windows.of()
    page.goto("/review")
    shares = (0.0, 0.25, 0.5, 1.0)
    for share in shares:
        box = page.locator(".crop").bounding_box()
        assert box is not None
        # The printed line goes from 64 to 864 of 928 columns.
        page.mouse.click(box["x"] + box["width"] * (64 + 800 * share) / 928, box["y"] + box["height"] / 2)
        page.keyboard.press("Enter")
    settled(page, office.record, 0)
    placed = [float(value) for _, value in now(office.record, sheet) if isinstance(value, Decimal)]
    assert placed == pytest.approx([100 * share for share in shares], abs=0.15)
