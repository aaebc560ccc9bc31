"""What one page yields: a read sheet, a refusal, or a page with nothing of ours on it."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.decision import Decision
from scanner.model.outcome import Refusal
from scanner.model.page import PageSource


@dataclass(frozen=True, slots=True)
class Mapping:
    """Paper to pixels: a 3 x 3 homography, row by row, from millimetres to pixel centres."""

    matrix: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SheetResult:
    """One page that was read."""

    source: PageSource
    sheet_id: str
    """18 characters, without groups."""
    turn: int
    """Degrees clockwise by which the paper lies turned in the picture: 0, 90, 180, 270."""
    mapping: Mapping
    residual_mm: float
    """Root mean square error of the mapping at the corner marks."""
    decisions: tuple[Decision, ...]
    """In the order of the items on the sheet."""
    profile_id: str
    reader_version: str
    crops: tuple[bytes, ...]
    """One PNG of each line with its surroundings, in the same order."""
    page_png: bytes | None = None
    """The whole page, small and upright; None where no line of it is expected to go to a person."""
    second_look_odds: float = 1.0
    """So many times likelier than others its lines are drawn for a second look; 0: never. To draw pages
    first, and lines on these, keeps each line's chance, and has a picture of the page where one is needed."""


@dataclass(frozen=True, slots=True)
class EmptyPage:
    """Nothing of ours and no ink: the back of a duplex scan."""

    source: PageSource


PageOutcome = SheetResult | Refusal | EmptyPage
