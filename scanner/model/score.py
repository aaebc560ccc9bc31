"""From a position on the line to a score, the way it is printed and the way it is rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

LINE_MM = Decimal(100)
_THOUSANDTH = Decimal("0.001")
_TENTH = Decimal("0.1")


def printed_position(position_mm: float) -> Decimal:
    """A position clamped to the line, in millimetres with three decimals, half up."""
    position = Decimal(repr(float(position_mm)))
    # Adding zero takes the sign off a negative zero.
    return (min(max(position, Decimal(0)), LINE_MM) + 0).quantize(_THOUSANDTH, ROUND_HALF_UP)


def score_of(position_mm: float) -> Decimal:
    """The item's score, 0.0 to 10.0, half up, from the position as it is printed."""
    return (printed_position(position_mm) / 10).quantize(_TENTH, ROUND_HALF_UP)
