"""The model's verdict counts, and a profile with a model is read whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scanner.errors import SettingsError
from scanner.model.confidence import ConfidenceModel, Tree
from scanner.model.decision import Reason, Verdict
from scanner.reading.confidence import MEASURES, confidence_of, measures_of
from scanner.reading.decide import decide
from scanner.reading.profile import CAUTIOUS, load_profile, save_profile
from tests.reading.lines import line, mark

MISFIT = MEASURES.index("misfit_mm")
MODEL = ConfidenceModel(
    names=MEASURES,
    base=1.0,
    trees=(
        Tree((MISFIT,), (0.2,), (2.0, -4.0)),
        Tree((MEASURES.index("other_ink_mm2"),), (0.5,), (1.0, -1.0)),
    ),
    knots=((-4.0, 0.0), (0.0, 0.5), (4.0, 1.0)),
)
PROFILE = replace(load_profile(CAUTIOUS), model=MODEL, min_confidence=0.9)


def test_the_trees_add_up_and_the_knots_are_joined_by_straight_lines() -> None:
    assert confidence_of(line(mark(misfit_mm=0.1)), MODEL) == pytest.approx(1.0)
    assert confidence_of(line(mark(misfit_mm=0.1), other_ink_mm2=0.8), MODEL) == pytest.approx(0.75)
    assert confidence_of(line(mark(misfit_mm=0.3)), MODEL) == pytest.approx(0.25)
    assert confidence_of(line(), MODEL) is None


def test_a_line_that_is_not_likely_enough_goes_to_a_person() -> None:
    sure, unsure = (decide(line(mark(misfit_mm=0.1), other_ink_mm2=dirt), PROFILE) for dirt in (0.0, 0.8))
    assert (sure.verdict, sure.reasons, sure.confidence) == (Verdict.ACCEPTED, (), 1.0)
    assert (unsure.verdict, unsure.reasons) == (Verdict.REVIEW, (Reason.LOW_CONFIDENCE,))
    assert unsure.confidence == pytest.approx(0.75)


def test_likelihood_does_not_overrule_a_rule() -> None:
    decision = decide(line(mark(misfit_mm=0.1, darkness=0.01)), PROFILE)
    assert (decision.verdict, decision.reasons) == (Verdict.REVIEW, (Reason.FAINT,))
    assert decision.confidence == 1.0


def test_without_a_model_there_is_no_confidence() -> None:
    assert decide(line(mark()), load_profile(CAUTIOUS)).confidence is None


def test_every_measure_is_a_finite_number() -> None:
    for reading in (line(mark()), line(mark(), mark(at_mm=80.0))):
        values = measures_of(reading)
        assert len(values) == len(MEASURES)
        assert np.isfinite(values).all()


def test_a_profile_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save_profile(PROFILE, path)
    assert load_profile(path) == PROFILE
    save_profile(replace(PROFILE, model=None), path)
    assert load_profile(path).model is None


SPOIL: dict[str, Callable[[dict[str, Any]], object]] = {
    "of other measures": lambda model: model["names"].pop(),
    "of an unknown measure": lambda model: model["trees"][0].update(measures=[len(MEASURES)]),
    "with a leaf too few": lambda model: model["trees"][0]["leaves"].pop(),
    "with trees of two depths": lambda model: model["trees"].append(
        {"measures": [0, 0], "limits": [0.0, 0.0], "leaves": [0.0] * 4}
    ),
    "without trees": lambda model: model.update(trees=[]),
    "without knots": lambda model: model.update(knots=[]),
    "that is none": lambda model: model.clear(),
}


@pytest.mark.parametrize("spoil", SPOIL)
def test_a_model_is_refused(spoil: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save_profile(PROFILE, path)
    file = tmp_path / "mine.model.json"
    model = json.loads(file.read_text(encoding="utf-8"))
    SPOIL[spoil](model)
    file.write_text(json.dumps(model), encoding="utf-8")
    with pytest.raises(SettingsError, match="Calibrate again"):
        load_profile(path)


def test_a_model_that_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save_profile(PROFILE, path)
    (tmp_path / "mine.model.json").unlink()
    with pytest.raises(SettingsError, match=r"mine\.model\.json"):
        load_profile(path)


def test_what_runs_through_the_zone_is_left_to_the_rules() -> None:
    streak = mark(
        at_mm=60.0, reach_above_mm=11.0, reach_below_mm=11.0, leaves_zone=True, straightness_mm=0.01
    )
    stroke = replace(streak, leaves_zone=False)
    assert measures_of(line(mark(), streak)) == measures_of(line(mark()))
    assert measures_of(line(mark(), stroke)) != measures_of(line(mark()))
