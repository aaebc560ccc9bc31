"""A morning's stacks: every sheet once, what comes along with them, and the same for the same seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from calibration.synthesis.morning import AWKWARD_ONES, Morning, simulate_morning
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import Expected, PageContent, PageTruth, from_json, to_json
from tests.calibration.synthesis_sheets import printed_sheets

__all__ = ["printed_sheets"]


def pages_of(path: Path) -> list[np.ndarray]:
    """Every page, coarsely, in grey."""
    if path.suffix == ".tif":
        with Image.open(path) as stack:
            found = []
            for frame in range(getattr(stack, "n_frames", 1)):
                stack.seek(frame)
                found.append(np.array(stack.convert("L").resize((210, 297))))
            return found
    document = pdfium.PdfDocument(path)
    found = [np.array(page.render(scale=0.36, grayscale=True).to_pil()) for page in document]
    document.close()
    return found


@pytest.fixture(scope="module")
def morning(printed_sheets: tuple[PrintedSheet, ...], tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return simulate_morning(printed_sheets, tmp_path_factory.mktemp("morning"), seed=11, workers=1)


def by_place(morning: Morning) -> dict[tuple[str, int], PageTruth]:
    return {(page.scan_name, page.scan_page): page for page in morning.pages}


def test_every_sheet_is_scanned_once_and_all_pages_have_their_truth(
    morning: Morning, printed_sheets: tuple[PrintedSheet, ...]
) -> None:
    sheets = [page for page in morning.pages if page.content is PageContent.SHEET]
    assert sorted(str(page.sheet_id) for page in sheets) == sorted(s.sheet_id for s in printed_sheets)
    layouts = {sheet.sheet_id: sheet.layout for sheet in printed_sheets}
    for page in sheets:
        lines = layouts[str(page.sheet_id)].answer_lines
        assert [item.item for item in page.items] == [line.item for line in lines]
    counts = Counter(page.scan_name for page in morning.pages)
    assert {path.name: len(pages_of(path)) for path in morning.files} == counts
    assert len(by_place(morning)) == len(morning.pages)
    assert [from_json(to_json(page)) for page in morning.pages] == list(morning.pages)


def test_a_bill_and_an_empty_back_come_along(morning: Morning) -> None:
    contents = Counter(page.content for page in morning.pages)
    assert contents[PageContent.FOREIGN] == 1
    assert contents[PageContent.BACK] == 1
    pictures = {
        (path.name, number): page for path in morning.files for number, page in enumerate(pages_of(path), 1)
    }
    for place, page in by_place(morning).items():
        dark = (pictures[place] < 100).mean()
        assert (dark == 0) == (page.content is PageContent.BACK), place
        if page.content is not PageContent.SHEET:
            assert page.sheet_id is None
            assert page.items == ()


def test_most_lines_are_clear_and_some_are_for_a_person(morning: Morning) -> None:
    items = [item for page in morning.pages for item in page.items]
    awkward = [item for item in items if item.kind in AWKWARD_ONES]
    assert len(awkward) == len(items) // 10
    ordinary = [item.expected for item in items if item not in awkward]
    assert Expected.REVIEW not in ordinary
    assert ordinary.count(Expected.ACCEPT) > 0.75 * len(ordinary)


def test_the_same_seed_makes_the_same_morning_with_any_number_of_workers(
    printed_sheets: tuple[PrintedSheet, ...], tmp_path: Path
) -> None:
    mornings, done = [], list[int]()
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        mornings.append(
            simulate_morning(printed_sheets[2:3], folder, 11, workers=workers, progress=done.append)
        )
    alone, together = mornings
    assert together.pages == alone.pages
    assert done == 2 * [*range(1, len(alone.pages) + 1)]
    for path, other in zip(alone.files, together.files, strict=True):
        for page, twin in zip(pages_of(path), pages_of(other), strict=True):
            np.testing.assert_array_equal(page, twin)


def test_no_sheets_make_no_morning(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one sheet"):
        simulate_morning([], tmp_path, 1)
