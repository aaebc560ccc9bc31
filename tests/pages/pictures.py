"""Small pictures of which every corner differs, coded in every way that scanners know.

What is written here comes from bytes or from a library other than the one that reads it, wherever that
is possible, so that a writer and a reader that err alike do not agree by accident.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]


def chart(width: int = 64, height: int = 48) -> Grey:
    """White paper with a black block top left, a grey one top right and a thin bar at the bottom left."""
    grey = np.full((height, width), 255, np.uint8)
    grey[: height // 4, : width // 4] = 0
    grey[: height // 3, -width // 5 :] = 96
    grey[-height // 8 :, : width // 2] = 0
    return grey


def bits_of(grey: Grey) -> Grey:
    """The chart as a bilevel scan: 0 or 255."""
    return np.where(grey > 128, 255, 0).astype(np.uint8)


def same(found: Grey, expected: Grey, tolerance: float = 0.0) -> bool:
    """Whether two pictures agree: in shape, and on average within `tolerance` grey levels."""
    if found.shape != expected.shape:
        return False
    difference = np.abs(found.astype(int) - expected.astype(int))
    return bool(difference.max() <= 48 + tolerance and difference.mean() <= tolerance)


def alike(found: Grey, expected: Grey, tolerance: float = 10.0) -> bool:
    """Whether a rendered page of whatever resolution shows the expected picture."""
    shrunk = cv2.resize(found, (expected.shape[1], expected.shape[0]), interpolation=cv2.INTER_AREA)
    return float(np.abs(shrunk.astype(int) - expected.astype(int)).mean()) <= tolerance


def pillow_bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def jpeg(grey: Grey, **options: object) -> bytes:
    return pillow_bytes(Image.fromarray(grey), "JPEG", **{"quality": 92, **options})


def colour_jpeg(grey: Grey, **options: object) -> bytes:
    return pillow_bytes(Image.fromarray(grey).convert("RGB"), "JPEG", **{"quality": 92, **options})


def cmyk_jpeg(grey: Grey) -> bytes:
    """As Adobe's programs write it: inverted, with a marker that says so."""
    return pillow_bytes(Image.fromarray(grey).convert("CMYK"), "JPEG", quality=95)


def jpeg2000(grey: Grey) -> bytes:
    return pillow_bytes(Image.fromarray(grey), "JPEG2000")


def fax(bits: Grey, group: int = 4) -> bytes:
    """Bare T.6 or one-dimensional T.4 data in which black is black (the sense of TIFF's WhiteIsZero)."""
    tags = {262: 0, 278: bits.shape[0]}
    packed = pillow_bytes(Image.fromarray(bits > 128), "TIFF", compression=f"group{group}", tiffinfo=tags)
    directory = Image.open(io.BytesIO(packed)).tag_v2  # type: ignore[attr-defined]
    assert directory[262] == 0
    assert len(directory[273]) == 1
    start, length = directory[273][0], directory[279][0]
    return packed[start : start + length]


def png(
    width: int, height: int, depth: int, colour_type: int, rows: bytes, *extra: tuple[bytes, bytes]
) -> bytes:
    """A PNG from bare samples; `extra` chunks go between header and data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    stride = (width * depth * channels + 7) // 8
    filtered = b"".join(b"\0" + rows[y * stride : (y + 1) * stride] for y in range(height))
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(filtered)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, content) for kind, content in chunks)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@dataclass(frozen=True)
class TiffPicture:
    """One TIFF page: picture data in strips, and the tags that describe it."""

    width: int
    height: int
    strips: Sequence[bytes]
    bits: Sequence[int] = (8,)
    photometric: int = 1
    compression: int = 1
    dpi: int | None = 100
    subfile: int = 0
    rows_per_strip: int = 0
    more: dict[int, tuple[int, Sequence[int]]] = field(default_factory=dict)
    """Further tags: number to type and values."""

    def tags(self) -> dict[int, tuple[int, Sequence[int]]]:
        tags: dict[int, tuple[int, Sequence[int]]] = {
            254: (4, [self.subfile]),
            256: (4, [self.width]),
            257: (4, [self.height]),
            258: (3, list(self.bits)),
            259: (3, [self.compression]),
            262: (3, [self.photometric]),
            277: (3, [len(self.bits)]),
            278: (4, [self.rows_per_strip or self.height]),
            279: (4, [len(strip) for strip in self.strips]),
        }
        if self.dpi:
            tags |= {282: (5, [self.dpi, 1]), 283: (5, [self.dpi, 1]), 296: (3, [2])}
        return tags | self.more


def tiff(
    pictures: Sequence[TiffPicture], order: str = "<", *, big: bool = False, loop: bool = False
) -> bytes:
    """A TIFF written byte by byte; with `loop`, its last page points back to the first."""
    word = "Q" if big else "I"
    out = bytearray(b"II" if order == "<" else b"MM")
    out += struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 0) if big else (42, 0)))
    link = len(out) - struct.calcsize(word)
    first = 0
    for picture in pictures:
        offsets = []
        for strip in picture.strips:
            offsets.append(len(out))
            out += strip + b"\0" * (len(strip) % 2)
        fields = []
        for tag, (kind, values) in sorted((picture.tags() | {273: (4, offsets)}).items()):
            raw = struct.pack(order + str(len(values)) + {3: "H", 4: "I", 5: "I", 16: "Q"}[kind], *values)
            if len(raw) > struct.calcsize(word):
                place = len(out)
                out += raw
                raw = struct.pack(order + word, place)
            count = len(values) // (2 if kind == 5 else 1)
            fields.append(
                struct.pack(order + "HH" + word, tag, kind, count) + raw.ljust(struct.calcsize(word), b"\0")
            )
        directory = len(out)
        first = first or directory
        struct.pack_into(order + word, out, link, directory)
        out += struct.pack(order + ("Q" if big else "H"), len(fields)) + b"".join(fields)
        link = len(out)
        out += struct.pack(order + word, 0)
    if loop:
        struct.pack_into(order + word, out, link, first)
    return bytes(out)


def grey_tiff(grey: Grey, **options: object) -> bytes:
    """One uncompressed grey page."""
    height, width = grey.shape
    return tiff([TiffPicture(width, height, [grey.tobytes()], **options)])  # type: ignore[arg-type]


def packed_bits(bits: Grey) -> bytes:
    """One bit a pixel, 1 for white, rows padded to whole bytes."""
    return np.packbits(bits > 128, axis=1).tobytes()
