"""From a position to a score: half up, in decimal arithmetic, never another score than the print says."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.score import printed_position, score_of
from tests.reading.sheets import QUICK

BOUNDARIES = range(500, 100_000, 1000)
"""Thousandths of a millimetre at which the next score begins: 0.500, 1.500, ..., 99.500."""


def score_of_thousandths(thousandths: int) -> Decimal:
    """The score by whole numbers alone."""
    return Decimal((thousandths + 500) // 1000) / 10


@pytest.mark.parametrize("offset", range(-3, 4))
def test_every_boundary_is_half_up(offset: int) -> None:
    for thousandths in (boundary + offset for boundary in BOUNDARIES):
        assert score_of(thousandths / 1000) == score_of_thousandths(thousandths)


@QUICK
@given(st.integers(0, 100_000))
def test_every_printed_position_has_its_score(thousandths: int) -> None:
    position_mm = thousandths / 1000
    assert printed_position(position_mm) == Decimal(thousandths) / 1000
    assert score_of(position_mm) == score_of_thousandths(thousandths)


@pytest.mark.parametrize("beside", [-inf, inf])
def test_a_hair_beside_a_boundary_is_scored_as_it_is_printed(beside: float) -> None:
    for boundary in BOUNDARIES:
        position_mm = nextafter(boundary / 1000, beside)
        assert printed_position(position_mm) == Decimal(boundary) / 1000
        assert score_of(position_mm) == score_of_thousandths(boundary)


@QUICK
@given(st.floats(-20, 120))
def test_the_score_never_disagrees_with_the_printed_position(position_mm: float) -> None:
    printed = printed_position(position_mm)
    assert score_of(position_mm) == (printed / 10).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert score_of(position_mm) == score_of(float(printed))


def test_the_print_is_half_up_before_the_score_is() -> None:
    assert printed_position(2.4995) == Decimal("2.500")
    assert score_of(2.4995) == Decimal("0.3")
    assert printed_position(2.4994) == Decimal("2.499")
    assert score_of(2.4994) == Decimal("0.2")
    assert printed_position(0.0005) == Decimal("0.001")  # and not to the even 0.000


@pytest.mark.parametrize(
    ("position_mm", "printed", "score"),
    [
        (-0.0, "0.000", "0.0"),
        (-1.7, "0.000", "0.0"),
        (-1e-9, "0.000", "0.0"),
        (100.0, "100.000", "10.0"),
        (104.2, "100.000", "10.0"),
    ],
)
def test_beyond_an_end_is_that_end(position_mm: float, printed: str, score: str) -> None:
    assert str(printed_position(position_mm)) == printed
    assert str(score_of(position_mm)) == score


@QUICK
@given(st.floats(0, 100), st.floats(0, 100))
def test_further_right_is_never_a_lower_score(one: float, other: float) -> None:
    left, right = sorted((one, other))
    assert score_of(left) <= score_of(right)


@pytest.mark.parametrize("position_mm", [0.0, 3.0, 49.9501, 100.0])
def test_the_number_of_decimals_is_fixed(position_mm: float) -> None:
    assert printed_position(position_mm).as_tuple().exponent == -3
    assert score_of(position_mm).as_tuple().exponent == -1
