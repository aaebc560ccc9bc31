"""Everybody can use every page: WCAG 2.2 AA by axe-core, narrow windows, light and dark."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from scanner.model.scope import EVERYTHING
from scanner.record import Record
from tests.record.builders import accepted, decisions
from tests.review.browser.window import Windows
from tests.review.marks import came_back
from tests.review.office import Office

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PAGES: dict[str, tuple[str, str]] = {
    "start": ("/", ""),
    "mark": ("/review", ""),
    "help": ("/review", "?"),
    "several": ("/review", "s2"),
    "conflict": ("/review", "ss"),
    "second": ("/second", ""),
}
"""Every page that has something on it, by its name: where it is, and what is pressed there."""


def come_to(page: Page, name: str) -> None:
    path, keys = PAGES[name]
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture
def full(office: Office) -> Record:
    """A record with something on every page."""
    record = office.record
    came_back(record, decisions(None))
    twice = came_back(record, (accepted("individual", 10.0), *decisions(None, 20.0)[1:]), name="two.pdf")
    came_back(record, decisions(80.0), name="again.pdf", sheet_id=twice)
    mark = record.waiting(EVERYTHING)[0]
    record.decide(
        mark.sheet_id,
        mark.item,
        Decimal(30),
        actor="bertil",
        seen_revision=mark.revision,
        second_look_share=1.0,
    )
    came_back(record, name="three.pdf")
    return record


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{it['id']}: {node['html'][:200]}" for it in found for node in it["nodes"]]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_wcag(windows: Windows, scheme: str) -> None:
    page = windows.of(color_scheme=scheme)
    found = {}
    for name in PAGES:
        come_to(page, name)
        found[name] = violations(page)
    assert found == {name: [] for name in PAGES}


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("width", [320, 360, 820])
def test_nothing_is_cut_off_or_beside_the_window(windows: Windows, width: int) -> None:
    """320 is what a window of 1280 has at 400 %."""
    page = windows.of(viewport={"width": width, "height": 720}, reduced_motion="reduce")
    too_wide = {}
    for name in PAGES:
        come_to(page, name)
        too_wide[name] = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert too_wide == dict.fromkeys(PAGES, 0)
