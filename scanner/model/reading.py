"""What was measured on one line: everything that deciding needs, and no verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """The shape of a candidate mark, as measured."""

    STROKE = "stroke"
    """One stroke that goes across the line."""
    CROSS = "cross"
    """Two strokes that intersect."""
    BLOB = "blob"
    """A filled dot, or a stroke gone over several times in place."""
    CIRCLE = "circle"
    """Ink round an open centre."""
    TICK = "tick"
    """Two strokes that meet in a lowest point."""
    OTHER = "other"
    """Anything else: scribble, words, a range."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Ink that is not print and might be the mark. Millimetres along the line from its left end."""

    kind: MarkKind
    position_mm: float
    """Where this mark stands, by the rule for its kind; may lie outside 0 to 100."""
    height_mm: float
    """Height above the line's axis of the place that `position_mm` names: the intersection of a cross, the
    centre of a blob or circle, the lowest point of a tick; 0 for a stroke, which is taken on the axis."""
    left_mm: float
    right_mm: float
    """Horizontal extent of the ink."""
    near_left_mm: float
    near_right_mm: float
    """Horizontal extent of the ink within 1.5 mm of the line; equal to each other when none."""
    reach_above_mm: float
    reach_below_mm: float
    """How far the ink goes above and below the line's axis; negative: it ends short of the line."""
    width_mm: float
    """Width of the pen stroke, across its own direction."""
    area_mm2: float
    darkness: float
    """Mean ink against the paper, 0 (paper) to 1 (the printed line's black)."""
    slant_deg: float
    """Direction of the stroke against the vertical; positive leans right at the top."""
    disagreement_mm: float
    """How far the position estimates of independent parts (above, below) lie apart."""
    straightness_mm: float
    """Root mean square distance of the ink's axis from a straight stroke."""
    misfit_mm: float
    """How far the outermost of its ink lies from the strokes that its kind is made of: more, and something
    else was drawn, such as a letter."""
    flare_mm: float
    """By how much the mark's widest row exceeds its usual one: the flag of a figure, a hook."""
    near_flare_mm: float
    """The same among the rows within 2.5 mm of the line: the short arm of a tick."""
    row_width_mm: float
    """Length of its usual row, first to last ink: of a band or a filled patch much more than `width_mm`."""
    foot_mm: float
    """By how much the widest row in the lowest third of the mark exceeds its usual one: a tick's short arm,
    the tail of a J."""
    solidity: float
    """Share of its convex hull that is ink: a filled spot has nearly all, a letter little."""
    branching: float
    """Share of the mark's rows that cut it more than once, 0 to 1."""
    leaves_zone: bool
    """The ink runs out of the area that belongs to this line."""
    crossing_deg: float
    """Angle between the two strokes of a cross; 0 for anything else."""
    centring: float
    """How near the middle of its strokes a cross has its intersection: 0.5 half-way on both, 0 at an end."""
    hole_mm2: float
    """Largest area of paper that the ink encloses."""
    softness_mm: float
    """How far its edges spread: a pen's about two pixels of the scan, coffee's half a millimetre and more."""
    streak: float
    """Share of the page beyond this line that is dark in the same scan column, 0 to 1."""


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """How well the printed line itself was seen on this scan."""

    length_ratio: float
    """Length of the line found here against the length the corner marks promise."""
    left_tick: float
    right_tick: float
    """Correlation with the printed tick, 0 to 1."""
    line_share: float
    """Share of the printed line that was found dark."""
    contrast: float
    """Paper minus print, in grey levels."""
    noise: float
    """Standard deviation of the paper, in grey levels."""
    dpi: float
    """Resolution of the scan on this line."""
    shift_mm: float
    """How far above or below its expected place the line was found."""
    printed_mm: float | None
    """Length of the printed line by the resolution that the file states, in millimetres; None when it
    states none."""
    overdrawn_mm: float
    """Length of the printed line on which it is thicker than elsewhere: somebody drew along it."""
    other_ink_mm2: float
    """Ink in the zone that is more than a speck and less than a candidate."""
    streak_positions_mm: tuple[float, ...]
    """Where streaks of the scanner cross this line."""


@dataclass(frozen=True, slots=True)
class LineReading:
    """One answer line as it was measured."""

    item: str
    number: int
    position_mm: float | None
    """Position of the leading candidate, clamped to 0 to 100; None when there is none."""
    candidates: tuple[Candidate, ...]
    """Strongest first."""
    evidence: LineEvidence
