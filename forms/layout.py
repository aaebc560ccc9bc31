"""Where everything stands on a printed sheet, in millimetres.

A layout is computed from an instrument and a language, and stored with every sheet that is
printed, so that a sheet printed years ago is read by the layout it was printed with.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from forms import measures as m
from forms.errors import LayoutFormatError
from forms.geometry import Line, Point, Rect
from forms.instrument import Instrument, Rater
from forms.placement import place

JSON_FORMAT = 1
"""Of the stored layout's JSON, apart from the version of the rules that computed it."""


@dataclass(frozen=True, slots=True)
class CornerMark:
    """One AprilTag (36h11). Which tag stands where tells how the page is turned."""

    tag_id: int
    square: Rect
    """Outer edge of the black border (8 x 8 modules), without the white margin."""


@dataclass(frozen=True, slots=True)
class CodeMark:
    """The sheet's identifier once as a QR code and once as text beside it."""

    qr: Rect
    """The modules, without the quiet zone of 4 modules."""
    text: Rect
    """Where the printed code (18 characters in groups) stands, upright."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One 100 mm line with its end ticks, and the area around it that holds no other print."""

    item: str
    """The item's key in its instrument, such as `individual`."""
    number: int
    """Counts from 1, top to bottom."""
    line: Line
    """Axis of the printed line; the outer ends of the line are its 0 and its 10."""
    thickness_mm: float
    tick_height_mm: float
    """Whole height of an end tick, which is centred on the end of the line."""
    tick_thickness_mm: float
    zone: Rect
    """Only the line and its ticks are printed in here; marks are looked for in here."""


@dataclass(frozen=True, slots=True)
class FormLayout:
    """Everything the reader must know of the paper."""

    version: int
    """Version of the layout rules that computed it; never reused for other rules."""
    page: Rect
    corner_marks: tuple[CornerMark, ...]
    """Top left, top right, bottom right, bottom left."""
    codes: tuple[CodeMark, ...]
    """Top, bottom."""
    answer_lines: tuple[AnswerLine, ...]
    printed: tuple[Rect, ...]
    """Bounding boxes of all other print: words, faces, rules."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands at the same place on every sheet of a layout version, whatever it asks.

    The reader finds corner marks and codes by it before it knows which sheet it holds.
    """

    version: int
    page: Rect
    corner_marks: tuple[CornerMark, ...]
    """Top left, top right, bottom right, bottom left."""
    codes: tuple[CodeMark, ...]
    """Top, bottom."""


def frame(version: int = m.VERSION) -> Frame:
    """The corner marks and codes of a layout version: the same for every instrument.

    Raises `LayoutFormatError` for a version that this product does not know.
    """
    if version != m.VERSION:
        raise LayoutFormatError(
            f"layout version {version} is not known here (known: {m.VERSION}). "
            "The sheet was printed by a newer version of this product: update it."
        )
    far_x = m.PAGE_WIDTH_MM - m.MARGIN_MM - m.TAG_MM
    far_y = m.PAGE_HEIGHT_MM - m.MARGIN_MM - m.TAG_MM
    places = ((m.MARGIN_MM, m.MARGIN_MM), (far_x, m.MARGIN_MM), (far_x, far_y), (m.MARGIN_MM, far_y))
    return Frame(
        version=version,
        page=Rect(0.0, 0.0, m.PAGE_WIDTH_MM, m.PAGE_HEIGHT_MM),
        corner_marks=tuple(
            CornerMark(tag_id, Rect(x, y, m.TAG_MM, m.TAG_MM))
            for tag_id, (x, y) in zip(m.TAG_IDS, places, strict=True)
        ),
        codes=_codes(),
    )


