"""The judge is judged: made-up readings whose verdict is known by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.evaluate import Evaluation, Flagged, evaluate, evaluate_results
from calibration.figures import Figures, figures_of, reliability_of
from calibration.judged import Outcome, ResultLine, judged_results
from calibration.targets import TARGETS
from calibration.truth import DrawnKind, Expected
from tests.calibration.judging import item, line, page


def result(sheet_id: str, key: str, position_mm: float | None, status: str = "accepted") -> ResultLine:
    return ResultLine(sheet_id=sheet_id, item=key, position_mm=position_mm, status=status)


def of(evaluation: Evaluation, kind: DrawnKind) -> Figures:
    return dict(evaluation.kinds)[kind]


def missed(evaluation: Evaluation) -> set[str]:
    return {t.name for t in TARGETS if t.met(evaluation.tidy, hard=False) is False}


def test_errors_of_accepted_marks_are_measured_with_their_sign() -> None:
    figures = figures_of(
        [line(10.0, 10.2), line(20.0, 19.9), line(30.0, 99.0, Outcome.FLAGGED), line(5, None, Outcome.LOST)]
    )
    assert (figures.lines, figures.accepted, figures.flagged, figures.unread) == (4, 2, 1, 1)
    assert figures.mean_error_mm == pytest.approx(0.15)
    assert figures.bias_mm == pytest.approx(0.05)
    assert figures.max_error_mm == pytest.approx(0.2)
    assert figures.p95_error_mm == pytest.approx(0.195)
    assert figures.p99_error_mm == pytest.approx(0.199)
    assert figures.silently_wrong == 0
    assert figures.flagged_share == pytest.approx(0.25)


def test_readings_shifted_by_two_millimetres_are_rejected() -> None:
    places = [5.0 + i for i in range(90)]
    good = evaluate([line(place, place + 0.05, sheet=f"s{place}") for place in places])
    assert missed(good) == set()
    shifted = evaluate([line(place, place + 2.0, sheet=f"s{place}") for place in places])
    assert shifted.overall.figures.silently_wrong == 90
    assert shifted.overall.figures.bias_mm == pytest.approx(2.0)
    assert missed(shifted) == {
        "mean error of accepted",
        "99 % of accepted within",
        "accepted and off by more than 1 mm",
    }


@pytest.mark.parametrize(("said", "wrong"), [(51.0, 0), (51.01, 1), (48.9, 1), (None, 1)])
def test_an_accepted_mark_more_than_a_millimetre_off_is_silently_wrong(
    said: float | None, wrong: int
) -> None:
    assert figures_of([line(50.0, said)]).silently_wrong == wrong


def test_accepting_where_a_person_would_stop_is_silently_wrong_however_near() -> None:
    lines = [
        line(None, 40.0, kind=DrawnKind.BLANK, expected=Expected.REVIEW),
        line(40.0, 40.0, kind=DrawnKind.STRUCK_OUT, expected=Expected.REVIEW),
        line(40.0, 40.0, kind=DrawnKind.CIRCLE, expected=Expected.EITHER),
        line(40.0, 44.0, kind=DrawnKind.TICK, expected=Expected.EITHER),
    ]
    evaluation = evaluate(lines)
    assert of(evaluation, DrawnKind.BLANK).silently_wrong == 1
    assert of(evaluation, DrawnKind.STRUCK_OUT).silently_wrong == 1
    assert of(evaluation, DrawnKind.STRUCK_OUT).mean_error_mm is None
    assert of(evaluation, DrawnKind.CIRCLE).silently_wrong == 0
    whole = evaluation.overall.figures
    assert (whole.should_ask, whole.off, whole.silently_wrong) == (2, 1, 3)
    flagged = evaluate([replace(one, outcome=Outcome.FLAGGED) for one in lines]).overall.figures
    assert (flagged.silently_wrong, flagged.flagged) == (0, 4)


def test_a_value_that_went_to_another_sheet_is_silently_wrong_however_near() -> None:
    evaluation = evaluate([line(wrong_sheet=True), line(sheet="office/1/2")])
    assert evaluation.overall.figures.silently_wrong == 1
    assert evaluation.overall.sheets.mistaken == ("office/1/1",)
    assert "sheets lost or taken for another" in missed(evaluation)


def test_shares_of_unmistakable_marks_count_refused_ones_as_not_accepted() -> None:
    figures = figures_of(
        [
            line(2.9, 2.9),
            line(98.0, 98.0, Outcome.FLAGGED),
            line(50.0, 50.0),
            line(50.0, None, Outcome.REFUSED),
            line(1.0, 1.0, expected=Expected.EITHER),
        ]
    )
    assert (figures.unmistakable, figures.unmistakable_accepted) == (4, 2)
    assert figures.accepted_share == pytest.approx(0.5)
    assert (figures.near_end, figures.near_end_accepted_share) == (2, 0.5)


def test_the_share_of_silently_wrong_has_its_bound() -> None:
    figures = figures_of([line()] * 99 + [line(50.0, 60.0)])
    assert figures.wrong_per_10000 == pytest.approx(100)
    assert figures.wrong_bound_per_10000 == pytest.approx(466, abs=1)
    nothing = figures_of([line(outcome=Outcome.FLAGGED)])
    assert nothing.wrong_bound_per_10000 is None


def test_groups_hold_their_own_lines_and_pages() -> None:
    evaluation = evaluate(
        [
            line(condition="office", sheet="o/1"),
            line(condition="office", sheet="o/1", kind=DrawnKind.CROSS),
            line(condition="phone", hard=True, sheet="p/1", outcome=Outcome.REFUSED, refusal="no_code"),
            line(condition="phone", hard=True, sheet="p/2", outcome=Outcome.REFUSED, refusal="no_code"),
            line(condition="phone", hard=True, sheet="p/3", outcome=Outcome.LOST),
        ]
    )
    assert [(group.name, group.hard, group.figures.lines) for group in evaluation.conditions] == [
        ("office", False, 2),
        ("phone", True, 3),
    ]
    assert (evaluation.tidy.figures.lines, evaluation.hard.figures.lines) == (2, 3)
    assert evaluation.hard.sheets.refused == (("no_code", 2),)
    assert evaluation.hard.sheets.lost == ("p/3",)
    assert evaluation.overall.sheets.scanned == 4
    cells = {(condition, kind): figures.lines for condition, kind, figures in evaluation.cells}
    assert cells == {
        ("office", DrawnKind.STROKE): 1,
        ("office", DrawnKind.CROSS): 1,
        ("phone", DrawnKind.STROKE): 3,
    }


def test_why_unmistakable_marks_were_flagged() -> None:
    asked = Outcome.FLAGGED
    evaluation = evaluate(
        [
            line(outcome=asked, reasons=("wide", "past_end")),
            line(outcome=asked, reasons=("wide", "scribble")),
            line(outcome=asked, reasons=("past_end",)),
            line(outcome=asked, reasons=("circle",), expected=Expected.REVIEW),
            line(reasons=("scale",)),
        ]
    )
    assert evaluation.flagged == (
        Flagged("wide", DrawnKind.STROKE, 2, 1),
        Flagged("past_end", DrawnKind.STROKE, 1, 1),
        Flagged("scribble", DrawnKind.STROKE, 1, 0),
    )


def test_confidence_is_held_against_what_came_true() -> None:
    lines = [line(confidence=0.96)] * 3 + [line(50.0, 60.0, confidence=0.96)]
    lines += [line(None, 50.0, Outcome.FLAGGED, confidence=0.2, expected=Expected.REVIEW), line()]
    reliability = reliability_of(lines)
    assert reliability is not None
    low, high = reliability.bins
    assert (low.lines, low.right, high.lines, high.right) == (1, 0.0, 4, 0.75)
    assert low.confidence == pytest.approx(0.2)
    assert high.confidence == pytest.approx(0.96)
    assert (high.from_confidence, high.to_confidence) == (0.95, 0.98)
    assert reliability.expected_error == pytest.approx((0.2 + 4 * 0.21) / 5)
    assert reliability_of([line()]) is None


def test_certainty_has_a_bin() -> None:
    reliability = reliability_of([line(confidence=1.0), line(confidence=0.0)])
    assert reliability is not None
    assert [b.lines for b in reliability.bins] == [1, 1]


def test_sheets_are_read_refused_or_lost_and_none_is_invented() -> None:
    truth = [page(name, item("a", 1.0), number=n) for n, name in enumerate(("READ", "REFUSED", "LOST"), 1)]
    truth.append(page(None, number=4))
    results = [result("READ", "a", 1.0), result("NOBODY", "a", 1.0)]
    evaluation = evaluate_results(truth, results, {("a.pdf", 2), ("a.pdf", 4)})
    sheets = evaluation.overall.sheets
    assert sheets.scanned == 3
    assert sheets.refused == (("refused", 1),)
    assert sheets.lost == ("LOST",)
    assert evaluation.invented == ("NOBODY",)
    assert evaluation.overall.figures.unread == 2
    whole_file = evaluate_results(truth, results, {("a.pdf", None)})
    assert whole_file.overall.sheets.lost == ()


def test_a_line_missing_from_a_reading_is_unread() -> None:
    evaluation = evaluate_results([page("S", item("a", 1.0), item("b", 2.0))], [result("S", "a", 1.0)])
    assert evaluation.overall.figures.unread == 1
    assert evaluation.overall.sheets.lost == ()


def test_what_a_person_settled_was_not_accepted_by_the_reader() -> None:
    lines = judged_results([page("S", item("a", 1.0))], [result("S", "a", 1.0, "confirmed")])
    assert [one.outcome for one in lines] == [Outcome.FLAGGED]


def test_what_has_no_one_answer_is_not_judged() -> None:
    one = page("S", item("a", 1.0))
    with pytest.raises(ValueError, match="twice"):
        evaluate_results([one, replace(one, scan_page=2)], [])
    with pytest.raises(ValueError, match="twice"):
        evaluate_results([one], [result("S", "a", 1.0), result("S", "a", 2.0)])


def test_nothing_at_all_gives_empty_figures() -> None:
    evaluation = evaluate([])
    assert evaluation.kinds == ()
    assert evaluation.overall.figures.accepted_share is None
    assert evaluation.overall.sheets.scanned == 0
