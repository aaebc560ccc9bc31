"""Read a page that is finer than needed at half its size.

Marks are measured at ten samples a millimetre, 254 dpi. Half of 600 dpi is more than that, takes a quarter
of the time, and the mean of four pixels has half the noise; in black and white it even has greys.
"""

from __future__ import annotations

from dataclasses import replace

from scanner.model.page import ScannedPage, finer_than_needed
from scanner.reading.fiducials import halved


def coarsened(page: ScannedPage) -> tuple[ScannedPage, int]:
    """The page as it is to be read, and how many of its own pixels, along a side, make one of it: 1 or 2."""
    height, width = page.pixels.shape
    if page.stated_dpi is None or not finer_than_needed(width, height, page.stated_dpi):
        return page, 1
    return replace(page, pixels=halved(page.pixels), stated_dpi=page.stated_dpi / 2, bilevel=False), 2
