"""What differs from sheet to sheet in words: for whom it is, and whose it may be.

Nothing personal is printed: a role, a pseudonymous reference, a number and a date. A sheet that
is not bound yet has boxes for the role, and places for a number and a date; none for a name.
"""

from __future__ import annotations

from datetime import date

from forms import measures as m
from forms.errors import FormDefinitionError
from forms.figures import Drawing, Figure, Stroke, TickBox
from forms.geometry import Line, Point, Rect
from forms.instrument import Phrases, Rater
from forms.typography import Align, Face, PlacedText, Style, check_letters, fill, printable

CAPTION = Style(Face.REGULAR, 9.5, 5.5, 0.3)
VALUE = Style(Face.STRONG, 11.5, 5.5)
CHOICE_SIZES_PT = (10.5, 10.0, 9.5, 9.0, 8.5)
"""Of the words at the boxes: the first with which all stand in one row."""
NOTICE = Style(Face.STRONG, 12, 5.0)
LICENCE = Style(Face.REGULAR, 8.5, 3.7)

FIRST_BASELINE_MM = 47.0
CAPTION_RIGHT_MM = m.LINE_LEFT_MM - m.ZONE_BESIDE_MM - m.WORDS_GAP_MM
PURPOSE_BOX = Rect(m.WORDS_LEFT_MM, 42.0, m.WORDS_RIGHT_MM - m.WORDS_LEFT_MM, 18.0)
NOTICE_WIDTH_MM = 125.0
NOTICE_BOX = Rect(m.LINE_LEFT_MM - 0.5, 263.0, NOTICE_WIDTH_MM + 1.0, 16.0)
NUMBER_MM = 30.0
"""A longer number of a meeting is cut off."""
BOX_MM = 3.0
"""Side of a box to tick."""
RULE_MM = 0.2
"""Thickness of boxes and of rules to write on."""


def draw_purpose(
    phrases: Phrases,
    *,
    rater: Rater | None = None,
    subject: str | None = None,
    session: int | None = None,
    session_date: date | None = None,
) -> Drawing:
    """Up to three rows: who fills it in, about whom, and which meeting on which day."""
    heights = (FIRST_BASELINE_MM + number * VALUE.leading_mm for number in range(3))
    drawing = _raters(phrases, rater, next(heights))
    if subject and subject.strip():
        drawing += _row(phrases.about, phrases.subject(subject), next(heights))
    return drawing + _meeting(phrases, session, session_date, next(heights))


def check_phrases(phrases: Phrases) -> None:
    """Raises `FormDefinitionError` when the words of a language do not fit on a sheet."""
    unbound = draw_purpose(phrases) + _row(phrases.about, "", FIRST_BASELINE_MM)
    for text in unbound.texts:
        check_letters(text.text)
    draw_notice(phrases, None)
    boxes = [*(text.box for text in unbound.texts), *(figure.box for figure in unbound.figures)]
    if any(box.x_mm < PURPOSE_BOX.x_mm or box.right_mm > PURPOSE_BOX.right_mm for box in boxes):
        raise FormDefinitionError("filled_in_by, about, meeting or day is too long. Shorten it.")


def draw_notice(phrases: Phrases, licence: str | None) -> Drawing:
    """The licence text, or else the line that says that this is a specimen, beside the lower QR code.

    Raises `FormDefinitionError` when the text is too long for its place, or has letters without a picture.
    """
    style = LICENCE if licence else NOTICE
    lines = fill(licence or phrases.specimen, style, NOTICE_WIDTH_MM)
    check_letters("".join(lines))
    most = int(NOTICE_BOX.height_mm / style.leading_mm)
    if len(lines) > most:
        raise FormDefinitionError(
            f"the licence text fills {len(lines)} lines, its place on the sheet {most}. Shorten it."
        )
    first = m.PAGE_HEIGHT_MM - m.MARGIN_MM - m.QR_MM + style.cap_height_mm
    return Drawing(
        tuple(
            PlacedText(line, m.LINE_LEFT_MM, first + number * style.leading_mm, style)
            for number, line in enumerate(lines)
        )
    )


def _raters(phrases: Phrases, rater: Rater | None, baseline_mm: float) -> Drawing:
    """The rater in words, or a box to tick for every role."""
    if rater is not None:
        return _row(phrases.filled_in_by, phrases.rater(rater), baseline_mm)
    for size_pt in CHOICE_SIZES_PT:
        row = _roles(phrases, Style(Face.REGULAR, size_pt, VALUE.leading_mm), baseline_mm)
        if row.texts[-1].box.right_mm <= m.WORDS_RIGHT_MM:
            return _caption(phrases.filled_in_by, baseline_mm) + row
    raise FormDefinitionError(
        f"the words for the raters in {phrases.language} do not fit in a row on the sheet. Shorten them."
    )


def _roles(phrases: Phrases, style: Style, baseline_mm: float) -> Drawing:
    texts: list[PlacedText] = []
    figures: list[Figure] = []
    left = m.LINE_LEFT_MM
    for role in Rater:
        figures.append(TickBox(Rect(left, baseline_mm + 0.3 - BOX_MM, BOX_MM, BOX_MM)))
        text = PlacedText(phrases.rater(role), left + BOX_MM + 1.3, baseline_mm, style)
        texts.append(text)
        left = text.box.right_mm + 3.2
    return Drawing(tuple(texts), tuple(figures))


def _meeting(phrases: Phrases, session: int | None, day: date | None, baseline_mm: float) -> Drawing:
    """Number and day of the meeting; a rule to write on for what is not known."""
    number = None if session is None else _shortened(str(session), NUMBER_MM)
    in_words = None if day is None else phrases.date(day)
    meeting, right = _known_or_rule(number, m.LINE_LEFT_MM, 14.0, baseline_mm)
    caption = PlacedText(phrases.day, right + 6.0, baseline_mm, CAPTION)
    date_drawing, _ = _known_or_rule(in_words, caption.box.right_mm + 2.0, 36.0, baseline_mm)
    return _caption(phrases.meeting, baseline_mm) + meeting + Drawing((caption,)) + date_drawing


def _known_or_rule(
    known: str | None, left_mm: float, rule_mm: float, baseline_mm: float
) -> tuple[Drawing, float]:
    """A value, or a rule to write it on, and where it ends."""
    if known is not None:
        text = PlacedText(known, left_mm, baseline_mm, VALUE)
        return Drawing((text,)), text.box.right_mm
    height = baseline_mm + 0.8
    rule = Stroke(Line(Point(left_mm, height), Point(left_mm + rule_mm, height)), RULE_MM)
    return Drawing(figures=(rule,)), left_mm + rule_mm


def _row(caption: str, value: str, baseline_mm: float) -> Drawing:
    """A caption in the column beside the lines, its value where the lines begin."""
    fitting = _shortened(printable(value), m.WORDS_RIGHT_MM - m.LINE_LEFT_MM)
    text = PlacedText(fitting, m.LINE_LEFT_MM, baseline_mm, VALUE)
    return _caption(caption, baseline_mm) + Drawing((text,))


def _caption(caption: str, baseline_mm: float) -> Drawing:
    return Drawing((PlacedText(caption, CAPTION_RIGHT_MM, baseline_mm, CAPTION, Align.RIGHT),))


def _shortened(text: str, room_mm: float) -> str:
    if VALUE.width_mm(text) <= room_mm:
        return text
    while VALUE.width_mm(f"{text}…") > room_mm:
        text = text[:-1]
    return f"{text}…"
