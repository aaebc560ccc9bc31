"""Every picture of `fixtures/` is read as the truth beside it says, and whoever says so can say no.

A new pair needs no code: a picture, its truth beside it, and its row in the README.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import calibration
from calibration.fixture_maker import make_fixtures, promote
from calibration.fixture_plan import line_cases, page_cases
from calibration.fixture_table import rows, table_of
from calibration.pair_judge import Outcome, faults_of, read_pair, scanned_pages
from calibration.pairs import (
    SHEETS,
    Pair,
    PairOutcome,
    pair_from_json,
    pair_to_json,
    picture_files,
    picture_of,
    read_pairs,
    read_sheets,
    truth_files,
    write_pairs,
)
from calibration.synthesis.conditions import CONDITIONS
from calibration.truth import DrawnKind, Expected, PageContent, from_json
from scanner.model.decision import Verdict
from scanner.model.page import ScannedPage
from scanner.reading.profile import SHIPPED, load_profile

FIXTURES = Path(str(calibration.__file__)).parents[1] / "fixtures"
TRUTHS = {path.relative_to(FIXTURES).with_suffix("").as_posix(): path for path in truth_files(FIXTURES)}
KNOWN_FAULTS: dict[str, str] = {}
"""Pairs that are read wrongly, each with its cause; a pair that comes right must leave this table."""
PROFILE = load_profile(SHIPPED)
KNOWN_SHEETS = read_sheets(FIXTURES / SHEETS)
MAX_BYTES = 10_000_000
SHIFT_MM = 2.0


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tesseract and OpenCV take all cores by themselves, which the tests beside this one are using."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


def pages_of(name: str) -> Iterator[tuple[ScannedPage, Pair]]:
    return zip(scanned_pages(picture_of(TRUTHS[name])), read_pairs(TRUTHS[name]), strict=True)


def read(page: ScannedPage, pair: Pair) -> Outcome:
    return read_pair(page, pair, KNOWN_SHEETS, PROFILE)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=KNOWN_FAULTS[name]))
        if name in KNOWN_FAULTS
        else name
        for name in TRUTHS
    ],
)
def test_a_picture_is_read_as_its_truth_says(name: str) -> None:
    for page, pair in pages_of(name):
        assert faults_of(pair, read(page, pair)) == ()


def accepted_line() -> tuple[ScannedPage, Pair]:
    """A stroke on a level line, far from its ends."""
    ((page, pair),) = pages_of("lines/stroke-ballpoint_blue-office")
    assert set(pair.accepted.values()) == {True}
    return page, pair


def test_the_judge_rejects_a_picture_whose_mark_stands_elsewhere() -> None:
    page, pair = accepted_line()
    matrix = np.array(pair.mapping).reshape(3, 3)
    sheet = KNOWN_SHEETS[str(pair.sheet_id)]
    (line,) = (answer.line for answer in sheet.layout.answer_lines if answer.item == pair.items[0].item)
    mark_mm = line.start.x_mm + (pair.items[0].position_mm or 0.0)
    around = np.array([[[mark_mm - 8, line.start.y_mm], [mark_mm + 8, line.start.y_mm]]])
    left, right = cv2.perspectiveTransform(around, matrix)[0, :, 0].round().astype(int)
    moved = page.pixels.copy()
    # The ends stay where they are; over so short a way the print is level, and whole where it was cut.
    moved[:, left:right] = np.roll(moved[:, left:right], round(SHIFT_MM * matrix[0, 0]), axis=1)
    assert faults_of(pair, read(page, pair)) == ()
    (fault,) = faults_of(pair, read(replace(page, pixels=moved), pair))
    assert "+2.0" in fault or "+1.9" in fault


@pytest.mark.parametrize("shift_mm", [-SHIFT_MM, SHIFT_MM])
@pytest.mark.parametrize("name", ["lines/stroke-ballpoint_blue-office", "pages/stack"])
def test_the_judge_rejects_a_truth_that_is_off(name: str, shift_mm: float) -> None:
    page, pair = next(iter(pages_of(name)))
    outcome = read(page, pair)
    off = [replace(item, position_mm=(item.position_mm or 0.0) + shift_mm) for item in pair.items]
    accepted = sum(decision.verdict is Verdict.ACCEPTED for decision in dict(outcome).values())  # type: ignore[arg-type]
    assert accepted == len(pair.items)
    assert len(faults_of(replace(pair, items=tuple(off)), outcome)) == accepted


def test_the_judge_rejects_what_a_person_should_look_at() -> None:
    page, pair = accepted_line()
    outcome, (item,) = read(page, pair), pair.items
    open_pair = replace(pair, accepted={})
    assert faults_of(open_pair, outcome) == ()
    assert faults_of(replace(pair, accepted={item.item: False}), outcome)
    for wrong in (replace(item, expected=Expected.REVIEW), replace(item, position_mm=None)):
        assert faults_of(replace(open_pair, items=(wrong,)), outcome)


def test_the_judge_asks_for_marks_that_must_be_accepted() -> None:
    ((page, pair),) = pages_of("lines/double-ballpoint_black-office_bilevel_300")
    outcome, (item,) = read(page, pair), pair.items
    assert faults_of(pair, outcome) == ()
    wanted = replace(pair, accepted={item.item: True})
    assert "should be accepted" in faults_of(wanted, outcome)[0]
    assert faults_of(pair, {}) == (f"{item.item} is not read at all",)


def test_the_judge_rejects_lost_and_invented_pages() -> None:
    (_, sheet), (_, back), (_, foreign) = pages_of("pages/stack")
    contents = [pair.content for pair in (sheet, back, foreign)]
    assert contents == [PageContent.SHEET, PageContent.BACK, PageContent.FOREIGN]
    for pair, wrong in (
        (sheet, PairOutcome.REFUSED),
        (sheet, PairOutcome.EMPTY),
        (replace(sheet, outcome=PairOutcome.ANY), PairOutcome.EMPTY),
        (back, PairOutcome.REFUSED),
        (foreign, PairOutcome.EMPTY),
    ):
        assert faults_of(pair, wrong), (pair.content, wrong)
    assert faults_of(replace(sheet, outcome=PairOutcome.ANY), PairOutcome.REFUSED) == ()
    assert faults_of(foreign, {})
    assert faults_of(replace(sheet, outcome=PairOutcome.REFUSED), {})


def test_a_page_that_is_read_as_another_sheet_is_an_error() -> None:
    page, pair = next(iter(pages_of("pages/stack")))
    with pytest.raises(ValueError, match=str(pair.sheet_id)):
        read(page, replace(pair, sheet_id="J1"))


def test_every_condition_and_every_kind_has_its_pairs() -> None:
    pairs = [pair for path in TRUTHS.values() for pair in read_pairs(path)]
    assert {pair.conditions.name for pair in pairs} >= set(CONDITIONS)
    for kind in DrawnKind:
        some = {(i.pen, pair.conditions.name) for pair in pairs for i in pair.items if i.kind is kind}
        assert len(some) >= 3, kind


def test_the_truth_does_not_contradict_itself() -> None:
    for path in TRUTHS.values():
        for pair in read_pairs(path):
            assert pair_from_json(pair_to_json(pair)) == pair
            assert from_json(pair_to_json(pair)).items == pair.items, "a truth file like any other"
            assert set(pair.accepted) <= {item.item for item in pair.items}
            assert 0 < pair.tolerance_mm <= 1.0
            if pair.content is PageContent.SHEET:
                lines = {answer.item for answer in KNOWN_SHEETS[str(pair.sheet_id)].layout.answer_lines}
                assert {item.item for item in pair.items} <= lines
            for item in pair.items:
                if item.expected is Expected.REVIEW or item.position_mm is None:
                    assert pair.accepted.get(item.item) is not True, path
                elif item.expected is Expected.EITHER:
                    assert pair.accepted.get(item.item) is None, path


def test_pictures_and_truths_go_in_pairs_and_stand_in_the_readme() -> None:
    assert set(picture_files(FIXTURES)) == {picture_of(path) for path in TRUTHS.values()}
    assert table_of((FIXTURES / "README.md").read_text(encoding="utf-8")) == rows(FIXTURES)
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()) < MAX_BYTES


def test_a_pair_is_made_from_its_name_alone_and_only_when_it_is_not_there(tmp_path: Path) -> None:
    """What is kept need not be what would be made today: pictures stay when the simulation changes."""
    line, page = "lines/stroke-ballpoint_blue-bilevel_200", "pages/bilevel_200"
    names = [Path(name).name for name in (line, page)]
    planned = {case.name for case in line_cases()} | {case.name for case in page_cases()}
    assert set(names) <= planned
    assert make_fixtures(tmp_path, only=names, profile=PROFILE) == ()
    assert [path.relative_to(tmp_path).with_suffix("").as_posix() for path in picture_files(tmp_path)] == [
        line,
        page,
    ]
    (pair,) = read_pairs(tmp_path / f"{line}.jsonl")
    assert (pair.conditions.name, pair.items[0].kind) == ("bilevel_200", DrawnKind.STROKE)
    assert len(rows(tmp_path)) == len(names)

    picture = tmp_path / f"{line}.png"
    first = picture.read_bytes()
    picture.write_bytes(b"kept as it is")
    make_fixtures(tmp_path, only=names, profile=PROFILE)
    assert picture.read_bytes() == b"kept as it is"
    make_fixtures(tmp_path, only=names[:1], again=True, profile=PROFILE)
    assert picture.read_bytes() == first


def test_what_the_reader_accepts_by_now_can_be_demanded(tmp_path: Path) -> None:
    make_fixtures(tmp_path, only=["stroke-ballpoint_blue-bilevel_200"], profile=PROFILE)
    (path,) = truth_files(tmp_path)
    (pair,) = read_pairs(path)
    (item,) = pair.items
    assert pair.accepted == {item.item: True}
    for expected, wanted in ((Expected.ACCEPT, True), (Expected.EITHER, None), (Expected.REVIEW, None)):
        write_pairs(path, [replace(pair, accepted={}, items=(replace(item, expected=expected),))])
        assert len(promote(tmp_path, PROFILE)) == (wanted is True)
        assert read_pairs(path)[0].accepted.get(item.item) is wanted
    write_pairs(path, [replace(pair, accepted={}, items=(replace(item, position_mm=0.0),))])
    assert promote(tmp_path, PROFILE) == (), "it is accepted, but wrong"
