"""Readings of one line, as measuring would hand them to deciding: a clean one, and every way to spoil it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scanner.model.decision import Reason
from scanner.model.profile import Profile
from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind
from scanner.reading.profile import CAUTIOUS, load_profile

EVIDENCE = LineEvidence(
    length_ratio=1.0,
    left_tick=0.8,
    right_tick=0.8,
    line_share=1.0,
    contrast=180.0,
    noise=3.0,
    dpi=300.0,
    shift_mm=0.2,
    printed_mm=100.0,
    overdrawn_mm=0.0,
    other_ink_mm2=0.0,
    streak_positions_mm=(),
)
P: Profile = load_profile(CAUTIOUS)
"""Rules alone: what a model thinks of made-up evidence proves nothing."""
HAIR = 1e-6
"""What takes a number from its limit to the wrong side of it."""


def mark(kind: MarkKind = MarkKind.STROKE, at_mm: float = 42.0, **other: Any) -> Candidate:
    """A mark of a kind that is accepted, about 7 mm high and without fault; `other` replaces its fields."""
    clean = Candidate(
        kind=kind,
        position_mm=at_mm,
        height_mm=0.0,
        left_mm=at_mm - 0.5,
        right_mm=at_mm + 0.5,
        near_left_mm=at_mm - 0.3,
        near_right_mm=at_mm + 0.3,
        reach_above_mm=3.6,
        reach_below_mm=3.6,
        width_mm=0.4,
        area_mm2=2.5,
        darkness=0.8,
        slant_deg=4.0,
        disagreement_mm=0.05,
        straightness_mm=0.03,
        misfit_mm=0.05,
        flare_mm=0.1,
        near_flare_mm=0.1,
        row_width_mm=0.4,
        foot_mm=0.05,
        solidity=0.9,
        branching=0.0,
        leaves_zone=False,
        crossing_deg=0.0,
        centring=0.0,
        hole_mm2=0.0,
        softness_mm=0.2,
        streak=0.05,
    )
    return replace(clean, **other)


def line(*candidates: Candidate, **evidence: Any) -> LineReading:
    """A line with these marks, the strongest first; `evidence` replaces fields of a faultless line."""
    position = min(100.0, max(0.0, candidates[0].position_mm)) if candidates else None
    return LineReading("overall", 4, position, candidates, replace(EVIDENCE, **evidence))


@dataclass(frozen=True)
class Rule:
    """One number of the profile, and the clean line brought up to that number and a hair past it."""

    name: str
    at_limit: LineReading
    past_limit: LineReading
    reasons: tuple[Reason, ...]
    """Exactly those of the line past the limit."""


def rules(profile: Profile = P) -> Iterator[Rule]:
    """A rule for every limit of a profile; several where a limit stands for several numbers."""
    yield from _line_rules(profile)
    yield from _ink_rules(profile)
    yield from _shape_rules(profile)
    yield from _place_rules(profile)
    yield from _rival_rules(profile)


def _line_rules(p: Profile) -> Iterator[Rule]:
    def of(name: str, field: str, value: float, hair: float, reason: Reason) -> Rule:
        return Rule(name, line(mark(), **{field: value}), line(mark(), **{field: value + hair}), (reason,))

    yield of("min_line_share", "line_share", p.min_line_share, -HAIR, Reason.GEOMETRY)
    yield of("min_tick", "left_tick", p.min_tick, -HAIR, Reason.GEOMETRY)
    yield of("min_tick", "right_tick", p.min_tick, -HAIR, Reason.GEOMETRY)
    for name in ("max_length_error", "max_clear_length_error"):
        # Ink near an end tick may have been taken for one: there the stricter limit holds.
        clean = mark(at_mm=3.0) if name == "max_length_error" else mark()
        error = getattr(p, name)
        for side in (-1, 1):
            at, past = (line(clean, length_ratio=1 + side * (error + more)) for more in (-HAIR, HAIR))
            yield Rule(name, at, past, (Reason.GEOMETRY,))
    between = 1 + (p.max_length_error + p.max_clear_length_error) / 2
    at, past = (line(mark(), length_ratio=between, left_tick=p.clear_tick - less) for less in (0.0, HAIR))
    yield Rule("clear_tick", at, past, (Reason.GEOMETRY,))
    yield of("max_overdrawn_mm", "overdrawn_mm", p.max_overdrawn_mm, HAIR, Reason.RANGE)
    yield of("max_specks_mm2", "other_ink_mm2", p.max_specks_mm2, HAIR, Reason.LOW_CONFIDENCE)


def _of_mark(name: str, field: str, value: float, hair: float, reason: Reason, **other: Any) -> Rule:
    at, past = ({**other, field: value + more} for more in (0.0, hair))
    return Rule(name, line(mark(**at)), line(mark(**past)), (reason,))


def _ink_rules(p: Profile) -> Iterator[Rule]:
    yield _of_mark("min_area_mm2", "area_mm2", p.min_area_mm2, -HAIR, Reason.FAINT)
    yield _of_mark("max_softness_mm", "softness_mm", p.max_softness_mm, HAIR, Reason.FAINT)
    yield _of_mark("min_darkness", "darkness", p.min_darkness, -HAIR, Reason.FAINT)
    yield _of_mark("max_streak_share", "streak", p.max_streak_share, HAIR, Reason.STREAK)
    clean = mark()
    for edge_mm, outwards in ((clean.near_left_mm, -1), (clean.near_right_mm, 1)):
        at, past = (edge_mm + outwards * (p.streak_margin_mm + more) for more in (HAIR, -HAIR))
        yield Rule(
            "streak_margin_mm",
            line(clean, streak_positions_mm=(at,)),
            line(clean, streak_positions_mm=(7.0, past)),
            (Reason.STREAK,),
        )


def _shape_rules(p: Profile) -> Iterator[Rule]:
    leaning = {"slant_deg": p.tick_slant_deg + 5.0, "foot_mm": p.max_foot_mm}
    yield _of_mark("max_foot_mm", "foot_mm", p.max_foot_mm, HAIR, Reason.TICK, **leaning)
    footed = {"foot_mm": p.max_foot_mm + 0.1}
    for side in (-1, 1):
        yield _of_mark(
            "tick_slant_deg", "slant_deg", side * p.tick_slant_deg, side * HAIR, Reason.TICK, **footed
        )
    yield _of_mark("max_near_flare_mm", "near_flare_mm", p.max_near_flare_mm, HAIR, Reason.TICK)
    for kind in (MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB):
        name = f"max_{kind.value}_misfit_mm"
        yield _of_mark(name, "misfit_mm", getattr(p, name), HAIR, Reason.TEXT, kind=kind)
    tall = {"reach_above_mm": 9.0}
    yield _of_mark("max_flare_mm", "flare_mm", p.max_flare_mm, HAIR, Reason.TEXT, **tall)
    share = {"reach_above_mm": 2.0, "reach_below_mm": 1.0}
    yield _of_mark("max_flare_share", "flare_mm", 3.0 * p.max_flare_share, HAIR, Reason.TEXT, **share)
    for kind in (MarkKind.STROKE, MarkKind.CROSS):
        width = "row_width_mm" if kind is MarkKind.STROKE else "width_mm"
        yield _of_mark("max_width_mm", width, p.max_width_mm, HAIR, Reason.WIDE, kind=kind)
        for side in (-1, 1):
            yield _of_mark(
                "max_slant_deg", "slant_deg", side * p.max_slant_deg, side * HAIR, Reason.WIDE, kind=kind
            )
    at, past = (42.0 + p.max_width_mm / 2 + more for more in (0.0, HAIR))
    left = 42.0 - p.max_width_mm / 2
    yield Rule(
        "max_width_mm",
        line(mark(MarkKind.BLOB, near_left_mm=left + HAIR, near_right_mm=at)),
        line(mark(MarkKind.BLOB, near_left_mm=left, near_right_mm=past)),
        (Reason.WIDE,),
    )
    for kind in (MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB):
        extent_mm = (mark().reach_above_mm + mark().reach_below_mm) / p.min_height_share
        left_mm = 42.0 - extent_mm / 2
        right_mm = left_mm + extent_mm - HAIR
        yield _of_mark(
            "min_height_share", "right_mm", right_mm, 2 * HAIR, Reason.RANGE, kind=kind, left_mm=left_mm
        )
        for name, field in (
            ("max_disagreement_mm", "disagreement_mm"),
            ("max_straightness_mm", "straightness_mm"),
        ):
            limit = getattr(p, name)
            yield _of_mark(name, field, limit, HAIR, Reason.LOW_CONFIDENCE, kind=kind)
    for kind, name in ((MarkKind.CROSS, "max_cross_height_mm"), (MarkKind.BLOB, "max_blob_height_mm")):
        for side in (-1, 1):
            limit = side * getattr(p, name)
            yield _of_mark(name, "height_mm", limit, side * HAIR, Reason.OFF_LINE, kind=kind)


def _place_rules(p: Profile) -> Iterator[Rule]:
    for field in ("reach_above_mm", "reach_below_mm"):
        yield _of_mark("min_reach_mm", field, p.min_reach_mm, -HAIR, Reason.OFF_LINE)
        dot = {"kind": MarkKind.BLOB}
        yield _of_mark("max_blob_short_mm", field, -p.max_blob_short_mm, -HAIR, Reason.OFF_LINE, **dot)
    for end_mm, outwards in ((0.0, -1), (100.0, 1)):
        beyond = end_mm + outwards * (p.max_past_end_mm - HAIR)
        yield _of_mark("max_past_end_mm", "position_mm", beyond, outwards * 2 * HAIR, Reason.PAST_END)
        inside = end_mm - outwards * (p.end_margin_mm + HAIR)
        short = {"reach_above_mm": p.min_end_reach_mm - HAIR}
        yield _of_mark("end_margin_mm", "position_mm", inside, outwards * 2 * HAIR, Reason.ON_END, **short)
        for field in ("reach_above_mm", "reach_below_mm"):
            yield _of_mark(
                "min_end_reach_mm", field, p.min_end_reach_mm, -HAIR, Reason.ON_END, position_mm=end_mm
            )


def _rival_rules(p: Profile) -> Iterator[Rule]:
    def of(name: str, limit: float, reason: Reason, **where: Any) -> Rule:
        rivals = (mark(at_mm=70.0, area_mm2=limit + more, **where) for more in (-HAIR, 0.0))
        at, past = (line(mark(), rival) for rival in rivals)
        return Rule(name, at, past, (reason,))

    yield of("rival_area_mm2", p.rival_area_mm2, Reason.MULTIPLE)
    off = {"reach_above_mm": 4.0, "reach_below_mm": -1.0}
    yield of("near_rival_area_mm2", p.near_rival_area_mm2, Reason.MULTIPLE, **off)
    far = p.near_height_mm
    above = {"reach_above_mm": far + 3.0, "reach_below_mm": -far}
    yield of("far_rival_area_mm2", p.far_rival_area_mm2, Reason.TEXT, **above)
    below = {"reach_above_mm": -far, "reach_below_mm": far + 3.0}
    yield of("far_rival_area_mm2", p.far_rival_area_mm2, Reason.TEXT, **below)
    middling = (p.near_rival_area_mm2 + p.far_rival_area_mm2) / 2
    at, past = (
        line(mark(), mark(at_mm=70.0, area_mm2=middling, reach_above_mm=9.0, reach_below_mm=-height))
        for height in (far, far - HAIR)
    )
    yield Rule("near_height_mm", at, past, (Reason.MULTIPLE,))
    through: dict[str, Any] = {"reach_above_mm": 10.8, "reach_below_mm": 10.8, "leaves_zone": True}
    streak, ruled = (
        line(mark(), mark(at_mm=70.0, streak=p.min_through_share + more, **through)) for more in (HAIR, 0.0)
    )
    yield Rule("min_through_share", streak, ruled, (Reason.MULTIPLE,))
    yield from _spot_rules(p)
    yield from _trace_rules(p)


def _spot_rules(p: Profile) -> Iterator[Rule]:
    """A round spot may be larger than other ink before it counts."""

    def spot(area_mm2: float, middle_mm: float) -> LineReading:
        ink = mark(
            MarkKind.BLOB,
            70.0,
            area_mm2=area_mm2,
            reach_above_mm=middle_mm + 0.5,
            reach_below_mm=0.5 - middle_mm,
            height_mm=middle_mm,
        )
        return line(mark(), ink)

    for name, middle_mm in (("dot_rival_area_mm2", 0.0), ("near_dot_rival_area_mm2", 2.0)):
        at, past = (spot(getattr(p, name) + more, middle_mm) for more in (-HAIR, HAIR))
        yield Rule(name, at, past, (Reason.MULTIPLE,))


def _trace_rules(p: Profile) -> Iterator[Rule]:
    """What more ink may be and yet no second mark: a stain with its soft edges, or little and pale."""
    leading = mark()

    def beside(**ink: Any) -> LineReading:
        return line(leading, mark(at_mm=70.0, **ink))

    paler = leading.darkness - HAIR
    soft = max(p.min_stain_softness_mm, p.stain_softness_ratio * leading.softness_mm)
    stain, pen = (beside(softness_mm=soft + more, darkness=paler) for more in (HAIR, 0.0))
    yield Rule("min_stain_softness_mm", stain, pen, (Reason.MULTIPLE,))
    blurred = mark(softness_mm=p.max_softness_mm)
    edge = p.stain_softness_ratio * blurred.softness_mm
    stain, pen = (
        line(blurred, mark(at_mm=70.0, softness_mm=edge + more, darkness=paler)) for more in (HAIR, 0.0)
    )
    yield Rule("stain_softness_ratio", stain, pen, (Reason.MULTIPLE,))
    pale = p.pale_share * leading.darkness - HAIR
    trace, too_much = (beside(area_mm2=p.pale_rival_area_mm2 + more, darkness=pale) for more in (-HAIR, HAIR))
    yield Rule("pale_rival_area_mm2", trace, too_much, (Reason.MULTIPLE,))
    little = (p.rival_area_mm2 + p.pale_rival_area_mm2) / 2
    trace, pressed = (beside(area_mm2=little, darkness=pale + more) for more in (0.0, 2 * HAIR))
    yield Rule("pale_share", trace, pressed, (Reason.MULTIPLE,))
