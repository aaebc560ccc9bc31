"""Does a sheet that came back say the same? The pure part, and what must hold of it always."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.intake.compare import SeenLine, agree, agrees_with_any, seen, seen_by
from scanner.model.decision import Decision
from scanner.model.reading import MarkKind
from tests.record.builders import QUICK, accepted, doubtful

POINTS = [kind for kind in MarkKind if kind is not MarkKind.OTHER]


def review(*marks: tuple[MarkKind, float] | float) -> SeenLine:
    return seen_by(doubtful("social", *marks))


def sure(place: float) -> SeenLine:
    return seen_by(accepted("social", place))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (sure(50.0), sure(51.0), True),
        (sure(50.0), sure(51.001), False),
        # What is printed counts, not the last bit of a float.
        (sure(50.0004), sure(51.0004), True),
        (review(), review(), True),
        (review(), sure(50.0), False),
        (review(), review(50.0), False),
        (sure(50.0), review(50.4), True),
        (sure(50.0), review(50.4, 70.0), False),
        (review(50.4, 70.0), review(70.3, 50.1), True),
        (review(50.0, 70.0), review(50.0, 90.0), False),
        # Both ends of a tick may be seen as one mark or as two.
        (review(50.0, 50.6), review(50.3), False),
        (review(50.0, 50.6, 70.0), review(50.3, 70.1), True),
        # Past the end of the line is on its end.
        (review(-1.8), sure(0.0), True),
        (review(101.5), review(100.9), True),
    ],
)
def test_what_agrees(one: SeenLine, other: SeenLine, same: bool) -> None:
    assert agree(one, other) is same
    assert agree(other, one) is same


@pytest.mark.parametrize("one", POINTS)
@pytest.mark.parametrize("other", POINTS)
def test_the_shape_of_a_mark_may_differ_from_scan_to_scan(one: MarkKind, other: MarkKind) -> None:
    assert agree(review((one, 50.0)), review((other, 50.2)))


@pytest.mark.parametrize("kind", POINTS)
def test_a_mark_that_was_scribbled_over_is_another_one(kind: MarkKind) -> None:
    assert not agree(review((kind, 50.0)), review((MarkKind.OTHER, 50.0)))
    assert not agree(sure(50.0), review((MarkKind.OTHER, 50.0)))
    assert agree(review((MarkKind.OTHER, 50.0)), review((MarkKind.OTHER, 50.0)))


def test_what_the_reader_dismissed_on_both_scans_does_not_matter() -> None:
    marks = [("stroke", 50.0), ("other", 80.0)]
    clean = seen("social", accepted=True, position_mm=50.2, marks=marks[:1])
    dirty = seen("social", accepted=True, position_mm=50.0, marks=marks)
    assert agree(clean, dirty)


def test_only_readings_of_the_same_item_are_compared() -> None:
    other = seen_by(accepted("overall", 50.0))
    assert not agrees_with_any(sure(50.0), [other])
    assert agrees_with_any(sure(50.0), [other, sure(20.0), sure(50.0)])
    assert not agrees_with_any(sure(50.0), [])


places = st.floats(2, 98)
marks = st.lists(st.tuples(st.sampled_from(list(MarkKind)), places), max_size=4)
lines = st.one_of(
    st.builds(lambda place: accepted("social", place), places),
    st.builds(lambda found: doubtful("social", *found), marks),
)


@QUICK
@given(lines)
def test_every_reading_agrees_with_itself(line: Decision) -> None:
    assert agree(seen_by(line), seen_by(line))


@QUICK
@given(lines, lines)
def test_it_does_not_matter_which_came_first(one: Decision, other: Decision) -> None:
    assert agree(seen_by(one), seen_by(other)) == agree(seen_by(other), seen_by(one))


@QUICK
@given(marks, st.floats(-0.99, 0.99))
def test_a_scan_that_lies_a_little_to_one_side_agrees(
    found: list[tuple[MarkKind, float]], shift: float
) -> None:
    moved = [(kind, place + shift) for kind, place in found]
    assert agree(review(*found), review(*moved))


@QUICK
@given(places, st.floats(1.002, 50), st.sampled_from([-1, 1]))
def test_a_single_mark_that_moved_by_more_than_a_millimetre_never_agrees(
    place: float, far: float, side: int
) -> None:
    moved = place + side * far
    if 0 <= moved <= 100:
        for one in (sure(place), review(place)):
            for other in (sure(moved), review(moved)):
                assert not agree(one, other)


@QUICK
@given(marks, st.sampled_from(list(MarkKind)), places)
def test_a_mark_that_was_added_elsewhere_never_agrees(
    found: list[tuple[MarkKind, float]], kind: MarkKind, place: float
) -> None:
    if all(abs(place - other) > 1.002 for _, other in found):
        assert not agree(review(*found), review(*found, (kind, place)))


@QUICK
@given(lines)
def test_nothing_agrees_with_a_blank_line_but_a_blank_line(line: Decision) -> None:
    assert agree(seen_by(line), review()) == (not line.reading.candidates)
