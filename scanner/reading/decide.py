"""Accept a line, or send it to a person. Pure: no pixels, no clock, no record.

A line is accepted only when nothing speaks against it, and, under a calibrated profile, when it is
likely enough to be right. Each rule names its reason; the rules do not weigh against each other.
`PAST_END`, `ON_END` and `SCALE` may also stand on an accepted line, as remarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from math import isfinite
from operator import attrgetter

from scanner.model.decision import Decision, Reason, Verdict
from scanner.model.profile import Profile
from scanner.model.reading import Candidate, LineReading, MarkKind
from scanner.model.score import score_of
from scanner.reading.confidence import confidence_of
from scanner.reading.passing import is_beside, runs_through

DOT_MM = 4.5
"""A blob higher than this is a stroke gone over, and not a dot."""
SPECK_MM = 1.4
"""A spot larger than this in any direction may be meant as a mark."""
CLEAR_OF_END_MM = 3.0
"""Ink further than this from the ends of the line was not taken for an end tick."""
GATHER_MM = 1.0
"""Pieces this close together along the line may be of one mark."""
TOUCHING_MM = 0.3
"""Ink this close to the axis of the line touches the printed line."""
RANGE_MM = 25.0
"""Ink that extends over more of the line than this is a range rather than a scribble: words only."""

_REVIEWED_KINDS = {MarkKind.CIRCLE: Reason.CIRCLE, MarkKind.TICK: Reason.TICK}
"""Shapes whose place is clear but which are not accepted before calibration shows that it is safe."""


def decide(reading: LineReading, profile: Profile) -> Decision:
    """What the reader alone makes of a line under a profile."""
    objections = _distinct(_objections(reading, profile))
    remarks = tuple(r for r in _distinct(_remarks(reading, profile)) if r not in objections)
    confidence = None if profile.model is None else confidence_of(reading, profile.model)
    if confidence is not None and confidence < profile.min_confidence and not objections:
        objections = (Reason.LOW_CONFIDENCE,)
    if objections or reading.position_mm is None:
        return Decision(reading, Verdict.REVIEW, None, objections + remarks, confidence)
    return Decision(reading, Verdict.ACCEPTED, score_of(reading.position_mm), remarks, confidence)


def _objections(reading: LineReading, profile: Profile) -> Iterator[Reason]:
    yield from _line_objections(reading, profile)
    marks = _significant(reading, profile)
    if not marks:
        yield Reason.BLANK
        if reading.candidates:
            yield Reason.FAINT
        if reading.evidence.streak_positions_mm or any(map(runs_through, reading.candidates)):
            yield Reason.STREAK
        return
    leading, *rivals = marks
    if leading is not reading.candidates[0] or not _is_finite(leading):
        yield Reason.LOW_CONFIDENCE
    yield from _mark_objections(leading, reading, profile)
    if rivals:
        yield _reason_of_rivals(leading, rivals, profile)


def _line_objections(reading: LineReading, profile: Profile) -> Iterator[Reason]:
    evidence = reading.evidence
    if (
        evidence.line_share < profile.min_line_share
        or min(evidence.left_tick, evidence.right_tick) < profile.min_tick
        or abs(evidence.length_ratio - 1.0) > _max_length_error(reading, profile)
    ):
        yield Reason.GEOMETRY
    if evidence.overdrawn_mm > profile.max_overdrawn_mm:
        yield Reason.RANGE
    if evidence.other_ink_mm2 > profile.max_specks_mm2:
        yield Reason.LOW_CONFIDENCE


def _max_length_error(reading: LineReading, profile: Profile) -> float:
    """How far the line's length may be off: paper curls before a telephone, and clear ticks are then to be
    believed, unless ink close to them may have been taken for one."""
    evidence = reading.evidence
    alone = all(
        mark.left_mm > CLEAR_OF_END_MM and mark.right_mm < 100.0 - CLEAR_OF_END_MM
        for mark in reading.candidates
    )
    clear = alone and min(evidence.left_tick, evidence.right_tick) >= profile.clear_tick
    return profile.max_clear_length_error if clear else profile.max_length_error


def _significant(reading: LineReading, profile: Profile) -> list[Candidate]:
    """Candidates that are too large to be dust, the leading one first."""
    if not reading.candidates:
        return []
    leading, *others = reading.candidates
    rivals = [o for o in others if not _is_no_pen(o, leading, profile)]
    found = [r for r in rivals if _gathered_mm2(r, rivals) >= _dust_mm2(r, leading, profile)]
    leads = leading.area_mm2 >= _dust_mm2(leading, leading, profile) and not runs_through(leading)
    return [leading, *found] if leads else found


def _gathered_mm2(mark: Candidate, rivals: list[Candidate]) -> float:
    """Area of a mark with all ink above and below it: dust does not gather, but a faint mark falls into
    pieces. A mark has one near the line; the fibres of recycled paper lie anywhere."""
    middle_mm = (mark.left_mm + mark.right_mm) / 2
    near = [o for o in rivals if o.left_mm - GATHER_MM < middle_mm < o.right_mm + GATHER_MM]
    if all(min(o.reach_above_mm, o.reach_below_mm) < -GATHER_MM for o in near):
        return mark.area_mm2
    return sum(other.area_mm2 for other in near)


def _is_no_pen(mark: Candidate, leading: Candidate, profile: Profile) -> bool:
    """Whether other ink is a stain, a streak or a fold; a ruler's line is as dark as the mark, and ends."""
    pale = mark.darkness < profile.pale_share * leading.darkness
    foreign = pale or is_beside(mark) or mark.streak > profile.min_through_share
    through = runs_through(mark) and foreign
    return through or _is_stain(mark, leading, profile)


