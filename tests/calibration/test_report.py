"""The report: which pictures it shows, and that its page is whole and needs nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.evaluate import evaluate
from calibration.gallery import Order, doubt, error_rank
from calibration.judged import JudgedLine, Outcome, judged
from calibration.report.html import as_html
from calibration.report.pictures import smaller
from calibration.report.plots import Axis, stairs
from calibration.report.run import Run
from calibration.report.worst import Worst
from calibration.targets import TARGETS
from calibration.trials import ReadLine, World, plan_trial, read_trial
from calibration.truth import DrawnKind, Expected
from scanner.model.decision import Decision, Reason, Verdict
from scanner.reading.profile import SHIPPED, load_profile
from tests.calibration.html_check import Page
from tests.calibration.judging import line
from tests.calibration.trial_world import QUICK, world

__all__ = ["world"]

RUN = Run(
    source="simulated",
    conditions=("quick",),
    sheets=1,
    seed=1,
    rare_share=0.0,
    profile_id="<b>mine</b>",
    reader_version="0.1.0",
)


@pytest.fixture(scope="module")
def read(world: World) -> ReadLine:
    """A real line, read from a real page."""
    return read_trial(plan_trial(world, QUICK, 1, 2, 0.0), world.known, load_profile(SHIPPED))[0]


def changed(read: ReadLine, error_mm: float, verdict: Verdict, *reasons: Reason) -> ReadLine:
    """The line as if it had been read elsewhere and decided otherwise."""
    assert read.decision is not None
    truth = replace(read.truth, position_mm=50.0, kind=DrawnKind.STROKE, expected=Expected.ACCEPT)
    reading = replace(read.decision.reading, position_mm=50.0 + error_mm)
    decision = replace(read.decision, reading=reading, verdict=verdict, reasons=reasons)
    return replace(read, truth=truth, decision=decision)


def test_the_worst_come_first_and_good_ones_not_at_all(read: ReadLine) -> None:
    worst = Worst()
    offered = [
        changed(read, 0.05, Verdict.ACCEPTED),
        changed(read, 0.4, Verdict.ACCEPTED),
        changed(read, 1.5, Verdict.ACCEPTED),
        changed(read, -0.7, Verdict.ACCEPTED),
        changed(read, -3.0, Verdict.ACCEPTED),
        changed(read, 0.0, Verdict.REVIEW, Reason.WIDE),
    ]
    assert [worst.look(one) for one in offered] == [judged(one) for one in offered]
    errors = {
        name: [round(p.line.error_mm or 0.0, 3) for p in pictures] for name, pictures in worst.pictures()
    }
    assert errors == {
        "Silently wrong": [-3.0, 1.5],
        "Accepted, and furthest off": [-0.7, 0.4],
        "Unmistakable, yet sent to a person": [0.0],
    }


def test_pictures_are_few_and_of_every_sort(read: ReadLine) -> None:
    worst = Worst(most=10)
    for i in range(40):
        worst.look(changed(read, 2.0 + i, Verdict.ACCEPTED))
        worst.look(changed(read, 0.5 + i / 100, Verdict.ACCEPTED))
        worst.look(changed(read, 0.0, Verdict.REVIEW, (Reason.WIDE, Reason.TICK, Reason.TEXT)[i % 3]))
    groups = dict(worst.pictures())
    assert [len(pictures) for pictures in groups.values()] == [5, 2, 3]
    assert groups["Silently wrong"][0].line.error_mm == pytest.approx(41.0)
    flagged = groups["Unmistakable, yet sent to a person"]
    assert {picture.line.reasons for picture in flagged} == {("wide",), ("tick",), ("text",)}


def some_lines() -> list[JudgedLine]:
    lines = [line(place, place + 0.01 * (place % 7), sheet=f"quick/1/{place}") for place in range(1, 100)]
    lines += [line(50.0, 60.0, sheet="<i>/1/1", condition="<i>", hard=True, confidence=0.9)]
    lines += [line(50.0, 50.0, Outcome.FLAGGED, reasons=("wide",), condition="<i>", hard=True)]
    lines += [line(None, None, Outcome.FLAGGED, kind=DrawnKind.BLANK, expected=Expected.REVIEW)]
    return [*lines, line(30.0, None, Outcome.LOST, sheet="office/1/777")]


def test_the_page_is_whole_and_needs_nothing_else(read: ReadLine) -> None:
    worst = Worst()
    worst.look(changed(read, 2.5, Verdict.ACCEPTED))
    lines = some_lines()
    page = Page(as_html(evaluate(lines), RUN, lines, worst.pictures()))
    assert page.tags.count("image") == 1
    assert page.tags.count("svg") == 4 + 1
    assert "<b>mine</b>" in page.text
    assert "accepted, 2.50 mm too far right" in page.text
    assert "office/1/777" in page.text
    assert "0.9 to 0.95 1 90.00 % 0.00 %" in page.text
    for target in TARGETS:
        assert target.name in page.text


def test_a_page_can_be_made_of_nothing() -> None:
    page = Page(as_html(evaluate([]), RUN, [], ()))
    assert "no confidence" in page.text
    lost = [line(30.0, None, Outcome.LOST)]
    Page(as_html(evaluate(lost), replace(RUN, seed=None), lost, ()))


def test_pictures_in_a_page_are_those_of_the_reader(read: ReadLine) -> None:
    assert read.crop is not None
    before, after = (
        cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        for png in (read.crop, smaller(read.crop))
    )
    np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
    assert len(smaller(read.crop)) <= len(read.crop)


def test_axes_keep_what_lies_beyond_at_their_ends() -> None:
    linear = Axis(-1, 1, (), "")
    assert [linear.share(x) for x in (-5, -1, 0, 1, 9)] == [0, 0, 0.5, 1, 1]
    log = Axis(0.01, 1, (), "", log=True)
    assert [log.share(x) for x in (0.0, 0.1, 1.0)] == pytest.approx([0, 0.5, 1])
    assert stairs([0, 1, 2], [3, 4], 0) == [(0, 0), (0, 3), (1, 3), (1, 4), (2, 4), (2, 0)]


def test_doubt_is_confidence_or_else_reasons_and_then_disagreement(read: ReadLine) -> None:
    def ranked(
        confidence: float | None, apart_mm: float, *reasons: Reason, verdict: Verdict = Verdict.REVIEW
    ) -> tuple[float, ...]:
        assert read.decision is not None
        reading = read.decision.reading
        leading = replace(reading.candidates[0], disagreement_mm=apart_mm)
        decision = Decision(replace(reading, candidates=(leading,)), verdict, None, reasons, confidence)
        return doubt(decision)

    assert ranked(0.5, 0.0) > ranked(0.9, 9.0, Reason.WIDE)
    assert ranked(None, 0.0, Reason.WIDE, Reason.TICK) > ranked(None, 5.0, Reason.WIDE)
    remark = ranked(None, 0.5, Reason.SCALE, Reason.ON_END, verdict=Verdict.ACCEPTED)
    assert ranked(None, 0.0, Reason.WIDE) > remark
    assert ranked(None, 0.3, Reason.WIDE) > ranked(None, 0.2, Reason.WIDE)


def test_the_furthest_off_come_first() -> None:
    nowhere = line(None, 40.0, expected=Expected.REVIEW)
    blank = line(None, None, Outcome.FLAGGED, expected=Expected.REVIEW)
    lines = [line(50.0, 50.1), blank, line(50.0, 47.0), nowhere]
    ranked = sorted(lines, key=error_rank, reverse=True)
    assert ranked == [nowhere, lines[2], lines[0], blank]
    assert set(Order) == {"confidence", "error"}
