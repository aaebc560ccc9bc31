"""Puts the words and drawings of a form in their places, and tells where its lines go.

Everything stands on two edges: the left end of the answer lines, and the right edge of the
column beside them. Texts that differ from sheet to sheet are placed by `forms.purpose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from forms import measures as m
from forms import purpose
from forms.errors import FormDefinitionError
from forms.figures import Drawing, DrawnFace, Stroke
from forms.geometry import Line, Point, Rect
from forms.instrument import Ends, FormText, Instrument, ItemText
from forms.typography import Align, Face, PlacedText, Style, check_letters, wrap

NAME = Style(Face.STRONG, 9, 4.0, 0.3)
TITLE = Style(Face.STRONG, 22, 9.0)
LEAD = Style(Face.REGULAR, 12.5, 5.5)
INSTRUCTION = Style(Face.REGULAR, 12.5, 5.5)
HEADING = Style(Face.STRONG, 14, 6.0)
HINT = Style(Face.REGULAR, 11.5, 5.0, 0.25)
HEADING_COMPACT = Style(Face.STRONG, 11.5, 5.0)
HINT_COMPACT = Style(Face.REGULAR, 10, 5.0, 0.25)
END = Style(Face.REGULAR, 11.5, 5.0)

TITLE_BASELINE_MM = 26.0
LEAD_BASELINE_MM = 33.5
EXAMPLE_MM = 20.0
"""Length of the line in the drawn example of a mark."""
FACE_MM = 12.5
"""Diameter of a drawn face."""

LEFT_EDGE_MM = m.LINE_LEFT_MM - m.ZONE_BESIDE_MM - m.WORDS_GAP_MM
"""Where words to the left of a line end."""
RIGHT_EDGE_MM = m.LINE_RIGHT_MM + m.ZONE_BESIDE_MM + m.WORDS_GAP_MM
"""Where words to the right of a line begin."""
SIDE_MM = LEFT_EDGE_MM - m.WORDS_LEFT_MM
"""Width of the columns beside the lines."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What a form prints beside its lines, corner marks and codes."""

    drawing: Drawing
    """The same on every sheet."""
    axes_mm: tuple[float, ...]
    """Height of every answer line, top to bottom."""

    @property
    def boxes(self) -> tuple[Rect, ...]:
        """Bounding boxes of all of it, and the places kept for what differs from sheet to sheet."""
        return (
            *(text.box for text in self.drawing.texts),
            *(figure.box for figure in self.drawing.figures),
            purpose.PURPOSE_BOX,
            purpose.NOTICE_BOX,
        )


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
    compact = len(axes) > 1 and axes[1] - axes[0] < m.PITCH_COMPACT_MM
    drawing = _header(instrument, text) + _instruction(text, axes[0])
    for item, axis in zip(text.items, axes, strict=True):
        ends = _faces(item, axis) if instrument.ends is Ends.FACES else _words(item, axis)
        drawing += _heading(item, axis, compact=compact) + ends
    unbound = purpose.draw_purpose(text.phrases) + purpose.draw_notice(text.phrases, None)
    for placed in (*drawing.texts, *unbound.texts):
        check_letters(placed.text)
    return Placement(drawing, axes)


def line_axes(count: int) -> tuple[float, ...]:
    """Heights of the lines of `count` items. Raises `FormDefinitionError` when they do not fit."""
    room = m.ITEMS_BOTTOM_MM - m.ZONE_ABOVE_MM - m.FIRST_AXIS_MM
    gaps = max(count - 1, 1)
    pitch = min(m.PITCH_MAX_MM, max(m.PITCH_MIN_MM, (room - m.AIR_MAX_MM) / gaps))
    air = min(m.AIR_MAX_MM, room - (count - 1) * pitch)
    if air < 0:
        most = int(room / m.PITCH_MIN_MM) + 1
        raise FormDefinitionError(f"{count} items do not fit on a page. At most {most} do: divide them.")
    return tuple(round(m.FIRST_AXIS_MM + air + number * pitch, 3) for number in range(count))


def _header(instrument: Instrument, text: FormText) -> Drawing:
    left = m.LINE_LEFT_MM
    lead = wrap(text.lead, LEAD, m.LINE_MM)
    if len(lead) > 2:
        raise FormDefinitionError(f"{text.lead!r} fills {len(lead)} lines, its place 2. Shorten it.")
    return Drawing(
        (
            PlacedText(instrument.name, left, m.MARGIN_MM + m.CODE_BASELINE_MM, NAME),
            _fitting(text.title, TITLE, left, TITLE_BASELINE_MM, m.LINE_MM),
            *(
                PlacedText(line, left, LEAD_BASELINE_MM + number * LEAD.leading_mm, LEAD)
                for number, line in enumerate(lead)
            ),
        )
    )


