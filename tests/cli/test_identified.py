"""A page whose codes nobody can read, from the scan to its values, because a person says what it is."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from forms.definition import load_library
from forms.layout import compute_layout
from scanner.errors import ExitCode, JanaError
from scanner.intake.page_job import PageReader, ReaderSetup
from scanner.intake.reading_loop import PageDone, ReadingLoop, Told
from scanner.intake.scan_store import FolderScanStore
from scanner.intake.workers import PageWorkers
from scanner.model.result import PageOutcome
from scanner.model.scope import EVERYTHING
from scanner.reading.profile import SHIPPED, load_profile
from scanner.record import Record
from scanner.settings_limits import Limits
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import Forms, write_stack

MARKS = (20.0, 45.0, 62.5, 91.0)
DPI = 150


def without_codes(forms: Forms, page: int) -> bytes:
    """The filled-in page, with its codes and their digits scratched out."""
    pixels = cv2.imdecode(np.frombuffer(forms.scan(page, MARKS, dpi=DPI), np.uint8), cv2.IMREAD_GRAYSCALE)
    layout = compute_layout(load_library()["ors"], "en")
    assert pixels is not None
    for code in layout.codes:
        for place in (code.qr, code.text):
            box = place.grown(3.0)
            left, top, right, bottom = (
                max(0, round(mm / 25.4 * DPI)) for mm in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)
            )
            pixels[top:bottom, left:right] = 255
    jpeg = io.BytesIO()
    Image.fromarray(pixels).save(jpeg, "JPEG", dpi=(DPI, DPI))
    return jpeg.getvalue()


@pytest.fixture
def stack(jana: Jana, tmp_path: Path) -> tuple[Forms, Path]:
    """A stack of a good page and one without codes, read once."""
    forms = printed(jana, tmp_path, "ors,en,A-1,,,,,North", "ors,en,A-2,,,,,North")
    path = write_stack(tmp_path / "stack.pdf", [forms.scan(1, MARKS), without_codes(forms, 2)])
    first = jana("read", path, "--json")
    assert [(page["outcome"], page["reason"]) for page in first.objects] == [
        ("read", None),
        ("refused", "no_code"),
    ]
    return forms, path


def test_reading_the_file_again_reads_what_a_person_identified(
    jana: Jana, home: Path, stack: tuple[Forms, Path]
) -> None:
    forms, path = stack
    with Record.open(f"sqlite:///{home}/jana.sqlite") as record:
        (page,) = record.unidentified(EVERYTHING)
        picture = record.look_at_page(EVERYTHING, page.page_id, actor="bo")
        assert picture is not None
        shown = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert shown is not None
        assert shown.shape[1] == 827
        record.identify_page(EVERYTHING, page.page_id, forms.ids[1], actor="bo")
    assert "waiting 1" in jana("status").out
    assert jana("results", "--refused").rows == []

    again = jana("read", path, "--json")
    assert [(page["outcome"], page["sheet_id"]) for page in again.objects] == [
        ("seen_before", forms.ids[0]),
        ("read", forms.ids[1]),
    ]
    rows = [row for row in jana("results").rows if row["sheet_id"] == forms.ids[1]]
    assert [row["status"] for row in rows] == ["accepted"] * 4
    assert all(abs(float(row["position_mm"]) - mark) < 0.5 for row, mark in zip(rows, MARKS, strict=True))
    assert {row["scan_page"] for row in rows} == {"2"}
    assert "read 2" in jana("status").out
    third = jana("read", path, "--json")
    assert {page["outcome"] for page in third.objects} == {"seen_before"}
    assert jana("audit", "verify").code == 0


def test_the_service_reads_it_without_being_given_the_file(
    jana: Jana, home: Path, stack: tuple[Forms, Path]
) -> None:
    forms, path = stack
    path.unlink()
    url = f"sqlite:///{home}/jana.sqlite"
    setup = ReaderSetup(url, load_profile(SHIPPED), None, 0.0)
    workers: PageWorkers[PageOutcome | JanaError] = PageWorkers(partial(PageReader, setup), Limits(), 1)
    told: list[Told] = []
    with Record.open(url) as record, workers:
        (page,) = record.unidentified(EVERYTHING)
        record.identify_page(EVERYTHING, page.page_id, forms.ids[1], actor="bo")
        store = FolderScanStore(home / "scans", 1 << 30)
        ReadingLoop(record, store, workers, tell=told.append, actor="watch/it").work_off()
        assert record.unidentified(EVERYTHING) == ()
    assert [it.outcome.scan_page for it in told if isinstance(it, PageDone)] == [2], "that page alone"
    rows = [row for row in jana("results").rows if row["sheet_id"] == forms.ids[1]]
    assert [row["status"] for row in rows] == ["accepted"] * 4


def test_a_service_that_is_started_once_reads_it_before_it_leaves(
    jana: Jana, home: Path, stack: tuple[Forms, Path], tmp_path: Path
) -> None:
    forms, _ = stack
    with Record.open(f"sqlite:///{home}/jana.sqlite") as record:
        (page,) = record.unidentified(EVERYTHING)
        record.identify_page(EVERYTHING, page.page_id, forms.ids[1], actor="bo")
        assert record.identified_pages_wait()
        (tmp_path / "inbox").mkdir()
        assert jana("watch", tmp_path / "inbox", "--once").code == ExitCode.DONE
        assert not record.identified_pages_wait()
    rows = [row for row in jana("results").rows if row["sheet_id"] == forms.ids[1]]
    assert [row["status"] for row in rows] == ["accepted"] * 4


def test_a_wrong_sheet_is_noticed_by_its_marks(jana: Jana, home: Path, stack: tuple[Forms, Path]) -> None:
    forms, path = stack
    with Record.open(f"sqlite:///{home}/jana.sqlite") as record:
        (page,) = record.unidentified(EVERYTHING)
        record.identify_page(EVERYTHING, page.page_id, forms.ids[0], actor="bo")
    jana("read", path)
    rows = [row for row in jana("results").rows if row["sheet_id"] == forms.ids[0]]
    assert [row["status"] for row in rows] == ["accepted"] * 4, "the same marks: a sighting"
    assert {row["scan_page"] for row in rows} == {"1"}
