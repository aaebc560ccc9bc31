"""A page between its decoder and the edge of `scanner.pages`, which knows where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.page import GreyPixels


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """Pixels as a viewer would show them."""

    pixels: GreyPixels
    stated_dpi: float | None
    bilevel: bool
    """Every pixel is black or white."""
