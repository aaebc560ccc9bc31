"""Faces, styles, and texts with a place: everything that is said with letters.

The faces are Atkinson Hyperlegible Next and Mono of the Braille Institute, drawn so that letters
are hard to mistake for each other (licence beside them in `fonts/`). They hold the Latin script.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from forms.errors import FormDefinitionError
from forms.geometry import Rect

MM_PER_PT = 25.4 / 72

ASCENT = 0.93
"""From the baseline to the highest ink, a ring or accent on a capital, in units of the size."""
DESCENT = 0.26
"""From the baseline to the lowest ink."""
CAP_HEIGHT = 0.668
"""Height of a capital without accents."""


class Face(StrEnum):
    """The faces that are embedded, by file name."""

    REGULAR = "AtkinsonHyperlegibleNext-Regular"
    STRONG = "AtkinsonHyperlegibleNext-SemiBold"
    CODE = "AtkinsonHyperlegibleMono-Medium"


for _face in Face:
    pdfmetrics.registerFont(TTFont(_face.value, Path(__file__).parent / "fonts" / f"{_face.value}.ttf"))


class Align(StrEnum):
    """Which end of a text its `x_mm` is."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks."""

    face: Face
    size_pt: float
    leading_mm: float
    """From baseline to baseline."""
    grey: float = 0.0
    """0 black to 1 white."""

    @property
    def ascent_mm(self) -> float:
        return ASCENT * self.size_pt * MM_PER_PT

    @property
    def descent_mm(self) -> float:
        return DESCENT * self.size_pt * MM_PER_PT

    @property
    def cap_height_mm(self) -> float:
        return CAP_HEIGHT * self.size_pt * MM_PER_PT

    def width_mm(self, text: str) -> float:
        return float(pdfmetrics.stringWidth(text, self.face.value, self.size_pt)) * MM_PER_PT


@dataclass(frozen=True, slots=True)
class PlacedText:
    """One line of text on paper."""

    text: str
    x_mm: float
    baseline_mm: float
    style: Style
    align: Align = Align.LEFT

    @property
    def left_mm(self) -> float:
        width = self.style.width_mm(self.text)
        share = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}[self.align]
        return self.x_mm - share * width

    @property
    def box(self) -> Rect:
        """Holds all of its ink."""
        top = self.baseline_mm - self.style.ascent_mm
        height = self.style.ascent_mm + self.style.descent_mm
        return Rect(self.left_mm, top, self.style.width_mm(self.text), height)


def wrap(text: str, style: Style, width_mm: float) -> tuple[str, ...]:
    """The text in lines no wider than `width_mm`, and as even as that many lines can be.

    Raises `FormDefinitionError` for a word that is wider alone.
    """
    words = text.split()
    for word in words:
        if style.width_mm(word) > width_mm:
            raise FormDefinitionError(
                f"the word {word!r} is too long for its place of {width_mm:.0f} mm. Use a shorter one."
            )
    lines = _fill(words, style, width_mm)
    narrow = width_mm
    while len(_fill(words, style, narrow - 0.5)) == len(lines):
        narrow -= 0.5
        if narrow < max(style.width_mm(word) for word in words) + 0.5:
            break
        lines = _fill(words, style, narrow)
    return tuple(lines)


def _fill(words: list[str], style: Style, width_mm: float) -> list[str]:
    """As much on every line as goes there."""
    lines: list[str] = []
    for word in words:
        if lines and style.width_mm(f"{lines[-1]} {word}") <= width_mm:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def check_letters(text: str) -> None:
    """Raises `FormDefinitionError` when the faces have no picture of a character."""
    glyphs = pdfmetrics.getFont(Face.REGULAR.value).face.charToGlyph
    missing = sorted({c for c in text if ord(c) not in glyphs})
    if missing:
        raise FormDefinitionError(
            f"{text!r}: the printed faces have no {' '.join(missing)}. Use letters of the Latin script."
        )
