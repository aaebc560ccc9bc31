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
    branches: int
    """The greatest number of separate runs that rows of the mark cut, away from the crossing."""
    hole_mm2: float
    """Largest area of paper that the ink encloses."""
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
    residual_mm: float
    """How far the ends found here lie from where the page's mapping expects them."""
    contrast: float
    """Paper minus print, in grey levels."""
    noise: float
    """Standard deviation of the paper, in grey levels."""
    dpi: float
    """Resolution of the scan on this line."""
    other_ink_mm2: float
    """Ink in the zone that belongs to no candidate and is more than a speck."""
    streaks: int
    """Streaks of the scanner that run through this line."""


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
