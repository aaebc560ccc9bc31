"""A JBIG2 stream as it stands inside a PDF, arithmetic coded, for small pictures.

Page information and one immediate generic region (ITU-T T.88, 7.4.8 and 7.4.6) with template 0, coded by
the MQ coder of its annex E. Written for the tests, because no packaged program makes such streams.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_QE = (
    *((0x5601, 1, 1, 1), (0x3401, 2, 6, 0), (0x1801, 3, 9, 0), (0x0AC1, 4, 12, 0), (0x0521, 5, 29, 0)),
    *((0x0221, 38, 33, 0), (0x5601, 7, 6, 1), (0x5401, 8, 14, 0), (0x4801, 9, 14, 0), (0x3801, 10, 14, 0)),
    *(
        (0x3001, 11, 17, 0),
        (0x2401, 12, 18, 0),
        (0x1C01, 13, 20, 0),
        (0x1601, 29, 21, 0),
        (0x5601, 15, 14, 1),
    ),
    *(
        (0x5401, 16, 14, 0),
        (0x5101, 17, 15, 0),
        (0x4801, 18, 16, 0),
        (0x3801, 19, 17, 0),
        (0x3401, 20, 18, 0),
    ),
    *(
        (0x3001, 21, 19, 0),
        (0x2801, 22, 19, 0),
        (0x2401, 23, 20, 0),
        (0x2201, 24, 21, 0),
        (0x1C01, 25, 22, 0),
    ),
    *(
        (0x1801, 26, 23, 0),
        (0x1601, 27, 24, 0),
        (0x1401, 28, 25, 0),
        (0x1201, 29, 26, 0),
        (0x1101, 30, 27, 0),
    ),
    *(
        (0x0AC1, 31, 28, 0),
        (0x09C1, 32, 29, 0),
        (0x08A1, 33, 30, 0),
        (0x0521, 34, 31, 0),
        (0x0441, 35, 32, 0),
    ),
    *(
        (0x02A1, 36, 33, 0),
        (0x0221, 37, 34, 0),
        (0x0141, 38, 35, 0),
        (0x0111, 39, 36, 0),
        (0x0085, 40, 37, 0),
    ),
    *(
        (0x0049, 41, 38, 0),
        (0x0025, 42, 39, 0),
        (0x0015, 43, 40, 0),
        (0x0009, 44, 41, 0),
        (0x0005, 45, 42, 0),
    ),
    *((0x0001, 45, 43, 0), (0x5601, 46, 46, 0)),
)
"""Table E.1: probability, next state after the more and the less probable symbol, switch."""

_NEIGHBOURS = (
    *((-1, 0), (-2, 0), (-3, 0), (-4, 0), (3, -1), (2, -1), (1, -1), (0, -1), (-1, -1), (-2, -1), (-3, -1)),
    *((2, -2), (1, -2), (0, -2), (-1, -2), (-2, -2)),
)
"""Template 0 with its adaptive pixels where they nominally stand (figure 3)."""
_ADAPTIVE = bytes((3, 0xFF, 0xFD, 0xFF, 2, 0xFE, 0xFE, 0xFE))


class _Coder:
    """The encoder of annex E.2, with the procedures' own names and registers."""

    def __init__(self) -> None:
        self.a, self.c, self.count = 0x8000, 0, 12
        self.out = bytearray(1)
        self.state: dict[int, tuple[int, int]] = {}

    def encode(self, context: int, bit: int) -> None:
        index, likely = self.state.get(context, (0, 0))
        chance, after_more, after_less, switch = _QE[index]
        self.a -= chance
        if bit == likely:
            if self.a & 0x8000:
                self.c += chance
                return
            if self.a < chance:
                self.a = chance
            else:
                self.c += chance
            self.state[context] = (after_more, likely)
        else:
            if self.a < chance:
                self.c += chance
            else:
                self.a = chance
            self.state[context] = (after_less, 1 - likely if switch else likely)
        self._renormalise()

    def _renormalise(self) -> None:
        while True:
            self.a <<= 1
            self.c <<= 1
            self.count -= 1
            if self.count == 0:
                self._byte_out()
            if self.a & 0x8000:
                return

    def _byte_out(self) -> None:
        if self.out[-1] != 0xFF and self.c >= 0x8000000:
            self.out[-1] += 1
            self.c &= 0x7FFFFFF
        if self.out[-1] == 0xFF:
            self.out.append((self.c >> 20) & 0xFF)
            self.c &= 0xFFFFF
            self.count = 7
        else:
            self.out.append((self.c >> 19) & 0xFF)
            self.c &= 0x7FFFF
            self.count = 8

    def finish(self) -> bytes:
        highest = self.c + self.a
        self.c |= 0xFFFF
        if self.c >= highest:
            self.c -= 0x8000
        for _ in range(2):
            self.c <<= self.count
            self._byte_out()
        if self.out[-1] != 0xFF:
            self.out.append(0xFF)
        self.out.append(0xAC)
        return bytes(self.out[1:])


def jbig2(bits: NDArray[np.uint8]) -> bytes:
    """A stream that shows `bits` (0 black, 255 white)."""
    height, width = bits.shape
    black = np.pad((bits == 0).astype(int), ((2, 0), (4, 4))).tolist()
    coder = _Coder()
    for y in range(height):
        for x in range(width):
            context = 0
            for dx, dy in _NEIGHBOURS:
                context = context << 1 | black[y + 2 + dy][x + 4 + dx]
            coder.encode(context, black[y + 2][x + 4])
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 0) + _ADAPTIVE + coder.finish()
    return _segment(0, 48, page) + _segment(1, 38, region)


def _segment(number: int, kind: int, content: bytes) -> bytes:
    return struct.pack(">IBBBI", number, kind, 0, 1, len(content)) + content
