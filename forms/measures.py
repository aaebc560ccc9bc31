"""The numbers of layout version 1, in one place: millimetres from the top left corner of the page.

What is printed with these numbers lies in drawers for years. A change to any of them that moves
a line, a corner mark or a code is a new layout version.
"""

from __future__ import annotations

VERSION = 1

PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0

MARGIN_MM = 12.0
"""Outer edge of the corner marks; copiers and printers cut up to about 6 mm."""
TAG_MM = 12.0
"""Side of a corner mark with its black border: 8 modules of 1.5 mm."""
TAG_IDS = (0, 1, 2, 3)
"""Top left, then clockwise."""

QR_MM = 20.0
"""Side of the QR code: 25 modules of 0.8 mm."""
QR_QUIET_MM = 3.2
"""Its quiet zone: 4 modules."""
QR_FROM_EDGE_MM = 30.0
"""From the side of the page to the QR code, so that a corner mark stands outside it."""
CODE_GAP_MM = 5.0
"""Between a QR code and its printed code."""
CODE_SIZE_PT = 10.0
CODE_WIDTH_MM = 50.0
"""Of the printed code: 18 characters and 5 blanks."""
CODE_HEIGHT_MM = 2.9
"""From the top of the capitals to the tail of the Q."""
CODE_BASELINE_MM = 2.5
"""From the top of the printed code's box to its baseline."""

LINE_LEFT_MM = 55.0
LINE_MM = 100.0
LINE_RIGHT_MM = LINE_LEFT_MM + LINE_MM
LINE_THICKNESS_MM = 0.35
TICK_MM = 5.0
"""Whole height of an end tick."""
ZONE_BESIDE_MM = 8.0
"""Kept free of other print beyond each end of a line."""
ZONE_ABOVE_MM = 11.0
"""Kept free of other print above and below a line."""

WORDS_LEFT_MM = 14.0
"""Outer edges of the words at the ends of a line."""
WORDS_RIGHT_MM = PAGE_WIDTH_MM - WORDS_LEFT_MM
WORDS_GAP_MM = 1.5
"""Between a zone and the words beside it."""

ITEMS_TOP_MM = 68.5
"""No item begins above this."""
ITEMS_BOTTOM_MM = 261.0
"""No item reaches below this."""
AIR_MAX_MM = 13.0
"""Left free above the first item when there is room."""
PITCH_MAX_MM = 46.0
"""From line to line when there is room."""
HEADING_COMPACT_MM = 4.9
"""Height of a small heading, above its zone."""
FIRST_AXIS_MM = ITEMS_TOP_MM + HEADING_COMPACT_MM + ZONE_ABOVE_MM
"""The highest place of a line."""
PITCH_MIN_MM = HEADING_COMPACT_MM + 2 * ZONE_ABOVE_MM
"""From line to line when it is as tight as it can be."""