def _is_stain(mark: Candidate, leading: Candidate, profile: Profile) -> bool:
    """Whether ink is paler than the leading mark, with edges that no pen makes: coffee, a shadow, a fold."""
    soft_mm = max(profile.min_stain_softness_mm, profile.stain_softness_ratio * leading.softness_mm)
    return mark.softness_mm > soft_mm and mark.darkness < leading.darkness


_MEASURES: Callable[[Candidate], tuple[float, ...]] = attrgetter(
    *(field.name for field in fields(Candidate) if field.type == "float")
)


def _is_finite(mark: Candidate) -> bool:
    """Whether every measure of a mark is a number: nothing compares with what is none."""
    return all(map(isfinite, _MEASURES(mark)))


def _dust_mm2(candidate: Candidate, leading: Candidate, profile: Profile) -> float:
    """Area up to which ink at this place may be dust, or the trace of something paler than a pen."""
    place_mm2 = _dust_at_mm2(candidate, profile)
    if candidate is not leading and _is_speck(candidate, leading, profile):
        touching = min(candidate.reach_above_mm, candidate.reach_below_mm) > -TOUCHING_MM
        place_mm2 = profile.dot_rival_area_mm2 if touching else profile.near_dot_rival_area_mm2
    pale = candidate.darkness < profile.pale_share * leading.darkness
    return max(place_mm2, profile.pale_rival_area_mm2) if pale else place_mm2


def _is_speck(candidate: Candidate, leading: Candidate, profile: Profile) -> bool:
    """Whether ink is a small round spot, and the leading mark is something else: a crumb, a fly, toner."""
    across_mm = candidate.right_mm - candidate.left_mm
    high_mm = candidate.reach_above_mm + candidate.reach_below_mm
    small = candidate.kind is MarkKind.BLOB and max(across_mm, high_mm) < SPECK_MM
    dot = leading.kind is MarkKind.BLOB and leading.area_mm2 < profile.near_dot_rival_area_mm2 * 2
    return small and not dot


def _dust_at_mm2(candidate: Candidate, profile: Profile) -> float:
    nearest_mm = max(-candidate.reach_above_mm, -candidate.reach_below_mm, 0.0)
    beside_mm = max(-candidate.right_mm, candidate.left_mm - 100.0)
    if nearest_mm >= profile.near_height_mm or beside_mm > profile.max_past_end_mm:
        return profile.far_rival_area_mm2
    on_end = min(abs(candidate.position_mm), abs(candidate.position_mm - 100.0)) < profile.end_margin_mm
    touching = nearest_mm < TOUCHING_MM or on_end
    return profile.rival_area_mm2 if touching else profile.near_rival_area_mm2


def _mark_objections(mark: Candidate, reading: LineReading, profile: Profile) -> Iterator[Reason]:
    too_pale = mark.darkness < profile.min_darkness or mark.softness_mm > profile.max_softness_mm
    if mark.area_mm2 < profile.min_area_mm2 or too_pale:
        yield Reason.FAINT
    if _is_streak(mark, reading, profile):
        yield Reason.STREAK
    yield from _shape_objections(mark, profile)
    yield from _place_objections(mark, profile)


def _is_streak(mark: Candidate, reading: LineReading, profile: Profile) -> bool:
    through = (other.position_mm for other in reading.candidates if runs_through(other))
    near = any(
        mark.near_left_mm - profile.streak_margin_mm < place < mark.near_right_mm + profile.streak_margin_mm
        for place in (*reading.evidence.streak_positions_mm, *through)
    )
    return near or mark.streak > profile.max_streak_share or mark.leaves_zone


