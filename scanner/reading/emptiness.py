"""Tell the blank back of a duplex scan from a page that somebody wrote on."""

from __future__ import annotations

import cv2
import numpy as np

from scanner.model.page import GreyPixels

SMALL_WIDTH_PX = 840
"""An A4 page at about 100 dpi: dust averages away, a pen stroke does not."""
INK_LEVELS = 50
"""How much darker than the paper around it ink is. Show-through from the front is fainter."""
EDGE_SHARE = 0.08
"""Border left out on every side: shadows, punch holes and staples are there."""
MAX_INK_SHARE = 1.5e-4
"""Share of dark pixels below which nothing is written: nine square millimetres of an A4 page."""
MIN_PAPER = 110
"""Grey of the darkest paper. A page darker than this as a whole is no blank page, but a broken picture."""
STREAK_SHARE = 0.5
"""A column or row that is dark on more than this share of the page is a streak of the scanner."""


def is_empty(pixels: GreyPixels) -> bool:
    """Whether the page carries no ink, leaving out its edges and the scanner's streaks."""
    height, width = pixels.shape
    factor = min(1.0, SMALL_WIDTH_PX / min(height, width))
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    edge_y, edge_x = (int(side * EDGE_SHARE) for side in small.shape)
    inner = small[edge_y : small.shape[0] - edge_y, edge_x : small.shape[1] - edge_x]
    if float(np.median(inner)) < MIN_PAPER:
        return False
    paper = cv2.blur(cv2.dilate(inner, np.ones((9, 9), np.uint8)), (31, 31))
    ink = paper.astype(np.int16) - inner.astype(np.int16) > INK_LEVELS
    ink[:, ink.mean(axis=0) > STREAK_SHARE] = False
    ink[ink.mean(axis=1) > STREAK_SHARE, :] = False
    return bool(ink.mean() < MAX_INK_SHARE)
