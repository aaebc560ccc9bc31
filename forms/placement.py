"""Puts the words of a form in their places, and tells where its lines go.

All texts stand on one axis, the left end of the answer lines, except the words beside the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from forms import measures as m
from forms.errors import FormDefinitionError
from forms.geometry import Rect
from forms.instrument import Ends, FormText, Instrument, ItemText
from forms.typography import Align, Face, PlacedText, Style, check_letters, wrap

TITLE = Style(Face.STRONG, 22, 9.0)
LEAD = Style(Face.REGULAR, 12, 5.5)
INSTRUCTION = Style(Face.STRONG, 11, 5.0)
HEADING = Style(Face.STRONG, 12.5, 5.5)
HINT = Style(Face.REGULAR, 10.5, 5.0, 0.25)
END = Style(Face.REGULAR, 10.5, 4.6)
CAPTION = Style(Face.REGULAR, 8, 4.0, 0.35)
VALUE = Style(Face.STRONG, 11, 5.0)
NOTICE = Style(Face.STRONG, 10, 4.5)
LICENCE = Style(Face.REGULAR, 8, 3.6)

TITLE_BASELINE_MM = 29.0
LEAD_BASELINE_MM = 37.0
PURPOSE_TOP_MM = 43.5
PURPOSE_BOX = Rect(m.LINE_LEFT_MM, PURPOSE_TOP_MM, 143.0, 11.0)
"""Who fills it in, about whom, which meeting, when: printed differently on every sheet."""
INSTRUCTION_BASELINE_MM = 66.0
NOTICE_BOX = Rect(m.LINE_LEFT_MM, 262.0, 125.0, 17.0)
"""The specimen line or the organisation's licence text."""
FACE_MM = 11.0
"""Diameter of a drawn face."""


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A round face at one end of a line."""

    box: Rect
    smiling: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """What a form prints beside its lines, corner marks and codes."""

    texts: tuple[PlacedText, ...]
    faces: tuple[DrawnFace, ...]
    axes_mm: tuple[float, ...]
    """Height of every answer line, top to bottom."""
    reserved: tuple[Rect, ...]
    """Kept for what differs from sheet to sheet."""


@lru_cache(maxsize=64)
def place(instrument: Instrument, language: str) -> Placement:
    """Where the words of a form stand.

    Raises `FormDefinitionError` when the items or a text do not fit on the page.
    """
    text = instrument.text(language)
    try:
        return _place(instrument, text)
    except FormDefinitionError as error:
        raise FormDefinitionError(f"instrument {instrument.code}, language {language}: {error}") from error


def _place(instrument: Instrument, text: FormText) -> Placement:
    axes = line_axes(len(instrument.items))
    texts = list(_header(instrument, text))
    faces: list[DrawnFace] = []
    for item, axis in zip(text.items, axes, strict=True):
        texts += _heading(item, axis)
        if instrument.ends is Ends.FACES:
            faces += _faces(axis)
            texts += _words_under_faces(item, axis)
        else:
            texts += _words(item, axis)
    for placed in texts:
        check_letters(placed.text)
    return Placement(tuple(texts), tuple(faces), axes, (PURPOSE_BOX, NOTICE_BOX))


def line_axes(count: int) -> tuple[float, ...]:
    """Heights of the lines of `count` items. Raises `FormDefinitionError` when they do not fit."""
    room = m.ITEMS_BOTTOM_MM - m.ITEMS_TOP_MM - m.HEADING_MM - 2 * m.ZONE_ABOVE_MM
    pitch = min(m.PITCH_MAX_MM, room / (count - 1)) if count > 1 else m.PITCH_MAX_MM
    if pitch < m.PITCH_MIN_MM:
        most = int(room / m.PITCH_MIN_MM) + 1
        raise FormDefinitionError(f"{count} items do not fit on a page. At most {most} do: divide them.")
    first = m.ITEMS_TOP_MM + m.HEADING_MM + m.ZONE_ABOVE_MM
    return tuple(round(first + number * pitch, 3) for number in range(count))


def _header(instrument: Instrument, text: FormText) -> tuple[PlacedText, ...]:
    return (
        _fitting(text.title, TITLE, m.LINE_LEFT_MM, TITLE_BASELINE_MM, m.LINE_MM),
        _fitting(text.lead, LEAD, m.LINE_LEFT_MM, LEAD_BASELINE_MM, 140.0),
        PlacedText(instrument.name, m.LINE_LEFT_MM, m.MARGIN_MM + 3.0, CAPTION),
        _fitting(text.phrases.instruction, INSTRUCTION, m.LINE_LEFT_MM, INSTRUCTION_BASELINE_MM, 140.0),
    )


def _fitting(text: str, style: Style, x_mm: float, baseline_mm: float, width_mm: float) -> PlacedText:
    if style.width_mm(text) > width_mm:
        raise FormDefinitionError(
            f"{text!r} is {style.width_mm(text):.0f} mm long, its place {width_mm:.0f} mm. Shorten it."
        )
    return PlacedText(text, x_mm, baseline_mm, style)


def _heading(item: ItemText, axis_mm: float) -> list[PlacedText]:
    baseline = axis_mm - m.ZONE_ABOVE_MM - 1.5
    title = _fitting(item.title, HEADING, m.LINE_LEFT_MM, baseline, m.LINE_MM)
    if not item.hint:
        return [title]
    left = title.box.right_mm + 3.0
    return [title, _fitting(item.hint, HINT, left, baseline, m.WORDS_RIGHT_MM - left)]


def _words(item: ItemText, axis_mm: float) -> list[PlacedText]:
    left = m.LINE_LEFT_MM - m.ZONE_BESIDE_MM - m.WORDS_GAP_MM
    right = m.LINE_RIGHT_MM + m.ZONE_BESIDE_MM + m.WORDS_GAP_MM
    return [
        *_block(item.low, left, axis_mm, Align.RIGHT, left - m.WORDS_LEFT_MM),
        *_block(item.high, right, axis_mm, Align.LEFT, m.WORDS_RIGHT_MM - right),
    ]


def _block(text: str, x_mm: float, middle_mm: float, align: Align, width_mm: float) -> list[PlacedText]:
    """Lines of text centred on a height."""
    lines = wrap(text, END, width_mm)
    if len(lines) * END.leading_mm > 2 * m.ZONE_ABOVE_MM:
        raise FormDefinitionError(f"{text!r} is too long to stand beside a line. Shorten it.")
    first = middle_mm + END.cap_height_mm / 2 - (len(lines) - 1) * END.leading_mm / 2
    return [
        PlacedText(line, x_mm, first + number * END.leading_mm, END, align)
        for number, line in enumerate(lines)
    ]


def _face_centres() -> tuple[float, float]:
    reach = m.ZONE_BESIDE_MM + m.WORDS_GAP_MM + FACE_MM / 2
    return m.LINE_LEFT_MM - reach, m.LINE_RIGHT_MM + reach


def _faces(axis_mm: float) -> list[DrawnFace]:
    top = axis_mm - FACE_MM / 2
    low, high = _face_centres()
    return [
        DrawnFace(Rect(low - FACE_MM / 2, top, FACE_MM, FACE_MM), smiling=False),
        DrawnFace(Rect(high - FACE_MM / 2, top, FACE_MM, FACE_MM), smiling=True),
    ]


def _words_under_faces(item: ItemText, axis_mm: float) -> list[PlacedText]:
    """The words under each face: ending below the frowning one, beginning below the smiling one."""
    low, high = _face_centres()
    sides = (
        (item.low, low + FACE_MM / 2, Align.RIGHT, low + FACE_MM / 2 - m.WORDS_LEFT_MM),
        (item.high, high - FACE_MM / 2, Align.LEFT, m.WORDS_RIGHT_MM - high + FACE_MM / 2),
    )
    placed = []
    for text, x_mm, align, width_mm in sides:
        first = axis_mm + FACE_MM / 2 + 1.5 + END.cap_height_mm
        for number, line in enumerate(wrap(text, END, width_mm)):
            placed.append(PlacedText(line, x_mm, first + number * END.leading_mm, END, align))
    return placed
