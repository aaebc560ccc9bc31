"""Deciding: a line is accepted only when nothing speaks against it, and every limit does its work alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.decision import Decision, Reason, Verdict
from scanner.model.profile import Profile
from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind
from scanner.model.score import score_of
from scanner.reading.decide import RANGE_MM, decide
from tests.reading.lines import HAIR, Rule, line, mark, rules
from tests.reading.lines import P as PROFILE
from tests.reading.sheets import QUICK

RULES = tuple(rules())
REMARKS = {Reason.PAST_END, Reason.ON_END, Reason.SCALE}
"""What an accepted line may carry too."""


def decided(reading: LineReading) -> Decision:
    return decide(reading, PROFILE)


ODD: list[tuple[LineReading, tuple[Reason, ...]]] = [
    (line(), (Reason.BLANK,)),
    (line(streak_positions_mm=(30.0,)), (Reason.BLANK, Reason.STREAK)),
    (line(mark(area_mm2=0.1)), (Reason.BLANK, Reason.FAINT)),
    (line(mark(leaves_zone=True)), (Reason.STREAK,)),
    (line(mark(MarkKind.CIRCLE)), (Reason.CIRCLE,)),
    (line(mark(MarkKind.TICK)), (Reason.TICK,)),
    (line(mark(MarkKind.OTHER, left_mm=10.0, right_mm=10.0 + RANGE_MM)), (Reason.SCRIBBLE,)),
    (line(mark(MarkKind.OTHER, left_mm=10.0, right_mm=10.1 + RANGE_MM)), (Reason.RANGE,)),
    (line(mark(), mark(at_mm=60.0)), (Reason.MULTIPLE,)),
    (line(mark(), mark(MarkKind.OTHER, 60.0)), (Reason.STRUCK_OUT,)),
    (line(mark(), mark(MarkKind.CROSS, 60.0)), (Reason.STRUCK_OUT,)),
    (line(mark(MarkKind.CROSS), mark(MarkKind.CROSS, 60.0)), (Reason.MULTIPLE,)),
    (line(mark(), *(mark(at_mm=at) for at in (60.0, 63.0, 66.0))), (Reason.TEXT,)),
    (line(mark(at_mm=-2.5)), (Reason.PAST_END,)),
    (line(mark(MarkKind.CROSS, 0.0)), (Reason.ON_END,)),
    (line(mark(darkness=0.01), length_ratio=0.9), (Reason.GEOMETRY, Reason.FAINT)),
    (line(mark(), mark(at_mm=60.0), printed_mm=94.0), (Reason.MULTIPLE, Reason.SCALE)),
]
"""Lines for a person, each with exactly its reasons."""


@pytest.mark.parametrize("kind", [MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB])
def test_a_clean_line_is_accepted(kind: MarkKind) -> None:
    decision = decided(line(mark(kind)))
    assert (decision.verdict, decision.score, decision.reasons) == (Verdict.ACCEPTED, score_of(42.0), ())
    assert decision.confidence is None  # nobody has calibrated this profile


def test_a_faint_second_mark_in_pieces_is_a_second_mark() -> None:
    near = PROFILE.near_rival_area_mm2
    off: dict[str, Any] = {"reach_above_mm": 3.0, "reach_below_mm": -1.0}
    pieces = [mark(at_mm=70.0 + aside, area_mm2=0.4 * near, **off) for aside in (0.0, 0.3, 0.6)]
    assert decided(line(mark(), pieces[0])).verdict is Verdict.ACCEPTED
    assert decided(line(mark(), *pieces)).verdict is Verdict.REVIEW


def test_the_place_is_that_of_the_mark_that_was_judged() -> None:
    dust = mark(at_mm=10.0, area_mm2=0.01)
    decision = decided(line(dust, mark(at_mm=70.0)))
    assert (decision.verdict, decision.reasons) == (Verdict.REVIEW, (Reason.LOW_CONFIDENCE,))


@pytest.mark.parametrize("name", [field.name for field in fields(Candidate) if field.type == "float"])
def test_a_measure_that_is_no_number_settles_nothing(name: str) -> None:
    measured: dict[str, Any] = {name: float("nan")}
    assert decided(line(mark(**measured))).verdict is Verdict.REVIEW


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_limit_turns_a_clean_line_alone(rule: Rule) -> None:
    clean, spoilt = decided(rule.at_limit), decided(rule.past_limit)
    assert clean.verdict is Verdict.ACCEPTED, clean.reasons
    assert set(clean.reasons) <= REMARKS
    assert (spoilt.verdict, spoilt.score, spoilt.reasons) == (Verdict.REVIEW, None, rule.reasons)


def test_every_number_of_the_profile_has_a_rule() -> None:
    numbers = {field.name for field in fields(Profile)} - {"profile_id", "provenance"}
    numbers -= {"model", "min_confidence"}  # tried in test_confidence
    assert {rule.name for rule in RULES} == numbers - {"max_scale_error"}  # only ever a remark


@pytest.mark.parametrize(("reading", "reasons"), ODD)
def test_an_odd_line_goes_to_a_person(reading: LineReading, reasons: tuple[Reason, ...]) -> None:
    decision = decided(reading)
    assert (decision.verdict, decision.score, decision.reasons) == (Verdict.REVIEW, None, reasons)


def test_every_reason_of_the_reader_is_given_by_some_line() -> None:
    given_reasons = {reason for _, reasons in ODD for reason in reasons}
    given_reasons |= {reason for rule in RULES for reason in decided(rule.past_limit).reasons}
    assert given_reasons == set(Reason) - {Reason.CONFLICT}


@pytest.mark.parametrize(
    ("printed_mm", "told"),
    [
        (100.0, False),
        (98.1, False),
        (97.9, True),
        (102.1, True),
        (None, False),
        (50.0, False),
        (200.0, False),
    ],
)
def test_the_scale_is_a_remark_and_no_objection(printed_mm: float | None, told: bool) -> None:
    decision = decided(line(mark(), printed_mm=printed_mm))
    assert decision.verdict is Verdict.ACCEPTED
    assert decision.reasons == ((Reason.SCALE,) if told else ())


@pytest.mark.parametrize(
    ("at_mm", "score", "remark"),
    [(-1.5, "0.0", Reason.PAST_END), (101.5, "10.0", Reason.PAST_END), (0.4, "0.0", Reason.ON_END)],
)
def test_a_clear_mark_at_an_end_is_accepted_with_a_remark(at_mm: float, score: str, remark: Reason) -> None:
    decision = decided(line(mark(at_mm=at_mm)))
    assert decision.verdict is Verdict.ACCEPTED
    assert (str(decision.score), decision.reasons) == (score, (remark,))


def test_an_objection_is_not_repeated_as_a_remark() -> None:
    assert decided(line(mark(MarkKind.CROSS, 100.2))).reasons == (Reason.ON_END, Reason.PAST_END)
    assert decided(line(mark(at_mm=103.0))).reasons == (Reason.PAST_END,)


def _any_candidate() -> st.SearchStrategy[Candidate]:
    """From faultless to hopeless in every field."""
    return st.builds(
        mark,
        st.sampled_from(MarkKind),
        st.floats(-6, 106),
        height_mm=st.floats(-4, 4),
        reach_above_mm=st.floats(-8, 10),
        reach_below_mm=st.floats(-8, 10),
        width_mm=st.floats(0.1, 6),
        area_mm2=st.floats(0.05, 12),
        darkness=st.floats(0, 1.2),
        slant_deg=st.floats(-90, 90),
        disagreement_mm=st.floats(0, 1),
        straightness_mm=st.floats(0, 0.6),
        leaves_zone=st.booleans(),
        streak=st.floats(0, 1),
    )


def _any_line() -> st.SearchStrategy[LineReading]:
    return st.builds(
        lambda candidates, evidence: line(*candidates, **evidence),
        st.lists(_any_candidate(), max_size=4),
        st.fixed_dictionaries(
            {},
            optional={
                "length_ratio": st.floats(0.97, 1.03),
                "left_tick": st.floats(0, 1),
                "right_tick": st.floats(0, 1),
                "line_share": st.floats(0, 1),
                "printed_mm": st.none() | st.floats(20, 250),
                "overdrawn_mm": st.floats(0, 10),
                "other_ink_mm2": st.floats(0, 6),
                "streak_positions_mm": st.lists(st.floats(-8, 108), max_size=3).map(tuple),
            },
        ),
    )


_MOSTLY_CLEAN = st.builds(
    lambda changes, evidence: line(mark(**changes), **evidence),
    st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from([MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB]),
            "at_mm": st.floats(-3, 103),
            "area_mm2": st.floats(0.2, 5),
            "darkness": st.floats(0.1, 1),
            "streak": st.floats(0, 0.5),
            "width_mm": st.floats(0.2, 5),
            "reach_above_mm": st.floats(0.2, 5),
            "reach_below_mm": st.floats(0.2, 5),
        },
    ),
    st.fixed_dictionaries({}, optional={"line_share": st.floats(0.6, 1), "overdrawn_mm": st.floats(0, 5)}),
)
"""Lines about the edge between the two verdicts."""


@QUICK
@given(_any_line() | _MOSTLY_CLEAN)
def test_accepted_means_a_position_a_score_and_nothing_but_remarks(reading: LineReading) -> None:
    decision = decided(reading)
    assert decision.reading is reading
    assert len(set(decision.reasons)) == len(decision.reasons)
    assert Reason.CONFLICT not in decision.reasons
    if decision.verdict is Verdict.ACCEPTED:
        assert reading.position_mm is not None
        assert decision.score == score_of(reading.position_mm)
        assert set(decision.reasons) <= REMARKS
    else:
        assert decision.score is None
        assert decision.reasons


@QUICK
@given(_any_line() | _MOSTLY_CLEAN)
def test_without_a_position_nothing_is_accepted(reading: LineReading) -> None:
    decision = decided(replace(reading, position_mm=None))
    assert (decision.verdict, decision.score) == (Verdict.REVIEW, None)


def _of_evidence(change: Callable[[LineEvidence, float], dict[str, Any]]) -> Any:
    return lambda reading, by: replace(
        reading, evidence=replace(reading.evidence, **change(reading.evidence, by))
    )


def _of_mark(change: Callable[[Candidate, float], dict[str, Any]]) -> Any:
    def worsened(reading: LineReading, by: float) -> LineReading:
        first, *rest = reading.candidates
        return replace(reading, candidates=(replace(first, **change(first, by)), *rest))

    return worsened


def _with_streak(reading: LineReading, by: float) -> LineReading:
    """From right beside the mark to well away from it."""
    at_mm = reading.candidates[0].position_mm + 4 * by
    return replace(reading, evidence=replace(reading.evidence, streak_positions_mm=(at_mm,)))


def _with_rival(reading: LineReading, by: float) -> LineReading:
    return replace(reading, candidates=(*reading.candidates, mark(at_mm=99 * by, area_mm2=by)))


WORSE: dict[str, Callable[[LineReading, float], LineReading]] = {
    "less of the line": _of_evidence(lambda e, by: {"line_share": e.line_share * (1 - by)}),
    "a fainter left tick": _of_evidence(lambda e, by: {"left_tick": e.left_tick * (1 - by)}),
    "a fainter right tick": _of_evidence(lambda e, by: {"right_tick": e.right_tick * (1 - by)}),
    "a longer line": _of_evidence(lambda e, by: {"length_ratio": e.length_ratio + by / 30}),
    "a shorter line": _of_evidence(lambda e, by: {"length_ratio": e.length_ratio - by / 30}),
    "more drawn along it": _of_evidence(lambda e, by: {"overdrawn_mm": e.overdrawn_mm + 9 * by}),
    "more dust": _of_evidence(lambda e, by: {"other_ink_mm2": e.other_ink_mm2 + 6 * by}),
    "one more streak": _with_streak,
    "less ink": _of_mark(lambda m, by: {"area_mm2": m.area_mm2 * (1 - by)}),
    "paler ink": _of_mark(lambda m, by: {"darkness": m.darkness * (1 - by)}),
    "more like a streak": _of_mark(lambda m, by: {"streak": m.streak + by}),
    "out of the zone": _of_mark(lambda m, by: {"leaves_zone": True}),
    "higher": _of_mark(lambda m, by: {"height_mm": m.height_mm + 4 * by}),
    "a thicker stroke": _of_mark(lambda m, by: {"width_mm": m.width_mm + 6 * by}),
    "further to both sides": _of_mark(
        lambda m, by: {"near_left_mm": m.near_left_mm - 5 * by, "near_right_mm": m.near_right_mm + 5 * by}
    ),
    "flatter": _of_mark(lambda m, by: {"slant_deg": m.slant_deg + 80 * by}),
    "halves further apart": _of_mark(lambda m, by: {"disagreement_mm": m.disagreement_mm + by}),
    "more bent": _of_mark(lambda m, by: {"straightness_mm": m.straightness_mm + by}),
    "less above": _of_mark(lambda m, by: {"reach_above_mm": m.reach_above_mm - 6 * by}),
    "less below": _of_mark(lambda m, by: {"reach_below_mm": m.reach_below_mm - 6 * by}),
    "one more mark": _with_rival,
}
"""What makes a line with one mark worse, by an amount from 0 to 1."""


@pytest.mark.parametrize("worse", WORSE.values(), ids=WORSE)
def test_worse_evidence_never_settles_a_line(worse: Callable[[LineReading, float], LineReading]) -> None:
    @QUICK
    @given(_MOSTLY_CLEAN, st.sampled_from((0.05, 0.5, 1.0)) | st.floats(0, 1))
    def check(reading: LineReading, by: float) -> None:
        before, after = decided(reading).verdict, decided(worse(reading, by)).verdict
        assert (before, after) != (Verdict.REVIEW, Verdict.ACCEPTED)

    check()
    kinds = (MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB)
    spoilt = [worse(line(mark(kind)), by) for kind in kinds for by in (0.05, 42.0 / 99.0, 1.0)]
    assert any(decided(reading).verdict is Verdict.REVIEW for reading in spoilt)


def test_a_stricter_profile_is_stricter() -> None:
    reading = line(mark(darkness=0.5))
    assert decide(reading, replace(PROFILE, min_darkness=0.5)).verdict is Verdict.ACCEPTED
    assert decide(reading, replace(PROFILE, min_darkness=0.5 + HAIR)).verdict is Verdict.REVIEW
