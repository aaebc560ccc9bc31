"""One Chromium for all tests of a process; a record, a server and windows for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.review.browser.window import ARGUMENTS, CHROMIUM, PATIENCE_MS, Served, Windows
from tests.review.conftest import embedded_record, embedded_template, embedded_url, moments, office
from tests.review.office import Office

__all__ = ["embedded_record", "embedded_template", "embedded_url", "moments", "office"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install chromium-headless-shell, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def windows(office: Office, chromium: Browser) -> Iterator[Windows]:
    """Windows before a server. A script error, a refused style or script, or a warning fails the test."""
    with Served(office.app) as served:
        opened = Windows(office, served.address, chromium)
        yield opened
        opened.close()
    assert opened.troubles == []
