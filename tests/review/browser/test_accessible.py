"""Everybody can use every page: WCAG 2.2 AA by axe-core, narrow windows, light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from scanner.model.scope import EVERYTHING
from scanner.model.sheet import SheetPurpose
from tests.record.builders import accepted, decisions
from tests.review.browser.test_pages import lost
from tests.review.browser.window import Windows
from tests.review.marks import came_back
from tests.review.office import Office

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"runOnly": TAGS, "resultTypes": ["violations"]}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
"""All that changes when it gets dark."""
PAGES: dict[str, tuple[str, str]] = {
    "start": ("/", ""),
    "mark": ("/review", ""),
    "help": ("/review", "?"),
    "several": ("/review", "s2"),
    "conflict": ("/review", "ss"),
    "whole page": ("/review", "p"),
    "second": ("/second", ""),
    "pages": ("/pages", ""),
    "a page": ("/pages/{page_id}", ""),
    "unbound": ("/sheets", ""),
    "bind": ("/sheets/{sheet_id}/bind", ""),
}
"""Every page that has something on it, by its name: where it is, and what is pressed there."""


def come_to(page: Page, name: str, full: Full) -> None:
    path, keys = PAGES[name]
    answer = page.goto(path.format(page_id=full.page_id, sheet_id=full.sheet_id))
    assert answer is not None
    assert answer.ok
    for key in keys:
        page.keyboard.press(key)


@dataclass(frozen=True)
class Full:
    """A record with something on every page."""

    page_id: int
    sheet_id: str


@pytest.fixture
def full(office: Office) -> Full:
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
    pool = came_back(record, decisions(50.0), name="pool.pdf", purpose=SheetPurpose())
    return Full(lost(record).page_id, pool)


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=rules).response["violations"]
    return [f"{it['id']}: {node['html'][:200]}" for it in found for node in it["nodes"]]


def test_no_page_breaks_a_rule_of_wcag(windows: Windows, full: Full) -> None:
    page = windows.of(color_scheme="light", reduced_motion="reduce")
    found = {}
    for name in PAGES:
        come_to(page, name, full)
        found[name] = violations(page, RULES)
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = violations(page, CONTRAST)
        page.emulate_media(color_scheme="light")
    assert found == {name: [] for name in found}


def test_nothing_is_cut_off_or_beside_the_window(windows: Windows, full: Full) -> None:
    """320 is what a window of 1280 has at 400 %."""
    page = windows.of()
    too_wide = {}
    for name in PAGES:
        come_to(page, name, full)
        for width in (320, 360, 820):
            page.set_viewport_size({"width": width, "height": 720})
            too_wide[name, width] = page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
    assert too_wide == dict.fromkeys(too_wide, 0)
