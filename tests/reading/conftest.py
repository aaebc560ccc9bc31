"""Sheets and pages that several tests of reading look at."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from calibration.synthesis.paper import Paper
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import Scanner, scan
from calibration.synthesis.sheets import PrintedSheet
from scanner.model.page import ScannedPage
from tests.reading.sheets import page_of, print_sheets


@pytest.fixture(autouse=True)
def one_thread_each(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tesseract and OpenCV take all cores by themselves, which the tests beside this one are using."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


@pytest.fixture(scope="session")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrintedSheet, ...]:
    """Two sheets of four lines and one of three."""
    return print_sheets(tmp_path_factory.mktemp("sheets") / "forms.pdf", ("ors", "ors", "lass"))


@pytest.fixture(scope="session")
def sheet(sheets: tuple[PrintedSheet, ...]) -> PrintedSheet:
    return sheets[0]


@pytest.fixture(scope="session")
def other_sheet(sheets: tuple[PrintedSheet, ...]) -> PrintedSheet:
    return sheets[1]


@pytest.fixture(scope="session")
def paper(sheet: PrintedSheet) -> Paper:
    """The sheet on paper, with nothing on its lines; not to be written on."""
    return print_page(sheet.pdf, sheet.page, Printer(), np.random.default_rng(0), dpi=300)


@pytest.fixture(scope="session")
def plain_page(paper: Paper) -> ScannedPage:
    """The unmarked sheet, well scanned at 200 dpi."""
    return page_of(scan(paper, Scanner(dpi=200), np.random.default_rng(0)))
