"""What a form says of a mark, as the record wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scanner.model.score import LINE_MM, printed_position
from scanner.record import MissingReason, WaitingMark

TYPED = re.compile(r"[0-9]{1,2}([.,][0-9]{0,4})?")
MISSING = {reason.value: reason for reason in MissingReason}


class NotToldError(ValueError):
    """The form says nothing that could be recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A decision that was asked for."""

    verdict: str
    """As the form has it: `accept`, `place`, `at:<mm>`, `take:<reading>`, or why there is no value."""
    place: str
    """As it was typed; empty where the verdict says it all."""
    revision: int
    """Which state the person looked at."""
    reading_id: int | None

    @classmethod
    def by(cls, form: Mapping[str, str]) -> Told:
        """From the fields of a form. Raises NotToldError when they are none of ours."""
        return cls(
            verdict=form.get("verdict", ""),
            place=form.get("place", ""),
            revision=_whole(form.get("revision", "")),
            reading_id=_whole(form["reading"]) if form.get("reading") else None,
        )

    def value(self, mark: WaitingMark) -> Decimal | MissingReason:
        """What is to be recorded: a place in millimetres, three decimals, or why there is none.

        Raises NotToldError when the form names no place, or there is nothing to accept.
        """
        if self.verdict in MISSING:
            return MISSING[self.verdict]
        if self.verdict == "place":
            return typed_place(self.place)
        kind, _, rest = self.verdict.partition(":")
        if kind == "at":
            return _millimetres(rest)
        if kind == "take":
            return self._of_reading(mark, _whole(rest))
        if self.verdict == "accept" and mark.position_mm is not None:
            return mark.position_mm
        raise NotToldError(f"{self.verdict!r} is no decision")

    def _of_reading(self, mark: WaitingMark, reading_id: int) -> Decimal | MissingReason:
        for line in mark.readings:
            if line.reading_id == reading_id:
                return MissingReason.BLANK if line.position_mm is None else printed_position(line.position_mm)
        raise NotToldError(f"{reading_id} is no reading of this mark")


def blind_value(form: Mapping[str, str]) -> Decimal | MissingReason:
    """What the form of a second look says: a place in millimetres, or why there is none.

    Raises NotToldError for anything else.
    """
    verdict = form.get("verdict", "")
    return MISSING[verdict] if verdict in MISSING else typed_place(form.get("place", ""))


def typed_place(text: str) -> Decimal:
    """The place in millimetres that somebody typed as a score, from 0 to 10 with a point or a comma.

    Raises NotToldError for anything else.
    """
    plain = text.strip()
    if not TYPED.fullmatch(plain):
        raise NotToldError(f"{text!r} is no place on the line")
    return _millimetres(str(Decimal(plain.replace(",", ".")) * 10))


def _millimetres(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{0,5})?", text) or Decimal(text) > LINE_MM:
        raise NotToldError(f"{text!r} is no place on the line")
    return printed_position(float(text))


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise NotToldError(f"{text!r} is no number")
    return int(text)
