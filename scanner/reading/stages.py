"""What passes between the stages of reading one page. Never leaves `scanner.reading`."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.page import ScannedPage
from scanner.model.sheet import KnownSheet
from scanner.reading.codes import FoundCode
from scanner.reading.fiducials import Fiducial, Shrunk
from scanner.reading.mapping import PaperToPixel


@dataclass(frozen=True)
class IdentifiedPage:
    """A page whose sheet is known."""

    page: ScannedPage
    sheet: KnownSheet
    fiducials: tuple[Fiducial, ...]
    """The corner marks that were seen, coarsely; each id once."""
    codes: tuple[FoundCode, ...]
    """The sheet's QR codes; looked up only where corner marks are too few."""
    small: Shrunk | None = None
    """The page as the corner marks were searched on it, for whoever needs a small one; None: not made."""


@dataclass(frozen=True)
class RegisteredPage:
    """A page on which every place of the layout can be found."""

    page: ScannedPage
    sheet: KnownSheet
    mapping: PaperToPixel
    residual_mm: float
    """Root mean square error of the mapping at the corner marks."""
    turn: int
    """Degrees clockwise by which the paper lies turned in the picture: 0, 90, 180, 270."""
    dpi: float
    """Resolution of the scan on paper, measured from the corner marks."""
    small: Shrunk | None = None
    """The page made small; None: not made."""
