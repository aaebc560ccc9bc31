"""What a PDF page is made of: only pictures that can be taken as they are, or something to be rendered.

Scanners write a page as one picture, or several strips, and perhaps an invisible text layer. Taking the
picture itself is several times faster than rendering, and pixel for pixel what the scanner saw. But it is
right only when nothing else on the page changes what a viewer would show, so everything that is not known
to be harmless counts as an obstacle, and the page is rendered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pikepdf

from scanner.pages.facts import check_pixels
from scanner.pages.pdf_placement import IDENTITY, Box, Matrix, extent, times
from scanner.pages.pdf_stream import has_pictures, unpacked_length
from scanner.settings_limits import Limits

MISSING_PICTURE = "missing picture"
"""The obstacle of a page that shows a picture which it has not, or has one which it does not show, as when
its instructions were cut off: such a page is not empty."""

_PARSED_BYTES = 1 << 20
"""Longer drawing instructions are not a scan's; such a page is rendered without being taken apart."""
_DEEPEST_FORM = 5
_MOST_PICTURES = 1_000
_MOST_FORMS = 100
"""Forms can paint each other, so that a few lines mean millions of pictures."""
_CLIP_MARGIN_POINTS = 0.5

_SHAPING = ("m", "l", "c", "v", "y", "h")
_HARMLESS = frozenset(
    (
        *("w", "J", "j", "M", "d", "ri", "i", "n", *_SHAPING),
        *("BT", "ET", "Tf", "Tc", "Tw", "Tz", "TL", "Ts", "Td", "TD", "Tm", "T*"),
        *("BMC", "EMC", "MP", "DP", "BX", "EX"),
        *("g", "G", "rg", "RG", "k", "K", "cs", "CS", "sc", "SC", "scn", "SCN"),
    )
)
"""Operators that leave no ink and do not move pictures."""
_TEXT = frozenset(("Tj", "TJ", "'", '"'))
_INVISIBLE_TEXT = 3
_HARMLESS_STATE = frozenset(
    (
        *("/Type", "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/OP", "/op", "/OPM"),
        *("/FL", "/SM", "/SA", "/AIS", "/TK"),
    )
)
"""Keys of a graphics state that do not change how a picture looks."""
_QUIET_ANNOTATIONS = frozenset(("/Link", "/Popup"))
_HIDDEN = 0b10


_Operands = Sequence[pikepdf.Object] | pikepdf.Object


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture and its place in the page's user space."""

    image: pikepdf.Object
    matrix: Matrix
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A page taken apart."""

    box: Box
    """What is visible: the crop box inside the media box."""
    turn: int
    """Degrees clockwise by which a viewer turns the page."""
    user_unit: float
    """Size of the page's unit in points."""
    pictures: tuple[PlacedPicture, ...]
    """In drawing order."""
    obstacles: frozenset[str]
    """Why the pictures alone are not what a viewer shows; empty when they are."""


def plan_page(page: pikepdf.Page, limits: Limits) -> PagePlan:
    """Take a page apart.

    Raises:
        UnreadableError: `too_large` for a picture above `limits.page_pixels` or drawing instructions above
            `limits.drawing_bytes`, before either is decoded.
    """
    reader = _Interpreter(limits)
    resources = page.obj.get("/Resources", pikepdf.Dictionary())
    reader.run(page.obj, _streams(page.obj.get("/Contents")), resources, depth=0)
    if not reader.pictures and has_pictures(resources):
        reader.obstacles.add(MISSING_PICTURE)
    for note in page.obj.get("/Annots", ()):
        if not isinstance(note, pikepdf.Dictionary):
            continue  # a viewer shows nothing for what is no annotation
        if note.get("/Subtype") not in _QUIET_ANNOTATIONS and not int(note.get("/F", 0)) & _HIDDEN:
            reader.obstacles.add("annotation")
    media = _box(page.mediabox)
    return PagePlan(
        box=_box(page.cropbox).common(media),
        turn=int(page.obj.get("/Rotate", 0)) % 360,
        user_unit=float(page.obj.get("/UserUnit", 1)),
        pictures=tuple(reader.pictures),
        obstacles=frozenset(reader.obstacles),
    )


