"""Every condition with a name does what its name says, leaves room for chance, and follows its seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from calibration.synthesis.conditions import CONDITIONS
from calibration.synthesis.dirt import Dirt
from calibration.synthesis.sheets import Treatment, conditions
from calibration.synthesis.stock import WHITE


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
    "low_toner": lambda t: t.printer.toner <= 0.75,
    "skewed": lambda t: 3 <= abs(t.scanner.skew_deg) <= 8,
    "sideways": lambda t: t.scanner.turn in (90, 270) or t.scanner.device_turn in (90, 270),
    "upside_down": lambda t: t.scanner.turn == 180,
    "sharpened": lambda t: t.scanner.sharpen > 0 and not t.scanner.mode.bilevel,
    "coloured_paper": lambda t: t.stock != WHITE and t.scanner.threshold < 0.8 * 255 * t.stock.grey,
    "bilevel_300_any": lambda t: t.scanner.mode.bilevel and t.scanner.dpi == 300,
    "worn_feed": lambda t: len(t.printer.feed) == 2 and len(t.scanner.feed.waves) == 2,
    "dirty": lambda t: Dirt.CRUMBS in t.dirt and len(t.dirt) >= 2,
    "folded": lambda t: bool(t.dirt) and all(dirt.startswith("fold") for dirt in t.dirt),
    "punched_stapled": lambda t: bool(t.dirt) and all("p" in dirt for dirt in t.dirt),
    "stamped": lambda t: Dirt.STAMP in t.dirt,
    "held": lambda t: Dirt.FINGER in t.dirt or t.scanner.shadow is not None,
    "marks_through": lambda t: t.back is not None and 0.04 <= t.back.strength <= 0.16,
    "streaky": lambda t: len(t.scanner.streaks) >= 2,
    "photocopied": lambda t: 1 <= len(t.copiers) <= 3,
    "phone": lambda t: t.phone is not None and 2 <= np.hypot(*t.phone.tilt_deg) <= 12,
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_what_its_name_says(name: str) -> None:
    assert all(WHAT_IT_SAYS[name](treatment) for treatment in some(name))


def test_there_are_tidy_conditions_and_hard_ones() -> None:
    assert not CONDITIONS["office"].hard
    assert CONDITIONS["bilevel_200"].hard
    assert sum(condition.hard for condition in CONDITIONS.values()) > len(CONDITIONS) / 2
