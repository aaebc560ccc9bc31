"""How a PDF stream is coded, and how long it is unpacked: found out without unpacking all of it."""

from __future__ import annotations

import zlib

import pikepdf

from scanner.pages.facts import too_large

_STEP_BYTES = 1 << 20
_PLAIN_SPACES = {"/DeviceGray": 1, "/G": 1, "/CalGray": 1, "/DeviceRGB": 3, "/RGB": 3, "/CalRGB": 3}
"""Colour spaces in which more means lighter, and their number of components."""


def filters_of(stream: pikepdf.Object) -> list[str]:
    """Names of a stream's filters, outermost first."""
    named = stream.get("/Filter")
    if named is None:
        return []
    return [str(named)] if isinstance(named, pikepdf.Name) else [str(name) for name in named]


def unpacked_length(stream: pikepdf.Stream, limit: int) -> int | None:
    """Length of a stream's content; None when only a viewer could tell.

    Raises:
        UnreadableError: `too_large` as soon as it grows above `limit` bytes.
    """
    filters = filters_of(stream)
    if len(filters) > 1 or (filters and filters[0] not in ("/FlateDecode", "/Fl")):
        return None
    raw = stream.read_raw_bytes()
    if not filters:
        length = len(raw)
    else:
        unpacker = zlib.decompressobj()
        length, rest = 0, raw
        while rest and length <= limit and not unpacker.eof:
            length += len(unpacker.decompress(rest, _STEP_BYTES))
            rest = unpacker.unconsumed_tail
    if length > limit:
        raise too_large(f"A PDF page with more than {limit} bytes of drawing instructions in one part.")
    return length


def plain_components(image: pikepdf.Object) -> int:
    """Components of a picture's colour space if it can be read as it is; 0 for any other."""
    space = image.get("/ColorSpace", image.get("/CS"))
    if isinstance(space, pikepdf.Array) and len(space):
        if space[0] == pikepdf.Name.ICCBased:
            count = int(space[1].get("/N", 0))
            return count if count in (1, 3) else 0
        space = space[0]
    return _PLAIN_SPACES.get(str(space), 0)


def has_pictures(resources: pikepdf.Object) -> bool:
    """Whether a page's resources hold anything to paint, shown or not."""
    things = resources.get("/XObject", pikepdf.Dictionary())
    return any(isinstance(things[name], pikepdf.Stream) for name in things.keys())  # noqa: SIM118
