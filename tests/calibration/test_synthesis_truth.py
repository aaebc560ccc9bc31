"""The truth survives its file, and a damaged file is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.truth import (
    DrawnKind,
    Expected,
    ItemTruth,
    PageConditions,
    PageContent,
    PageTruth,
    from_json,
    read_truth,
    to_json,
    write_truth,
)

ITEMS = st.builds(
    ItemTruth,
    item=st.text(min_size=1),
    number=st.integers(1, 30),
    kind=st.sampled_from(DrawnKind),
    position_mm=st.none() | st.floats(0, 100),
    expected=st.sampled_from(Expected),
    pen=st.none() | st.text(),
)
CONDITIONS = st.builds(
    PageConditions,
    dpi=st.integers(72, 1200),
    mode=st.sampled_from(["grey", "fixed"]),
    turn=st.sampled_from([0, 90, 180, 270]),
    skew_deg=st.floats(-10, 10),
    print_scale=st.floats(0.5, 1.5),
    jpeg_quality=st.none() | st.integers(1, 100),
    dirt=st.lists(st.text()).map(tuple),
)
PAGES = st.builds(
    PageTruth,
    scan_name=st.text(),
    scan_page=st.integers(1, 10_000),
    content=st.sampled_from(PageContent),
    sheet_id=st.none() | st.text(),
    items=st.lists(ITEMS, max_size=4).map(tuple),
    conditions=CONDITIONS,
)


@given(PAGES)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_a_page_comes_back_from_its_line_as_it_was(page: PageTruth) -> None:
    line = to_json(page)
    assert "\n" not in line
    assert from_json(line) == page


@given(st.lists(PAGES, max_size=5))
@settings(derandomize=True, max_examples=15, deadline=None)
def test_a_file_keeps_all_pages_in_order(
    tmp_path_factory: pytest.TempPathFactory, pages: list[PageTruth]
) -> None:
    path = tmp_path_factory.mktemp("truth") / "truth.jsonl"
    write_truth(path, pages)
    assert list(read_truth(path)) == pages


def test_a_damaged_line_is_named_by_its_field(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text('{"scan_name": "a.pdf", "scan_page": "first"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="scan_page"):
        list(read_truth(path))
