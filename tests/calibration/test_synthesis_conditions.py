"""Every condition with a name does what its name says, leaves room for chance, and follows its seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from calibration.synthesis.conditions import CONDITIONS
from calibration.synthesis.dirt import Dirt
from calibration.synthesis.sheets import Treatment, conditions


def some(name: str, count: int = 40, seed: int = 1) -> list[Treatment]:
    rng = np.random.default_rng(seed)
    return [CONDITIONS[name].treatment(rng) for _ in range(count)]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_follows_its_seed_and_leaves_room_for_chance(name: str) -> None:
    assert some(name) == some(name)
    assert len({repr(treatment) for treatment in some(name)}) == 40
    assert all(conditions(treatment).name == name for treatment in some(name, 3))


WHAT_IT_SAYS: dict[str, Callable[[Treatment], bool]] = {
    "office": lambda t: not t.scanner.mode.bilevel and 200 <= t.scanner.dpi <= 300,
    "office_bilevel_300": lambda t: t.scanner.mode.bilevel and t.scanner.dpi == 300,
    "office_600": lambda t: t.scanner.dpi == 600,
    "fit_to_page": lambda t: 0.90 <= t.printer.scale <= 0.99,
    "enlarged": lambda t: 1.01 <= t.printer.scale <= 1.05,
    "duplex_show_through": lambda t: Dirt.SHOW_THROUGH in t.dirt,
    "streaks": lambda t: 1 <= len(t.scanner.streaks) <= 2,
    "dpi_150": lambda t: t.scanner.dpi == 150,
    "bilevel_200": lambda t: t.scanner.mode.bilevel and t.scanner.dpi == 200,
    "dithered": lambda t: t.scanner.mode.bilevel and 200 <= t.scanner.dpi <= 300,
    "jpeg_40": lambda t: t.scanner.jpeg_quality is not None and 40 <= t.scanner.jpeg_quality <= 55,
    "low_toner": lambda t: t.printer.toner <= 0.7,
    "skewed": lambda t: 3 <= abs(t.scanner.skew_deg) <= 8,
    "sideways": lambda t: t.scanner.turn in (90, 270) or t.scanner.device_turn in (90, 270),
    "upside_down": lambda t: t.scanner.turn == 180,
    "dirty": lambda t: Dirt.SPECKS in t.dirt,
    "folded": lambda t: Dirt.FOLD in t.dirt,
    "punched_stapled": lambda t: Dirt.PUNCHED in t.dirt,
    "streaky": lambda t: len(t.scanner.streaks) >= 2,
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_what_its_name_says(name: str) -> None:
    assert all(WHAT_IT_SAYS[name](treatment) for treatment in some(name))


def test_there_are_tidy_conditions_and_hard_ones() -> None:
    assert not CONDITIONS["office"].hard
    assert CONDITIONS["bilevel_200"].hard
    assert sum(condition.hard for condition in CONDITIONS.values()) > len(CONDITIONS) / 2
