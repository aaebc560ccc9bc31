"""Evidence as JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind
from scanner.record.evidence import candidates_to_json, evidence_to_json, line_reading
from tests.record.builders import QUICK, line, measured

places = st.floats(-200, 200)


@st.composite
def readings(draw: st.DrawFn) -> LineReading:
    kinds = st.sampled_from(MarkKind)
    marks = draw(st.lists(st.tuples(kinds, places, places), max_size=3))
    return LineReading(
        item="social",
        number=3,
        position_mm=draw(st.none() | st.floats(0, 100)),
        candidates=tuple(
            measured(Candidate, kind=kind, position_mm=place, slant_deg=slant) for kind, place, slant in marks
        ),
        evidence=measured(LineEvidence, length_ratio=draw(places), noise=draw(places)),
    )


@QUICK
@given(readings())
def test_a_reading_comes_back_as_it_was_measured(reading: LineReading) -> None:
    candidates = json.loads(json.dumps(candidates_to_json(reading), allow_nan=False))
    evidence = json.loads(json.dumps(evidence_to_json(reading), allow_nan=False))
    assert line_reading("social", 3, reading.position_mm, candidates, evidence) == reading


def test_numbers_of_numpy_and_what_is_no_number_can_be_stored() -> None:
    reading = line("social", 12.5)
    numbers: Any = {"noise": np.float32(1.5), "contrast": float("nan"), "dpi": np.int64(300)}
    strange = replace(reading.evidence, **numbers)
    stored = json.loads(json.dumps(evidence_to_json(replace(reading, evidence=strange)), allow_nan=False))
    assert (stored["noise"], stored["contrast"], stored["dpi"]) == (1.5, None, 300)


def test_what_an_older_reader_did_not_measure_is_said() -> None:
    reading = line("social", 12.5)
    evidence = evidence_to_json(reading)
    del evidence["contrast"]
    with pytest.raises(ValueError, match="without contrast"):
        line_reading("social", 3, 12.5, candidates_to_json(reading), evidence)


def test_what_a_newer_reader_measured_besides_is_passed_over() -> None:
    reading = line("social", 12.5)
    evidence = {**evidence_to_json(reading), "smell": 3.0}
    assert line_reading("social", 3, 12.5, candidates_to_json(reading), evidence) == reading
