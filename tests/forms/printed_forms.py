"""Prints forms for the tests, and looks at what was printed from outside: pixels and paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray

from forms.definition import load_library
from forms.geometry import Rect
from forms.identifier import SheetId
from forms.instrument import Instrument, Item
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf

LIBRARY = load_library()
FORMS = [(code, language) for code, instrument in LIBRARY.items() for language in instrument.languages]
DPI = 150
MM_PER_PT = 25.4 / 72


def sheet(code: str, language: str, **purpose: Any) -> SheetFace:
    return sheet_of(LIBRARY[code], language, **purpose)


def sheet_of(instrument: Instrument, language: str, **purpose: Any) -> SheetFace:
    return SheetFace(
        sheet_id=SheetId.new(),
        instrument=instrument,
        language=language,
        layout=compute_layout(instrument, language, purpose.get("rater")),
        **purpose,
    )


def with_items(instrument: Instrument, count: int) -> Instrument:
    """The instrument with another number of items: its own ones, over and over."""
    order = [number % len(instrument.items) for number in range(count)]
    return replace(
        instrument,
        items=tuple(Item(key=f"item_{number}") for number in range(count)),
        texts=tuple(
            replace(t, items=tuple(t.items[n] for n in order), beside=None) for t in instrument.texts
        ),
    )


def printed(faces: Iterable[SheetFace], licence: str | None = None) -> bytes:
    buffer = BytesIO()
    render_pdf(faces, buffer, licence=licence)
    return buffer.getvalue()


def pixels(pdf: bytes, dpi: int = DPI) -> Iterator[NDArray[np.uint8]]:
    """Every page as a grey picture."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            yield page.render(scale=dpi / 72, grayscale=True).to_numpy().copy()


def words(pdf: bytes) -> list[str]:
    """The text of every page."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def cut(picture: NDArray[np.uint8], box: Rect, dpi: int = DPI) -> NDArray[np.uint8]:
    """The part of a page's picture that shows a place on paper."""
    left, top, right, bottom = (
        round(mm / 25.4 * dpi) for mm in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)
    )
    return picture[max(top, 0) : bottom, max(left, 0) : right]


@dataclass(frozen=True)
class DrawnStroke:
    """One straight piece of a drawn path, in millimetres from the top left corner of the page."""

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float
    cap: int
    path: int
    """Which path of the page it belongs to."""
    own_stream: bool
    """In the page's own content, not in a form object."""

    @property
    def length(self) -> float:
        return float(np.hypot(self.x1 - self.x0, self.y1 - self.y0))


def strokes(pdf: bytes) -> list[list[DrawnStroke]]:
    """All straight edges of all paths, stroked or filled, page by page."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [_Interpreter(float(page.mediabox[3])).run(page) for page in document.pages]


Matrix = NDArray[np.float64]


class _Interpreter:
    """Follows the path operators that matter, through the form objects too."""

    def __init__(self, height_pt: float) -> None:
        self.height_pt = height_pt
        self.found: list[DrawnStroke] = []
        self.edges: list[tuple[Matrix, Matrix]] = []
        self.paths = 0
        self.matrix: Matrix = np.eye(3)
        self.width_pt = 1.0
        self.cap = 0
        self.at: Matrix = np.zeros(3)

    def run(self, page: pikepdf.Page) -> list[DrawnStroke]:
        self._content(page, page.Resources, own_stream=True)
        return self.found

    def _content(self, content: Any, resources: Any, *, own_stream: bool) -> None:
        stack = []
        for instruction in pikepdf.parse_content_stream(content):
            name, operands = str(instruction.operator), list(instruction.operands)
            if name == "q":
                stack.append((self.matrix, self.width_pt, self.cap))
            elif name == "Q":
                self.matrix, self.width_pt, self.cap = stack.pop()
            elif name == "Do":
                kept = (self.matrix, self.width_pt, self.cap)
                form = resources.XObject[operands[0]]
                self._state("cm", [float(v) for v in form.get("/Matrix", [1, 0, 0, 1, 0, 0])])
                self._content(form, form.Resources, own_stream=False)
                self.matrix, self.width_pt, self.cap = kept
            elif name in {"cm", "w", "J"}:
                self._state(name, [float(o) for o in operands])
            elif name in {"m", "l", "c", "re"}:
                self._path(name, [float(o) for o in operands])
            elif name in {"S", "s", "f", "f*", "B", "b", "n"}:
                self._finish(own_stream=own_stream)

    def _state(self, name: str, numbers: list[float]) -> None:
        if name == "cm":
            a, b, c, d, e, f = numbers
            self.matrix = np.array([[a, b, 0.0], [c, d, 0.0], [e, f, 1.0]]) @ self.matrix
        elif name == "w":
            self.width_pt = numbers[0]
        else:
            self.cap = int(numbers[0])

    def _path(self, name: str, numbers: list[float]) -> None:
        if name == "re":
            x, y, width, height = numbers
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
            self.edges += pairwise(self._place(*corner) for corner in corners)
            return
        to = self._place(*numbers[-2:])
        if name != "m":
            self.edges.append((self.at, to))
        self.at = to

    def _place(self, x: float, y: float) -> Matrix:
        return np.array([x, y, 1.0]) @ self.matrix

    def _finish(self, *, own_stream: bool) -> None:
        self.paths += 1
        width = self.width_pt * abs(float(self.matrix[0, 0])) * MM_PER_PT
        for edge in self.edges:
            (x0, y0), (x1, y1) = (
                (float(p[0]) * MM_PER_PT, (self.height_pt - float(p[1])) * MM_PER_PT) for p in edge
            )
            self.found.append(DrawnStroke(x0, y0, x1, y1, width, self.cap, self.paths, own_stream))
        self.edges = []