def _fitting(text: str, style: Style, x_mm: float, baseline_mm: float, width_mm: float) -> PlacedText:
    if style.width_mm(text) > width_mm:
        raise FormDefinitionError(
            f"{text!r} is {style.width_mm(text):.0f} mm long, its place {width_mm:.0f} mm. Shorten it."
        )
    return PlacedText(text, x_mm, baseline_mm, style)


def _instruction(text: FormText, first_axis_mm: float) -> Drawing:
    """What to do, and a little line with a mark on it, as far from the first item as there is air."""
    air = first_axis_mm - m.FIRST_AXIS_MM
    baseline = m.ITEMS_TOP_MM - 2.5 + 0.3 * air
    words = _fitting(
        text.phrases.instruction, INSTRUCTION, m.LINE_LEFT_MM, baseline, m.WORDS_RIGHT_MM - m.LINE_LEFT_MM
    )
    return Drawing((words,)) + _example(baseline - INSTRUCTION.cap_height_mm / 2)


def _example(axis: float) -> Drawing:
    left, right = LEFT_EDGE_MM - EXAMPLE_MM, LEFT_EDGE_MM
    thin, pen = m.LINE_THICKNESS_MM, 0.55
    mark_at = left + 0.62 * EXAMPLE_MM
    return Drawing(
        figures=(
            Stroke(Line(Point(left, axis), Point(right, axis)), thin),
            *(Stroke(Line(Point(x, axis - 1.5), Point(x, axis + 1.5)), thin) for x in (left, right)),
            Stroke(
                Line(Point(mark_at - 0.5, axis + 2.6), Point(mark_at + 0.5, axis - 2.6)), pen, round_ends=True
            ),
        )
    )


def _heading(item: ItemText, axis_mm: float, *, compact: bool) -> Drawing:
    title_style, hint_style = (HEADING_COMPACT, HINT_COMPACT) if compact else (HEADING, HINT)
    baseline = axis_mm - m.ZONE_ABOVE_MM - title_style.descent_mm - (0.0 if compact else 0.5)
    title = _fitting(item.title, title_style, m.LINE_LEFT_MM, baseline, m.LINE_MM)
    if not item.hint:
        return Drawing((title,))
    left = title.box.right_mm + 2.5
    return Drawing((title, _fitting(item.hint, hint_style, left, baseline, m.WORDS_RIGHT_MM - left)))


def _words(item: ItemText, axis_mm: float) -> Drawing:
    """The words at both ends, centred on the height of the line."""
    texts: list[PlacedText] = []
    for words, x_mm, align in ((item.low, LEFT_EDGE_MM, Align.RIGHT), (item.high, RIGHT_EDGE_MM, Align.LEFT)):
        lines = wrap(words, END, SIDE_MM)
        if len(lines) * END.leading_mm > 2 * m.ZONE_ABOVE_MM:
            raise FormDefinitionError(f"{words!r} is too long to stand beside a line. Shorten it.")
        first = axis_mm + END.cap_height_mm / 2 - (len(lines) - 1) * END.leading_mm / 2
        texts += _stack(lines, x_mm, first, align)
    return Drawing(tuple(texts))


def _faces(item: ItemText, axis_mm: float) -> Drawing:
    """A face at both ends, with the words under it."""
    top = axis_mm - FACE_MM / 2
    first = axis_mm + FACE_MM / 2 + 1.5 + END.cap_height_mm
    faces = (
        DrawnFace(Rect(LEFT_EDGE_MM - FACE_MM, top, FACE_MM, FACE_MM), smiling=False),
        DrawnFace(Rect(RIGHT_EDGE_MM, top, FACE_MM, FACE_MM), smiling=True),
    )
    low, high = wrap(item.low, END, SIDE_MM), wrap(item.high, END, SIDE_MM)
    if max(len(low), len(high)) > 2:
        raise FormDefinitionError(f"{item.low!r} or {item.high!r} is too long for two lines. Shorten it.")
    texts = [
        *_stack(low, LEFT_EDGE_MM, first, Align.RIGHT),
        *_stack(high, RIGHT_EDGE_MM, first, Align.LEFT),
    ]
    return Drawing(tuple(texts), faces)


def _stack(lines: tuple[str, ...], x_mm: float, first_mm: float, align: Align) -> list[PlacedText]:
    return [
        PlacedText(line, x_mm, first_mm + number * END.leading_mm, END, align)
        for number, line in enumerate(lines)
    ]
