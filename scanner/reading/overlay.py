"""A picture of a page with what the machine saw: for a person who wonders why.

Drawn on the scan itself, in the scan's own geometry: the corner marks as fitted, the zone of every
line, the line as it was found, every candidate mark, and the verdict in words.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from forms.geometry import Point
from forms.layout import AnswerLine, FormLayout
from scanner.model.decision import Decision, Verdict
from scanner.model.outcome import Refusal
from scanner.model.page import ScannedPage
from scanner.model.result import PageOutcome, SheetResult
from scanner.reading.mapping import FloatArray, PaperToPixel

WIDTH_PX = 1240
"""Of an overlay of an upright page: 150 dpi."""
INK = (40, 40, 40)
ACCEPTED = (96, 140, 0)
REVIEW = (0, 118, 232)
REFUSED = (48, 48, 200)
FRAME = (190, 150, 70)
"""Colours as OpenCV has them: blue, green, red."""

Picture = NDArray[np.uint8]


def overlay_png(page: ScannedPage, outcome: PageOutcome, layout: FormLayout | None) -> bytes:
    """PNG of the page, upright where the sheet was found; `layout` is the sheet's when it was read."""
    if isinstance(outcome, SheetResult) and layout is not None:
        picture = _read_page(page, outcome, layout)
    else:
        factor = WIDTH_PX / min(page.pixels.shape)
        small = cv2.resize(page.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
        words = f"{outcome.reason}: {outcome.detail}" if isinstance(outcome, Refusal) else "blank page"
        _banner(picture, words, REFUSED if isinstance(outcome, Refusal) else INK)
    _, png = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    return png.tobytes()


def _read_page(page: ScannedPage, result: SheetResult, layout: FormLayout) -> Picture:
    """The page turned upright on the paper's own grid, so that everything can be drawn in millimetres."""
    scale = WIDTH_PX / layout.page.width_mm
    height = round(layout.page.height_mm * scale)
    to_page = PaperToPixel(np.array(result.mapping.matrix).reshape(3, 3))
    to_paper = np.array([[1 / scale, 0.0, 0.5 / scale], [0.0, 1 / scale, 0.5 / scale], [0.0, 0.0, 1.0]])
    shrink = to_page.px_per_mm(layout.page.width_mm / 2, layout.page.height_mm / 2) / scale
    source = cv2.GaussianBlur(page.pixels, (0, 0), 0.4 * shrink) if shrink > 1.2 else page.pixels
    upright = cv2.warpPerspective(
        source,
        to_page.matrix @ to_paper,
        (WIDTH_PX, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(225,),
    )
    # Paler than the scan, so that what is drawn stands out of it.
    faded = cv2.addWeighted(upright, 0.75, np.full_like(upright, 255), 0.25, 0)
    picture = np.asarray(cv2.cvtColor(faded, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    for mark in layout.corner_marks:
        _polygon(picture, _px(mark.square.corners, scale), FRAME, 2)
    for code in layout.codes:
        _polygon(picture, _px(code.qr.grown(1.5).corners, scale), FRAME, 2)
    for answer, decision in zip(layout.answer_lines, result.decisions, strict=True):
        _line(picture, answer, decision, scale)
    _banner(picture, _summary(result), INK)
    return picture


def _summary(result: SheetResult) -> str:
    accepted = sum(d.verdict is Verdict.ACCEPTED for d in result.decisions)
    turned = f", turned {result.turn}" if result.turn else ""
    return (
        f"{result.sheet_id}   {accepted} of {len(result.decisions)} lines accepted{turned}   "
        f"mapping {result.residual_mm:.3f} mm   reader {result.reader_version}, {result.profile_id}"
    )


def _line(picture: Picture, answer: AnswerLine, decision: Decision, scale: float) -> None:
    colour = ACCEPTED if decision.verdict is Verdict.ACCEPTED else REVIEW
    zone = answer.zone
    _polygon(picture, _px(zone.corners, scale), FRAME, 1)
    reading = decision.reading
    for index, mark in enumerate(reading.candidates):
        # Heights on a reading go up from the line, on paper down from the top.
        left, right = (answer.line.start.x_mm + x for x in (mark.left_mm, mark.right_mm))
        top, bottom = (answer.line.start.y_mm - y for y in (mark.reach_above_mm, -mark.reach_below_mm))
        corners = (Point(left - 0.5, top - 0.5), Point(right + 0.5, bottom + 0.5))
        first, second = _px(corners, scale).round().astype(int).tolist()
        cv2.rectangle(
            picture, first, second, colour if index == 0 else INK, 2 if index == 0 else 1, cv2.LINE_AA
        )
    if reading.position_mm is not None:
        _pointer(picture, answer, reading.position_mm, colour, scale)
    words = " ".join(decision.reasons)
    score = "" if decision.score is None else f"{decision.score}"
    place = Point(zone.x_mm + 0.8, zone.bottom_mm - 1.2)
    _text(picture, f"{score or 'review'}  {words}".strip(), place, colour, scale, 0.62)


def _pointer(
    picture: Picture, answer: AnswerLine, position_mm: float, colour: tuple[int, int, int], scale: float
) -> None:
    """A needle through the place that was measured."""
    x = answer.line.start.x_mm + position_mm
    y = answer.line.start.y_mm
    needle = _px((Point(x, y - 1.6), Point(x, y + 1.6)), scale) * 16
    top, bottom = needle.round().astype(int).tolist()
    cv2.line(picture, top, bottom, (255, 255, 255), 4, cv2.LINE_AA, 4)
    cv2.line(picture, top, bottom, colour, 2, cv2.LINE_AA, 4)


def _px(points: tuple[Point, ...], scale: float) -> FloatArray:
    return np.array([[p.x_mm * scale - 0.5, p.y_mm * scale - 0.5] for p in points], dtype=np.float64)


def _polygon(picture: Picture, corners: FloatArray, colour: tuple[int, int, int], width: int) -> None:
    cv2.polylines(picture, [(corners * 16).round().astype(np.int32)], True, colour, width, cv2.LINE_AA, 4)


def _text(
    picture: Picture, words: str, place: Point, colour: tuple[int, int, int], scale: float, size: float
) -> None:
    at = _px((place,), scale)[0].round().astype(int).tolist()
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 5, cv2.LINE_AA)
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _banner(picture: Picture, words: str, colour: tuple[int, int, int]) -> None:
    """A strip with the whole page's outcome along the top edge."""
    cv2.rectangle(picture, (0, 0), (picture.shape[1], 34), (255, 255, 255), -1)
    cv2.line(picture, (0, 34), (picture.shape[1], 34), colour, 2)
    ascii_words = words.encode("ascii", "replace").decode()
    cv2.putText(picture, ascii_words, (12, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, 1, cv2.LINE_AA)
