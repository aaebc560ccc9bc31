"""Faces, styles, and texts with a place: everything that is said with letters.

Words are set in Atkinson Hyperlegible Next of the Braille Institute, whose letters are hard to
mistake for each other; it holds the Latin script. The printed code is set in Overpass Mono: of
ten faces it was the one that tesseract read best, 57 of 60 codes in a blurred and noisy scan of
200 dpi. The licence lies beside them in `fonts/`.
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
OVERHANG = 0.07
"""How far ink may stand out at the sides of a text: a j does."""
CAP_HEIGHT = 0.668
"""Height of a capital without accents."""


class Face(StrEnum):
    """The faces that are embedded, by file name."""

    REGULAR = "AtkinsonHyperlegibleNext-Regular"
    STRONG = "AtkinsonHyperlegibleNext-SemiBold"
    CODE = "OverpassMono-Medium"
    """Holds only the characters of an identifier, and the blank."""


for _face in Face:
    pdfmetrics.registerFont(TTFont(_face.value, Path(__file__).parent / "fonts" / f"{_face.value}.ttf"))


_GLYPHS = frozenset(pdfmetrics.getFont(Face.REGULAR.value).face.charToGlyph)


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
        overhang = OVERHANG * self.style.size_pt * MM_PER_PT
        width = self.style.width_mm(self.text) + 2 * overhang
        return Rect(self.left_mm - overhang, top, width, height)


def fill(text: str, style: Style, width_mm: float) -> tuple[str, ...]:
    """The text in lines no wider than `width_mm`, as much on every line as goes there.

    Raises `FormDefinitionError` for a word that is wider alone.
    """
    lines: list[str] = []
    for word in text.split():
        if style.width_mm(word) > width_mm:
            raise FormDefinitionError(
                f"the word {word!r} is too long for its place of {width_mm:.0f} mm. Use a shorter one."
            )
        if lines and style.width_mm(f"{lines[-1]} {word}") <= width_mm:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return tuple(lines)


def wrap(text: str, style: Style, width_mm: float) -> tuple[str, ...]:
    """Like `fill`, but the lines are as even as that many lines can be."""
    lines = fill(text, style, width_mm)
    longest_word = max(style.width_mm(word) for word in text.split())
    narrower = max(style.width_mm(line) for line in lines)
    while (narrower := narrower - 0.2) > longest_word:
        candidate = fill(text, style, narrower)
        if len(candidate) > len(lines):
            break
        lines = candidate
    return lines


def check_letters(text: str) -> None:
    """Raises `FormDefinitionError` when the faces have no picture of a character."""
    missing = sorted({c for c in text if ord(c) not in _GLYPHS})
    if missing:
        raise FormDefinitionError(
            f"{text!r}: the printed faces have no {' '.join(missing)}. Use letters of the Latin script."
        )


def printable(text: str) -> str:
    """The text with a question mark for every character that the faces have no picture of."""
    return "".join(c if ord(c) in _GLYPHS else "?" for c in " ".join(text.split()))
