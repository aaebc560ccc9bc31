"""The exact bound against closed forms, published values, and the binomial sum itself."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.binomial import exact_interval, upper_bound


@pytest.mark.parametrize("trials", [1, 10, 299, 4_000, 100_000, 2_000_000])
def test_none_seen_has_a_closed_form(trials: int) -> None:
    assert upper_bound(0, trials) == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-8)


@pytest.mark.parametrize(
    ("seen", "of", "level", "bound"),
    [
        # Upper limits of two-sided 95 % intervals (level 0.975), as in every table.
        (1, 10, 0.975, 0.4450),
        (5, 10, 0.975, 0.8129),
        (10, 100, 0.975, 0.1762),
        (0, 20, 0.975, 0.1684),
        # One-sided 95 %.
        (1, 10, 0.95, 0.3942),
        (5, 10, 0.95, 0.7776),
        (2, 100, 0.95, 0.0616),
    ],
)
def test_known_values(seen: int, of: int, level: float, bound: float) -> None:
    assert upper_bound(seen, of, level) == pytest.approx(bound, abs=6e-5)


def test_everything_or_nothing_seen_says_that_it_may_be_all() -> None:
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(7, 7) == 1.0


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
@settings(max_examples=40, deadline=None)
def test_so_few_are_seen_with_five_in_a_hundred_at_the_bound(seen_of: tuple[int, int]) -> None:
    seen, of = seen_of
    share = upper_bound(seen, of)
    tail = sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(seen + 1))
    assert tail == pytest.approx(0.05, rel=1e-6)
    assert share > seen / of


@pytest.mark.parametrize(("seen", "of"), [(-1, 5), (6, 5)])
def test_what_cannot_have_been_seen_is_misuse(seen: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        upper_bound(seen, of)


@pytest.mark.parametrize(
    ("seen", "of", "low", "high"),
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129), (98, 100, 0.9296, 0.9976)],
)
def test_known_two_sided_intervals(seen: int, of: int, low: float, high: float) -> None:
    assert exact_interval(seen, of) == pytest.approx((low, high), abs=6e-5)
