"""Whether what a path names is the visitor's to see. What is not is not found, as if it were not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.record import Record, scopes
from scanner.review.access.visitor import Visitor

LONGEST_NUMBER = 18
"""Digits of the largest row number that every database can be asked for."""


def within_reach(record: Record, visitor: Visitor, parameters: Mapping[str, object]) -> bool:
    """Whether everything that the path leads to is of the visitor's units or cases."""
    return all(
        _CHECKS[name](record, visitor, str(value)) for name, value in parameters.items() if name in _CHECKS
    )


def number_of(text: str) -> int | None:
    """The row number that a part of a path names; None when it is none."""
    fits = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if fits else None


def _sheet(record: Record, visitor: Visitor, text: str) -> bool:
    return record.reaches_sheet(visitor.scope, text)


def _reading(record: Record, visitor: Visitor, text: str) -> bool:
    number = number_of(text)
    if number is None:
        return False
    return (
        record.look(lambda connection: scopes.place_of_reading(connection, visitor.scope, number)) is not None
    )


def _page(record: Record, visitor: Visitor, text: str) -> bool:
    number = number_of(text)
    return number is not None and record.seen_page(visitor.scope, number) is not None


def _look(record: Record, visitor: Visitor, text: str) -> bool:
    """Also of somebody who may be asked: whoever had a hand in a value does not look at it again."""
    number = number_of(text)
    if number is None or number == 0:
        return False
    next_ones = record.second_looks(visitor.scope, actor=visitor.name, after=number - 1, limit=1)
    return any(look.look_id == number for look in next_ones)


_CHECKS: dict[str, Callable[[Record, Visitor, str], bool]] = {
    "sheet_id": _sheet,
    "reading_id": _reading,
    "page_id": _page,
    "look_id": _look,
}