def _box(corners: pikepdf.Object) -> Box:
    x0, y0, x1, y1 = (float(corners[i]) for i in range(4))
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _streams(contents: pikepdf.Object | None) -> list[pikepdf.Stream]:
    parts = [contents] if isinstance(contents, pikepdf.Stream) else list(contents or ())
    return [part for part in parts if isinstance(part, pikepdf.Stream)]


@dataclass(slots=True)
class _State:
    """The part of the graphics state that decides where a picture goes."""

    matrix: Matrix = IDENTITY
    clip: Box | None = None
    text_mode: int = 0

    def copy(self) -> _State:
        return _State(self.matrix, self.clip, self.text_mode)


@dataclass(slots=True)
class _Interpreter:
    """Walks drawing instructions and notes pictures and obstacles; draws nothing."""

    limits: Limits
    pictures: list[PlacedPicture] = field(default_factory=list)
    obstacles: set[str] = field(default_factory=set)
    state: _State = field(default_factory=_State)
    path: list[str] = field(default_factory=list)
    rectangle: Box | None = None
    clipping: bool = False
    unpacked_bytes: int = 0
    forms: int = 0

    def run(
        self,
        holder: pikepdf.Object,
        streams: list[pikepdf.Stream],
        resources: pikepdf.Object,
        depth: int,
    ) -> None:
        """Interpret the instructions of a page or a form."""
        if not self._short_enough(streams):
            self.obstacles.add("long drawing")
            return
        stack: list[_State] = []
        for instruction in pikepdf.parse_content_stream(holder):
            operator = str(instruction.operator)
            if operator == "q":
                stack.append(self.state.copy())
            elif operator == "Q":
                self.state = stack.pop() if stack else self.state
            elif operator == "Do":
                self._paint(str(instruction.operands[0]), resources, depth)
            else:
                self._note(operator, list(instruction.operands), resources)

    def _short_enough(self, streams: list[pikepdf.Stream]) -> bool:
        """Whether the instructions can be parsed; measures them without unpacking more than is allowed."""
        for stream in streams:
            length = unpacked_length(stream, self.limits.drawing_bytes - self.unpacked_bytes)
            if length is None:
                return False
            self.unpacked_bytes += length
        return self.unpacked_bytes <= _PARSED_BYTES

    def _note(self, operator: str, operands: _Operands, resources: pikepdf.Object) -> None:
        if operator == "cm":
            self.state.matrix = times(_matrix(operands), self.state.matrix)
        elif operator == "Tr":
            self.state.text_mode = int(operands[0])
        elif operator == "gs":
            self._graphics_state(_entry(resources, "/ExtGState", str(operands[0])))
        elif operator in ("re", "W", "W*", "n", *_SHAPING):
            self._outline(operator, operands)
        elif operator in _TEXT and self.state.text_mode == _INVISIBLE_TEXT:
            pass
        elif operator == "BDC":
            self.obstacles.update(("layer",) if operands[0] == pikepdf.Name.OC else ())
        elif operator not in _HARMLESS:
            self.obstacles.add(f"operator {operator[:20]}")

    def _outline(self, operator: str, operands: _Operands) -> None:
        """Follow a path, which may become a clip."""
        if operator == "re":
            self._rectangle(operands)
        elif operator in _SHAPING:
            self.path.append(operator)
        elif operator == "n":
            self._end_path()
        else:
            self.clipping = True

    def _rectangle(self, operands: _Operands) -> None:
        x, y, width, height = (float(value) for value in operands)
        rectangle = Box(min(x, x + width), min(y, y + height), max(x, x + width), max(y, y + height))
        self.rectangle = extent(self.state.matrix, rectangle)
        self.path.append("re" if _keeps_upright(self.state.matrix) else "slanted")

    def _end_path(self) -> None:
        if self.clipping:
            if self.path == ["re"] and self.rectangle is not None:
                clip = self.state.clip
                self.state.clip = self.rectangle if clip is None else self.rectangle.common(clip)
            else:
                self.obstacles.add("clip")
        self.path, self.rectangle, self.clipping = [], None, False

    def _graphics_state(self, state: pikepdf.Object) -> None:
        for key in state.keys():  # noqa: SIM118 - a pikepdf dictionary iterates otherwise
            value = state[key]
            opaque = key in ("/CA", "/ca") and value == 1
            normal = key == "/BM" and value in (pikepdf.Name.Normal, pikepdf.Name.Compatible)
            unmasked = key == "/SMask" and value == pikepdf.Name("/None")
            if key not in _HARMLESS_STATE and not (opaque or normal or unmasked):
                self.obstacles.add("graphics state")

    def _paint(self, name: str, resources: pikepdf.Object, depth: int) -> None:
        thing = _entry(resources, "/XObject", name)
        if not isinstance(thing, pikepdf.Stream):
            self.obstacles.add(MISSING_PICTURE)
            return
        if "/OC" in thing:
            self.obstacles.add("layer")
        if thing.get("/Subtype") == pikepdf.Name.Image:
            self._picture(thing)
        elif (
            thing.get("/Subtype") == pikepdf.Name.Form and depth < _DEEPEST_FORM and self.forms < _MOST_FORMS
        ):
            self.forms += 1
            self._form(thing, resources, depth)
        else:
            self.obstacles.add("object")

    def _picture(self, image: pikepdf.Stream) -> None:
        width, height = _size(image)
        check_pixels(width, height, self.limits.page_pixels)
        if len(self.pictures) >= _MOST_PICTURES:
            self.obstacles.add("many pictures")
            return
        if image.get("/ImageMask", False):
            self.obstacles.add("stencil")
        for key in ("/SMask", "/Mask"):
            mask = image.get(key)
            if mask is not None:
                self.obstacles.add("mask")
            if isinstance(mask, pikepdf.Stream):
                check_pixels(*_size(mask), self.limits.page_pixels)
        if int(image.get("/SMaskInData", 0)):
            self.obstacles.add("mask")
        clip = self.state.clip
        if clip is not None and not extent(self.state.matrix).within(clip, _CLIP_MARGIN_POINTS):
            self.obstacles.add("clip")
        self.pictures.append(PlacedPicture(image, self.state.matrix, width, height))

    def _form(self, form: pikepdf.Stream, resources: pikepdf.Object, depth: int) -> None:
        outer = self.state
        inner = outer.copy()
        inner.matrix = times(_matrix(form.get("/Matrix", pikepdf.Array(IDENTITY))), outer.matrix)
        if "/BBox" in form:
            visible = extent(inner.matrix, _box(form["/BBox"]))
            inner.clip = visible if inner.clip is None else visible.common(inner.clip)
            if not _keeps_upright(inner.matrix):
                self.obstacles.add("clip")
        self.state = inner
        self.run(form, [form], form.get("/Resources", resources), depth + 1)
        self.state = outer


def _entry(resources: pikepdf.Object, category: str, name: str) -> pikepdf.Object:
    """A named resource; an empty dictionary when there is none."""
    named = resources.get(category, pikepdf.Dictionary())
    return named.get(name, pikepdf.Dictionary())


def _matrix(numbers: _Operands) -> Matrix:
    a, b, c, d, e, f = (float(numbers[i]) for i in range(6))
    return a, b, c, d, e, f


def _keeps_upright(matrix: Matrix) -> bool:
    a, b, c, d, _, _ = matrix
    return (not b and not c) or (not a and not d)


def _size(image: pikepdf.Stream) -> tuple[int, int]:
    return int(image.get("/Width", 0)), int(image.get("/Height", 0))