def _codes() -> tuple[CodeMark, ...]:
    """The bottom code is the top one after half a turn of the page, but with its text upright."""
    right = m.PAGE_WIDTH_MM - m.QR_FROM_EDGE_MM
    bottom = m.PAGE_HEIGHT_MM - m.MARGIN_MM
    text = (m.CODE_WIDTH_MM, m.CODE_HEIGHT_MM)
    top_text = Rect(right - m.QR_MM - m.CODE_GAP_MM - m.CODE_WIDTH_MM, m.MARGIN_MM, *text).rounded()
    bottom_text = Rect(
        m.QR_FROM_EDGE_MM + m.QR_MM + m.CODE_GAP_MM, bottom - m.CODE_BASELINE_MM, *text
    ).rounded()
    return (
        CodeMark(Rect(right - m.QR_MM, m.MARGIN_MM, m.QR_MM, m.QR_MM), top_text),
        CodeMark(Rect(m.QR_FROM_EDGE_MM, bottom - m.QR_MM, m.QR_MM, m.QR_MM), bottom_text),
    )


@lru_cache(maxsize=256)
def compute_layout(instrument: Instrument, language: str, rater: Rater | None = None) -> FormLayout:
    """The layout of a form, by the rules of this version.

    Raises `FormDefinitionError` when the items or a text do not fit on the page.
    """
    placement = place(instrument, language, rater)
    fixed = frame()
    return FormLayout(
        version=fixed.version,
        page=fixed.page,
        corner_marks=fixed.corner_marks,
        codes=fixed.codes,
        answer_lines=tuple(
            _answer_line(item.key, number, axis_mm)
            for number, (item, axis_mm) in enumerate(zip(instrument.items, placement.axes_mm, strict=True), 1)
        ),
        printed=tuple(box.rounded() for box in placement.boxes),
    )


def _answer_line(key: str, number: int, axis_mm: float) -> AnswerLine:
    return AnswerLine(
        item=key,
        number=number,
        line=Line(Point(m.LINE_LEFT_MM, axis_mm), Point(m.LINE_RIGHT_MM, axis_mm)),
        thickness_mm=m.LINE_THICKNESS_MM,
        tick_height_mm=m.TICK_MM,
        tick_thickness_mm=m.LINE_THICKNESS_MM,
        zone=Rect(
            m.LINE_LEFT_MM - m.ZONE_BESIDE_MM,
            axis_mm - m.ZONE_ABOVE_MM,
            m.LINE_MM + 2 * m.ZONE_BESIDE_MM,
            2 * m.ZONE_ABOVE_MM,
        ).rounded(),
    )


def layout_to_json(layout: FormLayout) -> str:
    """The layout as compact JSON, the same text for the same layout."""
    data = {"format": JSON_FORMAT, **asdict(layout)}
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def layout_from_json(text: str) -> FormLayout:
    """The layout that `layout_to_json` wrote.

    Raises `LayoutFormatError` when the text is none, or of a format that this version does not know.
    """
    try:
        data = json.loads(text)
        if data["format"] != JSON_FORMAT:
            raise LayoutFormatError(
                f"stored layout of format {data['format']!r}, known is {JSON_FORMAT}. "
                "A newer version of this product wrote it: update this one."
            )
        return _layout(data)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, LayoutFormatError):
            raise
        raise LayoutFormatError(f"a stored layout is damaged: {error!r}") from error


def _layout(data: dict[str, Any]) -> FormLayout:
    return FormLayout(
        version=data["version"],
        page=Rect(**data["page"]),
        corner_marks=tuple(CornerMark(c["tag_id"], Rect(**c["square"])) for c in data["corner_marks"]),
        codes=tuple(CodeMark(Rect(**c["qr"]), Rect(**c["text"])) for c in data["codes"]),
        answer_lines=tuple(
            AnswerLine(**{**a, "line": _line(a["line"]), "zone": Rect(**a["zone"])})
            for a in data["answer_lines"]
        ),
        printed=tuple(Rect(**r) for r in data["printed"]),
    )


def _line(data: dict[str, Any]) -> Line:
    return Line(Point(**data["start"]), Point(**data["end"]))
