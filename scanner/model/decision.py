"""What was decided on one line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from scanner.model.reading import LineReading


class Verdict(StrEnum):
    """What the reader alone makes of a line."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    """A person must look; `LineReading.position_mm` is only a proposal."""


class Status(StrEnum):
    """Where a line stands for the user: the verdict, or what a person made of it."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    MISSING = "missing"


class Reason(StrEnum):
    """Why a line went to a person, or what is worth knowing of an accepted one."""

    BLANK = "blank"
    FAINT = "faint"
    MULTIPLE = "multiple"
    STRUCK_OUT = "struck_out"
    OFF_LINE = "off_line"
    PAST_END = "past_end"
    ON_END = "on_end"
    WIDE = "wide"
    RANGE = "range"
    SCRIBBLE = "scribble"
    TEXT = "text"
    CIRCLE = "circle"
    TICK = "tick"
    STREAK = "streak"
    GEOMETRY = "geometry"
    SCALE = "scale"
    LOW_CONFIDENCE = "low_confidence"
    CONFLICT = "conflict"
    """This sheet was read before, with another mark here; set by intake, never by the reader."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Pure outcome of a reading under a profile."""

    reading: LineReading
    verdict: Verdict
    score: Decimal | None
    """One decimal; None unless accepted."""
    reasons: tuple[Reason, ...]
    confidence: float | None
    """Probability that the position is within 1 mm of what the person meant; None until calibrated."""
