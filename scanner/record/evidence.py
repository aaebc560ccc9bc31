"""What was measured on a line, as JSON and back.

Stored evidence outlives the reader that measured it: it is decided again under later profiles.
A reader may measure more than an older one did; what it no longer knows is passed over, and
what the older one did not measure is an error that says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields
from enum import Enum
from typing import Any, TypeVar

from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind

Json = dict[str, Any]
T = TypeVar("T", Candidate, LineEvidence)


def candidates_to_json(reading: LineReading) -> list[Json]:
    return [_plain(asdict(candidate)) for candidate in reading.candidates]


def evidence_to_json(reading: LineReading) -> Json:
    plain: Json = _plain(asdict(reading.evidence))
    return plain


def line_reading(
    item: str, number: int, position_mm: float | None, candidates: list[Json], evidence: Json
) -> LineReading:
    """The reading as it was measured.

    Raises ValueError when it was measured by a reader that did not yet look at something that
    is needed now: the scan has to be read again.
    """
    return LineReading(
        item=item,
        number=number,
        position_mm=position_mm,
        candidates=tuple(_made(Candidate, {**c, "kind": MarkKind(c["kind"])}) for c in candidates),
        evidence=_made(LineEvidence, evidence),
    )


def _plain(value: Any) -> Any:
    """Numbers of numpy become Python's; what is not finite becomes null, for JSON has no word for it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool):
        return value
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and not math.isfinite(number):
        return None
    return number


def _made(kind: type[T], data: Json) -> T:
    known = fields(kind)
    missing = [f.name for f in known if f.name not in data and f.default is MISSING]
    if missing:
        raise ValueError(f"measured by an older reader, without {', '.join(missing)}: read the scan again")
    values = {f.name: data[f.name] for f in known if f.name in data}
    make: Callable[..., T] = kind
    return make(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
