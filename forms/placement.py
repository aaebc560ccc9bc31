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
from forms.figures import Drawing, DrawnFace, Sketch, Stroke
from forms.geometry import Line, Point, Rect
from forms.instrument import Ends, FormText, Instrument, ItemText, Rater
from forms.typography import Align, Face, PlacedText, Style, check_letters, wrap

NAME = Style(Face.STRONG, 9, 4.0, 0.3)
TITLE = Style(Face.STRONG, 22, 9.0)
LEAD = Style(Face.REGULAR, 12.5, 5.5)
INSTRUCTION = Style(Face.REGULAR, 12.5, 5.5)
NAME_WIDTH_MM = m.LINE_MM - m.CODE_WIDTH_MM - 5.0
"""Leaves the printed code alone, which stands in the same row."""
TITLE_BASELINE_MM = 26.0
LEAD_BASELINE_MM = 33.5
EXAMPLE_MM = 20.0
"""Length of the line in the drawn example of a mark."""
FACE_GAP_MM = 2.0
"""Between a face and the capitals of the words under it."""

ZONE_LEFT_MM = m.LINE_LEFT_MM - m.ZONE_BESIDE_MM
ZONE_RIGHT_MM = m.LINE_RIGHT_MM + m.ZONE_BESIDE_MM
LEFT_EDGE_MM = ZONE_LEFT_MM - m.WORDS_GAP_MM
"""Where words to the left of a line end."""
RIGHT_EDGE_MM = ZONE_RIGHT_MM + m.WORDS_GAP_MM
"""Where words to the right of a line begin."""
SIDE_MM = LEFT_EDGE_MM - m.WORDS_LEFT_MM
"""Width of the columns beside the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large an item is set."""

    heading: Style
    hint: Style
    end: Style
    face_mm: float
    """Diameter of a drawn face."""
    heading_gap_mm: float
    """From the lowest ink of a heading to the zone under it."""
    pitch_min_mm: float
    """From line to line when it is as tight as these sizes allow."""

    @property
    def words_under_face_mm(self) -> float:
        """From the axis of a line to the first baseline under a face."""
        return self.face_mm / 2 + FACE_GAP_MM + self.end.cap_height_mm

    def below_mm(self, ends: Ends) -> float:
        """How far an item reaches below its line."""
        if ends is Ends.WORDS:
            return m.ZONE_ABOVE_MM
        return self.words_under_face_mm + self.end.leading_mm + self.end.descent_mm


ROOMY = Sizes(
    heading=Style(Face.STRONG, 14, 6.0),
    hint=Style(Face.REGULAR, 11.5, 5.0, 0.25),
    end=Style(Face.REGULAR, 11.5, 5.0),
    face_mm=12.5,
    heading_gap_mm=0.5,
    pitch_min_mm=34.0,
)
COMPACT = Sizes(
    heading=Style(Face.STRONG, 11.5, 5.0),
    hint=Style(Face.REGULAR, 10, 5.0, 0.25),
    end=Style(Face.REGULAR, 10.5, 4.5),
    face_mm=10.0,
    heading_gap_mm=0.05,
    pitch_min_mm=m.PITCH_MIN_MM,
)


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


@lru_cache(maxsize=256)
def place(instrument: Instrument, language: str, rater: Rater | None = None) -> Placement:
    """Where the words of a form stand; who rates another person may read other words.

    Raises `FormDefinitionError` when the items or a text do not fit on the page.
    """
    text = instrument.text(language, rater)
    try:
        return _place(instrument, text)
    except FormDefinitionError as error:
        raise FormDefinitionError(f"instrument {instrument.code}, language {language}: {error}") from error


def _place(instrument: Instrument, text: FormText) -> Placement:
    axes, sizes = _spacing(len(instrument.items), instrument.ends)
    drawing = _header(instrument, text) + _instruction(text, axes[0])
    for item, axis in zip(text.items, axes, strict=True):
        at_ends = _faces if instrument.ends is Ends.FACES else _words
        drawing += _heading(item, axis, sizes) + at_ends(item, axis, sizes)
    for placed in drawing.texts:
        check_letters(placed.text)
    purpose.check_phrases(text.phrases)
    return Placement(drawing, axes)


