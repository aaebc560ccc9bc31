"""Whether what a path names is the visitor's to see. What is not is not found, as if it were not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.model.scope import Scope
from scanner.record import Record, scopes
from scanner.review.access.visitor import Visitor

LONGEST_NUMBER = 18
"""Digits of the largest row number that every database can be asked for."""


def within_reach(record: Record, visitor: Visitor, parameters: Mapping[str, object]) -> bool:
    """Whether everything that the path leads to is of the visitor's units or cases."""
    scope = visitor.scope
    return all(
        _CHECKS[name](record, scope, str(value)) for name, value in parameters.items() if name in _CHECKS
    )


def number_of(text: str) -> int | None:
    """The row number that a part of a path names; None when it is none."""
    fits = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if fits else None


def _reading(record: Record, scope: Scope, text: str) -> bool:
    number = number_of(text)
    if number is None:
        return False
    return record.look(lambda connection: scopes.place_of_reading(connection, scope, number)) is not None


def _numbered(_record: Record, _scope: Scope, text: str) -> bool:
    """The record's own methods for these take the scope, and find nothing outside of it."""
    return number_of(text) is not None


_CHECKS: dict[str, Callable[[Record, Scope, str], bool]] = {
    "sheet_id": lambda record, scope, sheet_id: record.reaches_sheet(scope, sheet_id),
    "reading_id": _reading,
    "page_id": _numbered,
    "look_id": _numbered,
}
