"""What stands in the cells of tables, and in options: references, numbers, days, roles.

Every function takes the text without space around it and raises RowError, a ValueError in words for people,
when it cannot be what the column is for. Nothing in the text gives None, or no parts.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import TypeVar

from forms.instrument import Rater
from scanner.texts.row_error import RowError

E = TypeVar("E", bound=StrEnum)

MAX_TEXT = 120
"""Characters of a case, a subject or a unit."""

BETWEEN = re.compile(r"[\s,;/+|]+")
"""What may stand between several words in one cell."""


def text(name: str, given: str) -> str | None:
    """A reference or the name of a unit."""
    if len(given) > MAX_TEXT or not given.isprintable():
        raise RowError("too_long", name=name, most=MAX_TEXT)
    return given or None


def session(given: str) -> int | None:
    """The number of a meeting within its case."""
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", given) or int(given) < 1:
        raise RowError("session_number", given=repr(given))
    return int(given)


def day(name: str, given: str) -> date | None:
    """A day as yyyy-MM-dd."""
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        raise RowError("day_form", name=name, given=repr(given))
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise RowError("no_day", name=name, given=given) from error


def day_as_spoken(name: str, given: str) -> tuple[date | None, bool]:
    """A day as yyyy-MM-dd or, as Finns write it, d.M.yyyy; and whether it was the latter."""
    spoken = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", given)
    if spoken is None:
        return day(name, given), False
    number, month, year = (int(part) for part in spoken.groups())
    try:
        return date(year, month, number), True
    except ValueError as error:
        raise RowError("no_day", name=name, given=given) from error


def time_of_day(name: str, given: str) -> str | None:
    """A time as HH:MM, also when it was written as 9:30, 9.30 or 09:30:00."""
    if not given:
        return None
    parts = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})(?::[0-9]{2})?", given)
    if parts is None or int(parts[1]) > 23 or int(parts[2]) > 59:
        raise RowError("time_form", name=name, given=repr(given))
    return f"{int(parts[1]):02}:{parts[2]}"


def rater(given: str) -> str | None:
    """One role, in any case of letters."""
    known = [one.value for one in Rater]
    if given and given.lower() not in known:
        raise RowError("one_of", name="rater", known=", ".join(known), given=repr(given))
    return given.lower() or None


def several(given: str) -> tuple[str, ...]:
    """The words of a cell, in lower case, each once, in their order."""
    return tuple(dict.fromkeys(word.lower() for word in BETWEEN.split(given) if word))


def roles(name: str, given: str, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Several roles of those that are known here."""
    words = several(given)
    for word in words:
        if word not in known:
            raise RowError("only_of", name=name, known=", ".join(known), given=repr(word))
    return words or None


def one_of(name: str, given: str, kind: type[E]) -> E | None:
    """A word of a closed list; spaces and hyphens in it count as underscores."""
    if not given:
        return None
    try:
        return kind(re.sub(r"[\s-]+", "_", given.lower()))
    except ValueError:
        raise RowError("one_of", name=name, known=", ".join(kind), given=repr(given)) from None


RATERS = tuple(one.value for one in Rater)
OWN = tuple(one for one in RATERS if one not in ("self", "professional"))
"""Who may fill in sheets about themselves beside the client."""
