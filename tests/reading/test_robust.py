"""The quick statistics say what numpy's say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scanner.reading.robust import grey_percentiles, median, parabola, percentile, row_medians, weighted_mean
from tests.reading.sheets import QUICK

NUMBERS = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6, allow_subnormal=False))
GREYS = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)))
PERCENT = st.floats(0.0, 100.0)


@settings(QUICK)
@given(NUMBERS)
def test_the_median_is_numpys(values: np.ndarray) -> None:
    assert median(values) == np.median(values)


@settings(QUICK)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.floats(-9, 9, width=32))
)
def test_medians_of_rows_are_numpys(values: np.ndarray) -> None:
    np.testing.assert_array_equal(row_medians(values), np.median(values, axis=-1))


@settings(QUICK)
@given(NUMBERS, PERCENT)
def test_a_percentile_is_numpys(values: np.ndarray, percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(float(np.percentile(values, percent)), abs=1e-6)


@settings(QUICK)
@given(GREYS, PERCENT, PERCENT)
def test_percentiles_of_greys_are_numpys(grey: np.ndarray, one: float, other: float) -> None:
    for picture in (grey, grey[:, ::2]):
        expected = np.percentile(picture, (one, other)).tolist()
        assert grey_percentiles(picture, one, other) == pytest.approx(expected, abs=1e-6)


@settings(QUICK)
@given(NUMBERS)
def test_a_weighted_mean_is_numpys(values: np.ndarray) -> None:
    weights = np.linspace(0.5, 2.0, len(values))
    expected = float(np.average(values, weights=weights))
    assert weighted_mean(values, weights) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(QUICK)
@given(arrays(np.float64, st.integers(4, 40), elements=st.floats(-20, 20, allow_subnormal=False)))
def test_a_parabola_is_the_one_of_least_squares(x: np.ndarray) -> None:
    y = np.linspace(-4.0, 7.0, len(x)) ** 3 / 50
    bend, along, at = np.polyfit(y, x, 2)
    fitted, slopes = parabola(y, x)
    np.testing.assert_allclose(fitted, bend * y**2 + along * y + at, rtol=0, atol=1e-6)
    np.testing.assert_allclose(slopes, 2 * bend * y + along, rtol=0, atol=1e-5)