def _spacing(count: int, ends: Ends) -> tuple[tuple[float, ...], Sizes]:
    """Heights of the lines of `count` items, and how large the items are set."""
    gaps = max(count - 1, 1)
    most = 0
    for sizes in (ROOMY, COMPACT):
        room = m.ITEMS_BOTTOM_MM - sizes.below_mm(ends) - m.FIRST_AXIS_MM
        pitch = min(m.PITCH_MAX_MM, max(sizes.pitch_min_mm, (room - m.AIR_MAX_MM) / gaps))
        air = min(m.AIR_MAX_MM, room - (count - 1) * pitch)
        if air >= 0:
            first = m.FIRST_AXIS_MM + air
            return tuple(round(first + number * pitch, 3) for number in range(count)), sizes
        most = int(room / sizes.pitch_min_mm) + 1
    raise FormDefinitionError(f"{count} items do not fit on a page. At most {most} do: divide them.")


def _header(instrument: Instrument, text: FormText) -> Drawing:
    left = m.LINE_LEFT_MM
    lead = wrap(text.lead, LEAD, m.LINE_MM)
    if len(lead) > 2:
        raise FormDefinitionError(f"{text.lead!r} fills {len(lead)} lines, its place 2. Shorten it.")
    return Drawing(
        (
            _fitting(instrument.name, NAME, left, m.MARGIN_MM + m.CODE_BASELINE_MM, NAME_WIDTH_MM),
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


def _example(axis_mm: float) -> Drawing:
    left, right = LEFT_EDGE_MM - EXAMPLE_MM, LEFT_EDGE_MM
    thin, pen = m.LINE_THICKNESS_MM, 0.55
    mark_at = left + 0.62 * EXAMPLE_MM
    slanted = Line(Point(mark_at - 0.5, axis_mm + 2.6), Point(mark_at + 0.5, axis_mm - 2.6))
    strokes = (
        Stroke(Line(Point(left, axis_mm), Point(right, axis_mm)), thin),
        *(Stroke(Line(Point(x, axis_mm - 1.5), Point(x, axis_mm + 1.5)), thin) for x in (left, right)),
        Stroke(slanted, pen, round_ends=True),
    )
    return Drawing(figures=(Sketch(strokes),))


def _heading(item: ItemText, axis_mm: float, sizes: Sizes) -> Drawing:
    baseline = axis_mm - m.ZONE_ABOVE_MM - sizes.heading.descent_mm - sizes.heading_gap_mm
    title = _fitting(item.title, sizes.heading, m.LINE_LEFT_MM, baseline, m.LINE_MM)
    if not item.hint:
        return Drawing((title,))
    left = title.box.right_mm + 2.5
    return Drawing((title, _fitting(item.hint, sizes.hint, left, baseline, ZONE_RIGHT_MM - left)))


def _words(item: ItemText, axis_mm: float, sizes: Sizes) -> Drawing:
    """The words at both ends, centred on the height of the line."""
    style = sizes.end
    most = int(2 * m.ZONE_ABOVE_MM / style.leading_mm)
    low, high = (_side_lines(words, style, most) for words in (item.low, item.high))
    middle = axis_mm + style.cap_height_mm / 2
    return Drawing(
        (
            *_stack(low, LEFT_EDGE_MM, middle - (len(low) - 1) * style.leading_mm / 2, Align.RIGHT, style),
            *_stack(high, RIGHT_EDGE_MM, middle - (len(high) - 1) * style.leading_mm / 2, Align.LEFT, style),
        )
    )


def _faces(item: ItemText, axis_mm: float, sizes: Sizes) -> Drawing:
    """A face at both ends, with the words under it."""
    size, top = sizes.face_mm, axis_mm - sizes.face_mm / 2
    first = axis_mm + sizes.words_under_face_mm
    low, high = (_side_lines(words, sizes.end, 2) for words in (item.low, item.high))
    return Drawing(
        (
            *_stack(low, LEFT_EDGE_MM, first, Align.RIGHT, sizes.end),
            *_stack(high, RIGHT_EDGE_MM, first, Align.LEFT, sizes.end),
        ),
        (
            DrawnFace(Rect(LEFT_EDGE_MM - size, top, size, size), smiling=False),
            DrawnFace(Rect(RIGHT_EDGE_MM, top, size, size), smiling=True),
        ),
    )


def _side_lines(words: str, style: Style, most: int) -> tuple[str, ...]:
    lines = wrap(words, style, SIDE_MM)
    if len(lines) > most:
        raise FormDefinitionError(f"{words!r} fills {len(lines)} lines, its place {most}. Shorten it.")
    return lines


def _stack(
    lines: tuple[str, ...], x_mm: float, first_mm: float, align: Align, style: Style
) -> list[PlacedText]:
    return [
        PlacedText(line, x_mm, first_mm + number * style.leading_mm, style, align)
        for number, line in enumerate(lines)
    ]
