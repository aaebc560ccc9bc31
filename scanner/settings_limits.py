"""How much one file, one page and one reading process may cost before they are given up.

Every number here can be lifted; the consequence of doing so stands beside it. Sizes are checked
before anything is decoded, time and memory while it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on hostile or broken input. The defaults read what an office scanner can produce."""

    file_bytes: int = 4 * 1024**3
    """A larger file is refused as `too_large` without being looked into. Files are read page by page,
    so that lifting it costs disk, not memory."""

    pages: int = 2_000
    """A file that says it has more pages is refused whole as `too_large`. Lifting it only costs time."""

    page_pixels: int = 120_000_000
    """A page of more pixels is refused as `too_large` before it is decoded. A3 at 600 dpi has 70 million.
    A colour page takes up to 12 bytes a pixel while it is decoded, a transparent one 16: lift
    `memory_mb` with it."""

    drawing_bytes: int = 32 * 1024**2
    """Unpacked drawing instructions of one PDF page. A scan has a few hundred bytes, with a text layer
    some ten thousand; a page with more than this is refused as `too_large` before it is drawn."""

    page_seconds: float = 30.0
    """A page that takes longer to decode and read, by the clock, is given up as `timeout`. Most take a
    tenth of a second, one whose code must be read by OCR some seconds."""

    memory_mb: int = 270
    """Address space that a reading process may take, beyond what it holds when it is ready, for a page that
    is read while no other one is. A colour page of A4 at 600 dpi takes 250 where it is no JPEG. A page that
    wants more is refused as `too_large`, or as `crashed` where a library cannot say so."""

    memory_beside_mb: int = 128
    """The same while other processes are at work. A page for which it may have been too little is tried once
    more, alone. Lift it where many pages are larger than 300 dpi and memory is plenty."""

    lost_pages: int = 3
    """After so many pages of one file have crashed or timed out, the rest of that file is not tried:
    a hostile file costs at most this many times `page_seconds`."""