def _shape_objections(mark: Candidate, profile: Profile) -> Iterator[Reason]:
    if mark.kind is MarkKind.OTHER:
        yield Reason.RANGE if mark.right_mm - mark.left_mm > RANGE_MM else Reason.SCRIBBLE
        return
    if mark.kind in _REVIEWED_KINDS:
        yield _REVIEWED_KINDS[mark.kind]
        return
    limit_mm = profile.max_blob_height_mm if mark.kind is MarkKind.BLOB else profile.max_cross_height_mm
    if abs(mark.height_mm) > limit_mm:
        yield Reason.OFF_LINE
    height_mm = mark.reach_above_mm + mark.reach_below_mm
    if height_mm < profile.min_height_share * (mark.right_mm - mark.left_mm):
        yield Reason.RANGE
    if _is_wide(mark, profile):
        yield Reason.WIDE
    leans = abs(mark.slant_deg) > profile.tick_slant_deg and mark.foot_mm > profile.max_foot_mm
    if mark.kind is MarkKind.STROKE and (leans or mark.near_flare_mm > profile.max_near_flare_mm):
        yield Reason.TICK
    flare_mm = min(profile.max_flare_mm, profile.max_flare_share * height_mm)
    drawn = mark.kind is MarkKind.STROKE or (mark.kind is MarkKind.BLOB and height_mm > DOT_MM)
    if drawn and mark.flare_mm > flare_mm:
        yield Reason.TEXT
    if mark.misfit_mm > _max_misfit_mm(mark, profile):
        yield Reason.TEXT
    unsure = mark.disagreement_mm > profile.max_disagreement_mm
    if unsure or mark.straightness_mm > profile.max_straightness_mm:
        yield Reason.LOW_CONFIDENCE


def _max_misfit_mm(mark: Candidate, profile: Profile) -> float:
    """How far ink may lie from the strokes that the kind of the mark is made of."""
    return {
        MarkKind.STROKE: profile.max_stroke_misfit_mm,
        MarkKind.CROSS: profile.max_cross_misfit_mm,
        MarkKind.BLOB: profile.max_blob_misfit_mm,
    }[mark.kind]


def _is_wide(mark: Candidate, profile: Profile) -> bool:
    if mark.kind is MarkKind.BLOB:
        return mark.near_right_mm - mark.near_left_mm > profile.max_width_mm
    wide_mm = mark.row_width_mm if mark.kind is MarkKind.STROKE else mark.width_mm
    return wide_mm > profile.max_width_mm or abs(mark.slant_deg) > profile.max_slant_deg


def _place_objections(mark: Candidate, profile: Profile) -> Iterator[Reason]:
    needed_mm = -profile.max_blob_short_mm if mark.kind is MarkKind.BLOB else profile.min_reach_mm
    if min(mark.reach_above_mm, mark.reach_below_mm) < needed_mm:
        yield Reason.OFF_LINE
    beyond_mm = max(-mark.position_mm, mark.position_mm - 100.0)
    if beyond_mm > profile.max_past_end_mm:
        yield Reason.PAST_END
    if abs(beyond_mm) < profile.end_margin_mm:
        clear = min(mark.reach_above_mm, mark.reach_below_mm) >= profile.min_end_reach_mm
        if mark.kind is not MarkKind.STROKE or not clear:
            yield Reason.ON_END


def _reason_of_rivals(leading: Candidate, rivals: list[Candidate], profile: Profile) -> Reason:
    """Why there is more ink than one mark: the review page says it in words."""
    kinds = [leading.kind, *(rival.kind for rival in rivals)]
    odd = {MarkKind.OTHER, MarkKind.CROSS}
    near = [r for r in rivals if min(r.reach_above_mm, r.reach_below_mm) > -profile.near_height_mm]
    if not near:
        return Reason.TEXT
    if len(rivals) >= 3:
        return Reason.TEXT
    if len(kinds) == 2 and (kinds[0] in odd) != (kinds[1] in odd):
        return Reason.STRUCK_OUT
    return Reason.MULTIPLE


def _remarks(reading: LineReading, profile: Profile) -> Iterator[Reason]:
    printed_mm = reading.evidence.printed_mm or 100.0
    # A resolution that makes the sheet half or twice its size is not to be believed at all.
    if 70.0 < printed_mm < 130.0 and abs(printed_mm / 100.0 - 1.0) > profile.max_scale_error:
        yield Reason.SCALE
    if reading.candidates:
        position_mm = reading.candidates[0].position_mm
        if not 0.0 <= position_mm <= 100.0:
            yield Reason.PAST_END
        elif min(position_mm, 100.0 - position_mm) < profile.end_margin_mm:
            yield Reason.ON_END


def _distinct(reasons: Iterator[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
