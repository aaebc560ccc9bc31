"""The judge is judged: made-up readings whose verdict is known by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from calibration.evaluate import Evaluation, Figures, as_table, evaluate
from calibration.truth import DrawnKind, Expected, ItemTruth, PageConditions, PageContent, PageTruth

CONDITIONS = PageConditions(
    dpi=300, mode="grey", turn=0, skew_deg=0.0, print_scale=1.0, jpeg_quality=85, dirt=()
)


@dataclass(frozen=True)
class Read:
    sheet_id: str
    item: str
    position_mm: float | None
    status: str = "accepted"


def item(
    key: str,
    position_mm: float | None,
    kind: DrawnKind = DrawnKind.STROKE,
    expected: Expected = Expected.ACCEPT,
) -> ItemTruth:
    return ItemTruth(item=key, number=1, kind=kind, position_mm=position_mm, expected=expected, pen=None)


def page(sheet_id: str | None, *items: ItemTruth, number: int = 1) -> PageTruth:
    content = PageContent.FOREIGN if sheet_id is None else PageContent.SHEET
    return PageTruth(
        scan_name="a.pdf",
        scan_page=number,
        content=content,
        sheet_id=sheet_id,
        items=items,
        conditions=CONDITIONS,
    )


def of(evaluation: Evaluation, kind: DrawnKind) -> Figures:
    return dict(evaluation.kinds)[kind]


def test_errors_of_accepted_marks_are_measured_with_their_sign() -> None:
    truth = [page("S", item("a", 10.0), item("b", 20.0), item("c", 30.0))]
    readings = [Read("S", "a", 10.2), Read("S", "b", 19.9), Read("S", "c", 99.0, "review")]
    strokes = of(evaluate(truth, readings), DrawnKind.STROKE)
    assert (strokes.lines, strokes.accepted, strokes.flagged, strokes.unread) == (3, 2, 1, 0)
    assert strokes.mean_error_mm == pytest.approx(0.15)
    assert strokes.bias_mm == pytest.approx(0.05)
    assert strokes.max_error_mm == pytest.approx(0.2)
    assert strokes.p99_error_mm == pytest.approx(0.199)
    assert strokes.silently_wrong == 0


@pytest.mark.parametrize(("said", "wrong"), [(51.0, 0), (51.01, 1), (48.9, 1), (None, 1)])
def test_an_accepted_mark_more_than_a_millimetre_off_is_silently_wrong(
    said: float | None, wrong: int
) -> None:
    assert evaluate([page("S", item("a", 50.0))], [Read("S", "a", said)]).overall.silently_wrong == wrong


def test_accepting_where_a_person_would_stop_is_silently_wrong_however_near() -> None:
    truth = [
        page(
            "S",
            item("a", None, DrawnKind.BLANK, Expected.REVIEW),
            item("b", 40.0, DrawnKind.STRUCK_OUT, Expected.REVIEW),
            item("c", 40.0, DrawnKind.CIRCLE, Expected.EITHER),
        )
    ]
    readings = [Read("S", key, 40.0) for key in "abc"]
    result = evaluate(truth, readings)
    assert of(result, DrawnKind.BLANK).silently_wrong == 1
    assert of(result, DrawnKind.STRUCK_OUT).silently_wrong == 1
    assert of(result, DrawnKind.CIRCLE).silently_wrong == 0
    assert of(result, DrawnKind.STRUCK_OUT).mean_error_mm is None
    flagged = evaluate(truth, [replace(reading, status="review") for reading in readings])
    assert flagged.overall.silently_wrong == 0
    assert flagged.overall.flagged == 3


def test_sheets_are_read_refused_or_lost_and_none_is_invented() -> None:
    truth = [page(name, item("a", 1.0), number=n) for n, name in enumerate(("READ", "REFUSED", "LOST"), 1)]
    truth.append(page(None, number=4))
    result = evaluate(truth, [Read("READ", "a", 1.0), Read("NOBODY", "a", 1.0)], {("a.pdf", 2), ("a.pdf", 4)})
    assert result.sheets == 3
    assert result.sheets_refused == 1
    assert result.sheets_lost == ("LOST",)
    assert result.sheets_invented == ("NOBODY",)
    assert result.overall.unread == 2
    assert result.overall.flagged == 0


def test_a_line_missing_from_a_reading_is_unread() -> None:
    result = evaluate([page("S", item("a", 1.0), item("b", 2.0))], [Read("S", "a", 1.0)])
    assert result.overall.unread == 1
    assert result.sheets_lost == ()


def test_what_has_no_one_answer_is_not_judged() -> None:
    one = page("S", item("a", 1.0))
    with pytest.raises(ValueError, match="twice"):
        evaluate([one, replace(one, scan_page=2)], [])
    with pytest.raises(ValueError, match="twice"):
        evaluate([one], [Read("S", "a", 1.0), Read("S", "a", 2.0)])


def test_the_table_shows_every_kind_that_occurs_and_the_sheets() -> None:
    truth = [page("S", item("a", 50.0), item("b", None, DrawnKind.WORDS, Expected.REVIEW))]
    table = as_table(evaluate(truth, [Read("S", "a", 50.25), Read("S", "b", 3.0)])).splitlines()
    assert table[0].split()[:2] == ["kind", "lines"]
    assert table[1].split() == ["stroke", "1", "1", "0", "0", "0.250", "0.250", "0.250", "0.250", "0"]
    assert table[2].split() == ["words", "1", "1", "0", "0", "-", "-", "-", "-", "1"]
    assert table[3].split()[0] == "all"
    assert len({len(line) for line in table[:4]}) == 1
    assert table[4] == "sheets: 1 scanned, 0 refused, 0 lost, 0 invented"


def test_nothing_at_all_gives_an_empty_table() -> None:
    result = evaluate([], [])
    assert result.kinds == ()
    assert as_table(result).splitlines()[1].split()[:2] == ["all", "0"]
