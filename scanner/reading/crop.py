"""The picture of one line that is kept with its reading, for the person who settles it.

Every crop has the same geometry, however the sheet was printed and scanned: the printed line lies level
in the middle of its height, centred in its width, and is exactly `LINE_PX` long. So whoever shows
a crop knows where on it a place of the line is, without asking the record.
"""

from __future__ import annotations

import cv2
import numpy as np

from scanner.reading.strip import Strip

CROP_PX_PER_MM = 8.0
"""200 dpi: sharp on a screen, a few kilobytes each."""
LINE_PX = 100 * CROP_PX_PER_MM
"""Length of the printed line on every crop, as it was found between its ends."""


def crop_png(strip: Strip) -> bytes:
    """PNG of a line's zone, upright, grey; the same size for every scan, the line at the same place."""
    shrink = CROP_PX_PER_MM / strip.px_per_mm
    height, width = (round(side * shrink) for side in strip.grey.shape)
    # Pixel centres are whole numbers, so a line that is centred begins half a pixel before a whole one.
    left, middle = (width - LINE_PX) / 2 - 0.5, (height - 1) / 2
    across = (strip.found.right_px - strip.found.left_px) / LINE_PX
    to_strip = np.array(
        [
            [across, 0.0, strip.found.left_px - left * across],
            [0.0, 1 / shrink, strip.axis_row - middle / shrink],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = cv2.warpAffine(
        strip.grey, to_strip, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    # 32 greys are all that an eye tells apart, and make the file a quarter as large.
    plain = (np.asarray(small, dtype=np.uint8) & 0xF8) | 0x04
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    _, png = cv2.imencode(".png", plain, settings)
    return png.tobytes()
