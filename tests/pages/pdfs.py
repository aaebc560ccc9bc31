"""PDF files around the pictures of `tests.pages.pictures`, plain ones and such with traps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from tests.pages.jbig2 import jbig2
from tests.pages.pictures import (
    Grey,
    bits_of,
    cmyk_jpeg,
    colour_jpeg,
    fax,
    jpeg,
    jpeg2000,
    packed_bits,
)

POINTS_PER_PIXEL = 0.72
"""Pictures stand at 100 dpi, unless told otherwise."""


@dataclass(frozen=True)
class Coded:
    """Picture data and the entries of its dictionary."""

    width: int
    height: int
    data: bytes
    entries: dict[str, object] = field(default_factory=dict)

    def but(self, **entries: object) -> Coded:
        """The same with further entries."""
        return Coded(self.width, self.height, self.data, {**self.entries, **entries})


@dataclass(frozen=True)
class PageOf:
    """One page: pictures named Im0, Im1, ... and what is done with them."""

    pictures: Sequence[Coded]
    content: bytes | None = None
    """Drawing instructions; the first picture over the whole page when None."""
    entries: dict[str, object] = field(default_factory=dict)
    size: tuple[float, float] | None = None
    """Of the media box, in points; that of the first picture when None."""


def pdf(pages: Sequence[PageOf], **save: object) -> bytes:
    """A file with these pages."""
    book = Pdf.new()
    for page in pages:
        images = {
            f"/Im{i}": Stream(
                book,
                it.data,
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=it.width,
                Height=it.height,
                **{key: _entry(book, value) for key, value in it.entries.items()},
            )
            for i, it in enumerate(page.pictures)
        }
        first = page.pictures[0] if page.pictures else Coded(100, 100, b"")
        width, height = page.size or (first.width * POINTS_PER_PIXEL, first.height * POINTS_PER_PIXEL)
        content = page.content if page.content is not None else place(width, 0, 0, height, 0, 0)
        sheet = Dictionary(
            Type=Name.Page,
            MediaBox=[0, 0, width, height],
            Resources=Dictionary(XObject=Dictionary(images)),
            Contents=Stream(book, content),
        )
        for key, value in page.entries.items():
            sheet[f"/{key}"] = _entry(book, value)
        book.pages.append(pikepdf.Page(sheet))
    out = io.BytesIO()
    book.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def _entry(book: Pdf, value: object) -> object:
    """A picture given as an entry (a mask, say) becomes a stream of the same file."""
    if isinstance(value, Coded):
        return Stream(
            book, value.data, Subtype=Name.Image, Width=value.width, Height=value.height, **value.entries
        )
    if callable(value):
        return value(book)
    return value


def place(a: float, b: float, c: float, d: float, e: float, f: float, name: str = "Im0") -> bytes:
    """Drawing instructions that put a picture where the matrix says."""
    return f"q {a:.4f} {b:.4f} {c:.4f} {d:.4f} {e:.4f} {f:.4f} cm /{name} Do Q\n".encode()


_GREY = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
_BIT = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 1}


def _coded(grey: Grey, data: bytes, **entries: object) -> Coded:
    return Coded(grey.shape[1], grey.shape[0], data, entries)


def as_jpeg(grey: Grey) -> Coded:
    return _coded(grey, jpeg(grey), Filter=Name.DCTDecode, **_GREY)


def as_colour_jpeg(grey: Grey) -> Coded:
    return _coded(
        grey, colour_jpeg(grey), Filter=Name.DCTDecode, ColorSpace=Name.DeviceRGB, BitsPerComponent=8
    )


def as_cmyk_jpeg(grey: Grey) -> Coded:
    entries = {"ColorSpace": Name.DeviceCMYK, "BitsPerComponent": 8, "Decode": [1, 0] * 4}
    return _coded(grey, cmyk_jpeg(grey), Filter=Name.DCTDecode, **entries)


def as_jpx(grey: Grey) -> Coded:
    return _coded(grey, jpeg2000(grey), Filter=Name.JPXDecode)


def as_raw(grey: Grey) -> Coded:
    return _coded(grey, grey.tobytes(), **_GREY)


def as_16_bit(grey: Grey) -> Coded:
    data = (grey.astype(">u2") * 257).tobytes()
    return _coded(grey, data, ColorSpace=Name.DeviceGray, BitsPerComponent=16)


def as_fax(grey: Grey) -> Coded:
    bits = bits_of(grey)
    parameters = Dictionary(K=-1, Columns=grey.shape[1], Rows=grey.shape[0])
    return _coded(grey, fax(bits), Filter=Name.CCITTFaxDecode, DecodeParms=parameters, **_BIT)


def as_jbig2(grey: Grey) -> Coded:
    return _coded(grey, jbig2(bits_of(grey)), Filter=Name.JBIG2Decode, **_BIT)


def as_bits(grey: Grey) -> Coded:
    return _coded(grey, packed_bits(bits_of(grey)), **_BIT)


def as_palette(grey: Grey) -> Coded:
    """Index 0 is white and 1 black, so that the bits are the other way round."""
    space = Array([Name.Indexed, Name.DeviceRGB, 1, pikepdf.String(b"\xff\xff\xff\0\0\0")])
    return _coded(grey, packed_bits(255 - bits_of(grey)), ColorSpace=space, BitsPerComponent=1)


def as_ink(grey: Grey) -> Coded:
    """A separation: more means darker."""
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[1], C1=[0], N=1)
    space = Array([Name.Separation, Name.Black, Name.DeviceGray, tint])
    return _coded(grey, jpeg(255 - grey), Filter=Name.DCTDecode, ColorSpace=space, BitsPerComponent=8)


def as_stencil(grey: Grey) -> Coded:
    """Paints black where a bit is 0."""
    return _coded(grey, packed_bits(bits_of(grey)), ImageMask=True, BitsPerComponent=1)
