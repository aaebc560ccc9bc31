"""Where the pages and their picture data stand in a TIFF, read before any decoding.

A TIFF is a chain of image file directories (IFDs), each a list of tagged values; see TIFF 6.0,
section 2, and the BigTIFF extension with its 64 bit offsets. A file torn off in the middle of a
copy often has a whole directory but not the strips that it points to, so every strip and tile is
held against the file's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from scanner.pages.facts import damaged, too_large, torn

_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_TYPE_SIZES = {**_TYPE_SIZES, 16: 8, 17: 8, 18: 8}
_WHOLE_NUMBERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}

_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 259, 262
_STRIPS = (273, 279)
_TILES = (324, 325)
_OLD_JPEG = (513, 514)
_MOST_PIECES = 1 << 20
"""Strips or tiles of one page: a strip for each of the 65,000 rows of the longest page, and to spare."""
_MOST_TAGS = 4096


@dataclass(frozen=True, slots=True)
class TiffPage:
    """One directory that holds a page, not a thumbnail or a mask."""

    frame: int
    """Place in the chain of directories, counting from 0, thumbnails included."""
    width_px: int
    height_px: int
    compression: int
    """As in tag 259: 1 none, 4 fax group 4."""
    white_is_zero: bool
    stored_bytes: int
    """Bytes of coded picture data."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers are written in this file."""

    order: Literal["little", "big"]
    big: bool

    @property
    def entry_bytes(self) -> int:
        return 20 if self.big else 12

    @property
    def value_bytes(self) -> int:
        return 8 if self.big else 4

    def number(self, raw: bytes) -> int:
        return int.from_bytes(raw, self.order)


def tiff_pages(file: BinaryIO, size_bytes: int, most_pages: int) -> tuple[TiffPage, ...]:
    """Every page of the file, in order.

    Thumbnails (reduced-resolution subfiles) and masks are passed over, unless there is nothing else.

    Raises:
        UnreadableError: `torn` when a directory or a strip lies outside the file, `damaged` when the chain of
            directories runs in a circle or a directory makes no sense, `too_large` above `most_pages`.
    """
    pages: list[TiffPage] = []
    others: list[TiffPage] = []
    for frame, (layout, tags) in enumerate(_directories(file, size_bytes)):
        page = _page(file, size_bytes, frame, layout, tags)
        subfile = _value(file, size_bytes, layout, tags, _SUBFILE, 0)
        (others if subfile & 0b101 else pages).append(page)
        if len(pages) > most_pages or len(others) > most_pages:
            raise too_large(f"A TIFF of more than {most_pages} pages.")
    return tuple(pages or others)


_Tags = dict[int, tuple[int, int, bytes]]
"""Tag to type, count and the value field."""


def _directories(file: BinaryIO, size_bytes: int) -> Iterator[tuple[_Layout, _Tags]]:
    header = _read(file, size_bytes, 0, 8)
    order: Literal["little", "big"] = "little" if header[:2] == b"II" else "big"
    layout = _Layout(order, int.from_bytes(header[2:4], order) == 43)
    if layout.big:
        header += _read(file, size_bytes, 8, 8)
    offset = layout.number(header[8:16] if layout.big else header[4:8])
    if not offset:
        raise damaged("A TIFF without pages.")
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise damaged("The pages of this TIFF point to each other in a circle.")
        seen.add(offset)
        tags, offset = _directory(file, size_bytes, layout, offset)
        yield layout, tags


def _directory(file: BinaryIO, size_bytes: int, layout: _Layout, offset: int) -> tuple[_Tags, int]:
    """The tags at `offset`, and the offset of the next directory (0 for none)."""
    count_bytes = 8 if layout.big else 2
    count = layout.number(_read(file, size_bytes, offset, count_bytes))
    if not 0 < count <= _MOST_TAGS:
        raise damaged(f"A TIFF directory of {count} entries.")
    length = count * layout.entry_bytes
    raw = _read(file, size_bytes, offset + count_bytes, length + layout.value_bytes)
    tags: _Tags = {}
    for start in range(0, length, layout.entry_bytes):
        entry = raw[start : start + layout.entry_bytes]
        number_end = 4 + layout.value_bytes
        tags.setdefault(
            layout.number(entry[:2]),
            (layout.number(entry[2:4]), layout.number(entry[4:number_end]), entry[number_end:]),
        )
    return tags, layout.number(raw[length:])


def _page(file: BinaryIO, size_bytes: int, frame: int, layout: _Layout, tags: _Tags) -> TiffPage:
    def one(tag: int, default: int) -> int:
        return _value(file, size_bytes, layout, tags, tag, default)

    stored = 0
    pieces = 0
    for offset_tag, length_tag in (_STRIPS, _TILES, _OLD_JPEG):
        offsets = _values(file, size_bytes, layout, tags, offset_tag)
        lengths = _values(file, size_bytes, layout, tags, length_tag)
        pieces += len(offsets)
        known = min(len(offsets), len(lengths))
        ends = offsets[:known].astype(np.float64) + lengths[:known].astype(np.float64)
        if (offsets > size_bytes).any() or (ends > size_bytes).any():
            raise torn("A TIFF ends before the pictures that it announces.")
        stored += int(lengths.sum())
    if not pieces:
        raise damaged("A TIFF page without picture data.")
    return TiffPage(
        frame=frame,
        width_px=one(_WIDTH, 0),
        height_px=one(_HEIGHT, 0),
        compression=one(_COMPRESSION, 1),
        white_is_zero=one(_PHOTOMETRIC, 1) == 0,
        stored_bytes=stored,
    )


def _value(file: BinaryIO, size_bytes: int, layout: _Layout, tags: _Tags, tag: int, default: int) -> int:
    values = _values(file, size_bytes, layout, tags, tag)
    return int(values[0]) if len(values) else default


def _values(file: BinaryIO, size_bytes: int, layout: _Layout, tags: _Tags, tag: int) -> NDArray[np.uint64]:
    """All whole numbers of a tag; none when the file has no such tag, or it is of another type."""
    kind, count, field = tags.get(tag, (0, 0, b""))
    sizes = _BIG_TYPE_SIZES if layout.big else _TYPE_SIZES
    if kind not in _WHOLE_NUMBERS or kind not in sizes or not count:
        return np.zeros(0, np.uint64)
    if count > _MOST_PIECES:
        raise damaged(f"A TIFF tag of {count} values.")
    length = count * sizes[kind]
    if length <= layout.value_bytes:
        raw = field[:length]
    else:
        raw = _read(file, size_bytes, layout.number(field), length)
    order = "<" if layout.order == "little" else ">"
    return np.frombuffer(raw, order + _WHOLE_NUMBERS[kind]).astype(np.uint64)


def _read(file: BinaryIO, size_bytes: int, offset: int, length: int) -> bytes:
    """Exactly `length` bytes; what lies outside the file was torn off."""
    if offset + length > size_bytes:
        raise torn("A TIFF ends before its list of pages does.")
    file.seek(offset)
    raw = file.read(length)
    if len(raw) < length:
        raise torn("A TIFF ends before its list of pages does.")
    return raw
