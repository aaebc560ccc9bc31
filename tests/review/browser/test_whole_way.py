"""From paper to a confirmed value: printed, filled in, scanned, read, looked at, in the results."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from calibration.truth import DrawnKind
from scanner.record import Record
from scanner.settings import load_settings
from tests.acceptance.command import Jana, home, jana, printed
from tests.acceptance.office import write_stack
from tests.review.browser.window import Served, Windows
from tests.review.office import Office

__all__ = ["home", "jana"]


def test_from_paper_to_a_confirmed_value(jana: Jana, home: Path, tmp_path: Path, chromium: Browser) -> None:
    forms = printed(jana, tmp_path, "ors,en,A-17,1,2026-11-30,client,self,North")
    marks: list[float | DrawnKind] = [30.0, DrawnKind.BLANK, DrawnKind.DOUBLE, DrawnKind.CIRCLE]
    stack = write_stack(tmp_path / "stack.pdf", [forms.scan(1, marks)])
    assert jana("read", stack).code == 0
    before = {row["item"]: row for row in jana("results").rows}
    assert [row["status"] for row in before.values()] == ["accepted", "review", "review", "review"]

    with Record.open(load_settings().record_url()) as record, Office(record, home) as office:
        with Served(office.app) as served:
            windows = Windows(office, served.address, chromium)
            page = windows.of(account={"name": "anna"})
            page.goto("/review")
            page.keyboard.press("Enter")
            expect(page.locator("#stage h1")).to_contain_text("Everyday life")
            # The picture is the scan's own, and shows where the proposal lies.
            assert page.locator(".crop img").evaluate("it => it.naturalWidth") == 928
            page.keyboard.press("1")
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="All marks are settled")).to_be_visible()
            windows.close()
        assert windows.troubles == []

    after = {row["item"]: row for row in jana("results").rows}
    assert [row["status"] for row in after.values()] == ["accepted", "missing", "corrected", "confirmed"]
    assert [row["decided_by"] for row in after.values()][1:] == ["anna", "anna", "anna"]
    assert after["overall"]["position_mm"] == before["overall"]["position_mm"]
    assert float(after["overall"]["position_mm"]) == pytest.approx(50, abs=0.6)
    log = jana("audit", "verify")
    assert log.code == 0, log.err
