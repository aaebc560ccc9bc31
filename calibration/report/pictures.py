"""Line crops in HTML: the picture, where the mark was meant, where it was read, and how to see it again."""

from __future__ import annotations

from base64 import b64encode
from html import escape

import cv2
import numpy as np

from calibration.judged import JudgedLine
from calibration.report.worst import Picture
from forms import measures

_ROOM_MM = 3.4
"""Above and below the picture, for the two pointers."""
_LEFT_MM = -measures.ZONE_BESIDE_MM
_WIDTH_MM = measures.LINE_MM + 2 * measures.ZONE_BESIDE_MM
_HALF_MM = measures.ZONE_ABOVE_MM


def figure(picture: Picture) -> str:
    """One crop with its caption, as an HTML `figure`.

    The pointers stand where the form has its line; the print on a scan may lie some tenths of a
    millimetre beside that, for both pointers alike.
    """
    line = picture.line
    return (
        f'<figure class="crop{" wrong" if line.silently_wrong else ""}">'
        f"{_svg(picture)}<figcaption>{_caption(picture)}</figcaption></figure>"
    )


def _svg(picture: Picture) -> str:
    line = picture.line
    png = b64encode(smaller(picture.crop)).decode()
    parts = [
        f'<image x="{_LEFT_MM:g}" y="{-_HALF_MM:g}" width="{_WIDTH_MM:g}" height="{2 * _HALF_MM:g}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{png}"/>'
    ]
    if line.truth.position_mm is not None:
        parts.append(_pointer("meant", line.truth.position_mm, -_HALF_MM, -1))
    if line.said_mm is not None:
        parts.append(_pointer("read", line.said_mm, _HALF_MM, 1))
    box = f"{_LEFT_MM:g} {-_HALF_MM - _ROOM_MM:g} {_WIDTH_MM:g} {2 * (_HALF_MM + _ROOM_MM):g}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(_headline(line))}">{"".join(parts)}</svg>'


def _pointer(name: str, at_mm: float, edge_mm: float, side: int) -> str:
    """A triangle outside the picture that points at it, and a hairline a little way in."""
    tip, base = edge_mm, edge_mm + side * 2.8
    return (
        f'<path class="{name}" d="M{at_mm:.2f} {tip:g} l-1.5 {base - tip:g} h3 z"/>'
        f'<path class="{name} hair" d="M{at_mm:.2f} {tip:g} v{-side * 4}"/>'
    )


def smaller(png: bytes) -> bytes:
    """The same picture, packed tighter: a report holds many."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        return png
    packed = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    return min(packed, png, key=len)


def _headline(line: JudgedLine) -> str:
    error = line.error_mm
    if line.wrong_sheet:
        return "read as another sheet"
    if line.silently_wrong and error is None:
        return "accepted where a person would stop"
    if line.accepted and error is None:
        return "accepted"
    if line.accepted and error is not None:
        return f"accepted, {abs(error):.2f} mm too far {'right' if error > 0 else 'left'}"
    beside = "" if error is None else f"; proposed {abs(error):.2f} mm off"
    return f"sent to a person{beside}"


def _caption(picture: Picture) -> str:
    line, page = picture.line, picture.page
    dirt = f", {', '.join(page.dirt)}" if page.dirt else ""
    confidence = "" if line.confidence is None else f" · confidence {line.confidence:.3f}"
    reasons = "".join(f"<b>{escape(reason)}</b> " for reason in line.reasons)
    places = f"meant {_mm(line.truth.position_mm)} · read {_mm(line.said_mm)}"
    return (
        f'<span class="what">{escape(_headline(line))}</span> '
        f'<span class="reasons">{reasons}</span>'
        f"<span>{escape(line.truth.kind)}, {escape((line.truth.pen or 'no pen').replace('_', ' '))}"
        f" · {places}{confidence}</span>"
        f'<span class="again">{escape(line.sheet)}, line {line.truth.number}'
        f" · {page.dpi} dpi {escape(page.mode)}{escape(dirt)}</span>"
    )


def _mm(place: float | None) -> str:
    return "nowhere" if place is None else f"{place:.2f}"
