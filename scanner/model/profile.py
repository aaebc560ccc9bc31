"""The numbers that deciding depends on, all in one place, with what each of them costs."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.confidence import ConfidenceModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Limits of acceptance. A line that passes none of them the wrong way is accepted."""

    profile_id: str
    provenance: str
    """Where the numbers come from, in a sentence."""
    model: ConfidenceModel | None
    """What tells how likely a reading is right; None before any calibration."""
    min_confidence: float
    """Least probability of being right with which a line is accepted; without a model it does not count."""
    min_line_share: float
    """Share of the printed line that must have been found; less, and its place is not certain."""
    min_tick: float
    """Clarity of an end tick; less, and the ends of the line are not certain."""
    max_length_error: float
    """Relative difference between the line as found and as the corner marks promise it."""
    max_clear_length_error: float
    """The same where both end ticks are clear ..."""
    clear_tick: float
    """... which they are from this clarity on."""
    max_scale_error: float
    """Relative difference between the printed line and 100 mm from which on it is mentioned."""
    max_overdrawn_mm: float
    """Length drawn along the line before it may be a range."""
    min_reach_mm: float
    """How far a mark must go beyond the line on both sides to count as crossing it."""
    max_blob_short_mm: float
    """How far short of the line's axis a dot may end on one side: it touches the printed line."""
    min_area_mm2: float
    """Ink of the smallest mark that is not dust."""
    min_darkness: float
    """Faintest mark that is accepted, against the print."""
    max_softness_mm: float
    """Widest edge of a mark that is accepted: a stain has no sharp edge."""
    max_width_mm: float
    """Widest mark near the line that is still one place."""
    min_height_share: float
    """Height of a mark against its extent along the line; a flatter one is a range, or drawn along it."""
    max_disagreement_mm: float
    """How far the halves of a stroke may point at different places."""
    max_straightness_mm: float
    """How far a stroke may bend."""
    max_stroke_misfit_mm: float
    """How far ink of a stroke may lie from an evenly bent one: more, and there is a figure's part in it."""
    max_cross_misfit_mm: float
    """The same for a cross and its two strokes."""
    max_blob_misfit_mm: float
    """The same for a stroke gone over in place and its passes: a letter's bows lie beside them."""
    max_flare_mm: float
    """How much wider than usual a stroke may be somewhere: more, and it may be a figure such as 7."""
    max_flare_share: float
    """The same as a share of the stroke's height: a small figure has a small flag."""
    max_near_flare_mm: float
    """How much wider than usual a stroke may be close to the line: more, and it may be a tick."""
    max_foot_mm: float
    """How far the foot of a stroke may reach out ..."""
    tick_slant_deg: float
    """... when the stroke leans more than this: more, and it may be a tick."""
    max_slant_deg: float
    """Flattest stroke, against the vertical: a flat one crosses the line nowhere in particular."""
    max_cross_height_mm: float
    """How far from the line the strokes of a cross may intersect."""
    max_blob_height_mm: float
    """How far from the line the centre of a dot may lie."""
    max_past_end_mm: float
    """How far past an end a mark still means that end."""
    end_margin_mm: float
    """Nearer to an end tick than this, the tick may hide part of the mark."""
    min_end_reach_mm: float
    """... unless the mark reaches this far above and below the line, clear of the tick."""
    streak_margin_mm: float
    """Nearer to a streak than this, a mark may be the streak."""
    max_streak_share: float
    """Share of the page beyond the line that is dark in line with the mark."""
    min_through_share: float
    """Share of the page that is dark in line with a straight line through the zone, no paler than a mark's
    ink, before it is a streak and not drawn with a ruler."""
    rival_area_mm2: float
    """Other ink on the line from which on there may be a second mark."""
    near_rival_area_mm2: float
    """The same for ink that does not touch the line: dust may be larger there."""
    far_rival_area_mm2: float
    """The same for ink that stays further than `near_height_mm` from the line, or is beside its ends."""
    dot_rival_area_mm2: float
    """The same for a small round spot on the line, when the leading mark is no dot ..."""
    near_dot_rival_area_mm2: float
    """... and for one off the line."""
    near_height_mm: float
    stain_softness_ratio: float
    """Edges so many times as wide as the leading mark's are a stain's ..."""
    min_stain_softness_mm: float
    """... when they are this wide at least."""
    pale_share: float
    """Ink less than this as dark as the leading mark is not of the same pen ..."""
    pale_rival_area_mm2: float
    """... and may be a trace of something up to this area."""
    max_specks_mm2: float
    """Dust on the whole zone before the line counts as dirty."""
