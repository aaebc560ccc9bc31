"""A page as it comes from a scan, before anybody knows what is on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GreyPixels = NDArray[np.uint8]
"""Grey picture, shape (height, width), 0 black to 255 white."""


FINE_DPI = 500.0
"""From this resolution on half of it is enough to measure every mark."""
FINE_SIDE_PX = 4000
"""Shorter side of A4 at nearly that resolution. A smaller picture is not halved, whatever it claims."""


def finer_than_needed(width_px: int, height_px: int, stated_dpi: float | None) -> bool:
    """Whether a page is read as well at half its size, by what the file claims and by its pixels.

    Both must say so: a telephone claims anything, and a picture without a claim may show more than a page.
    """
    return stated_dpi is not None and stated_dpi >= FINE_DPI and min(width_px, height_px) >= FINE_SIDE_PX


@dataclass(frozen=True, slots=True)
class PageSource:
    """Which page of which file: enough to find it again."""

    scan_sha256: str
    """Hex digest of the whole file."""
    scan_name: str
    """The file's name as it was seen, escaped where it is not valid UTF-8."""
    scan_page: int
    """Counts from 1."""


@dataclass(frozen=True, slots=True)
class SaidPage:
    """A page of which a person has said what sheet it shows."""

    scan_page: int
    """Counts from 1."""
    sheet_id: str
    word_id: int
    """Which word of a person's it was."""


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """One decoded page."""

    source: PageSource
    pixels: GreyPixels
    """As a viewer would show the page: rotation flags and inversions of the file are applied."""
    stated_dpi: float | None
    """What the file claims; a hint only, never needed."""
    bilevel: bool
    """Every pixel is black or white."""
    said_sheet_id: str | None = None
    """The sheet that a person says it shows; None: nobody has said."""
