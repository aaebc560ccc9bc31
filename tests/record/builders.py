"""Sheets and readings to put into a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from hypothesis import settings

from forms.definition import load_library
from forms.identifier import SheetId
from forms.layout import FormLayout, compute_layout
from scanner.intake.commit import Committed, commit_page
from scanner.model.decision import Decision, Reason, Verdict
from scanner.model.page import PageSource
from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind
from scanner.model.result import Mapping, SheetResult
from scanner.model.score import score_of
from scanner.model.sheet import SheetPurpose
from scanner.record import NewSheet, Record, ScanFile, Sighting

T = TypeVar("T", Candidate, LineEvidence)

QUICK = settings(derandomize=True, max_examples=50, deadline=None, database=None)
"""How property tests run here: the same examples each time, and however slow the machine is."""

PRINTED_AT = datetime(2026, 3, 2, 7, 30, 0, 120, tzinfo=UTC)
READER = "1.2.3"
ITEMS = ("individual", "interpersonal", "social", "overall")
FULL = SheetPurpose(
    case="A-17", session=3, session_date=date(2026, 3, 2), subject="child", rater="mother", unit="North"
)


@cache
def layout(language: str = "fi") -> FormLayout:
    return compute_layout(load_library()["ors"], language)


def new_sheet(purpose: SheetPurpose = FULL, language: str = "fi") -> NewSheet:
    return NewSheet(
        sheet_id=SheetId.new().text,
        instrument="ors",
        version=1,
        language=language,
        layout=layout(language),
        purpose=purpose,
    )


def printed(record: Record, *purposes: SheetPurpose) -> list[str]:
    """Sheets for these purposes, registered; their identifiers."""
    sheets = [new_sheet(purpose) for purpose in purposes or (FULL,)]
    record.register(sheets, printed_at=PRINTED_AT, actor="anna")
    return [sheet.sheet_id for sheet in sheets]


def measured(model: type[T], /, **known: Any) -> T:
    """A measured thing of which a test cares for a few fields only; the others are 0 or empty."""
    zeros: dict[str, Any] = {"float": 0.0, "int": 0, "bool": False, "float | None": None}
    unknown = {f.name: zeros.get(str(f.type), ()) for f in fields(model) if f.name not in known}
    make: Any = model
    made: T = make(**unknown, **known)
    return made


def line(item: str, *places: float | tuple[MarkKind, float]) -> LineReading:
    """A line with marks at these places, the leading one first."""
    marks = [place if isinstance(place, tuple) else (MarkKind.STROKE, place) for place in places]
    return LineReading(
        item=item,
        number=ITEMS.index(item) + 1,
        position_mm=min(max(marks[0][1], 0.0), 100.0) if marks else None,
        candidates=tuple(measured(Candidate, kind=kind, position_mm=place) for kind, place in marks),
        evidence=measured(LineEvidence, length_ratio=1.001),
    )


def accepted(item: str, place: float, *, confidence: float | None = None) -> Decision:
    reading = line(item, place)
    return Decision(reading, Verdict.ACCEPTED, score_of(place), (), confidence)


def doubtful(item: str, *places: float | tuple[MarkKind, float], reasons: Sequence[Reason] = ()) -> Decision:
    why = tuple(reasons) or ((Reason.MULTIPLE,) if places else (Reason.BLANK,))
    return Decision(line(item, *places), Verdict.REVIEW, None, why, None)


def decisions(*places: float | None) -> tuple[Decision, ...]:
    """One accepted mark for each item from the top; None for a blank line."""
    pairs = zip(ITEMS, places, strict=False)
    return tuple(doubtful(item) if place is None else accepted(item, place) for item, place in pairs)


def scan(record: Record, name: str = "stack.pdf", *, content: str | None = None, pages: int = 1) -> str:
    """A file that was taken in; its digest."""
    digest = sha256((content or name).encode()).hexdigest()
    file = ScanFile(sha256=digest, size_bytes=4096, media="pdf")
    record.take(file, Sighting(name=name.encode()), actor="anna")
    record.set_pages(digest, pages, actor="anna")
    return digest


def result(
    sheet_id: str,
    lines: Sequence[Decision],
    *,
    digest: str,
    page: int = 1,
    reader_version: str = READER,
) -> SheetResult:
    return SheetResult(
        source=PageSource(digest, "stack.pdf", page),
        sheet_id=sheet_id,
        turn=180,
        mapping=Mapping((11.8, 0.0, 3.0, 0.0, 11.8, 4.0, 0.0, 0.0, 1.0)),
        residual_mm=0.05,
        decisions=tuple(lines),
        profile_id="plain-1",
        reader_version=reader_version,
        crops=tuple(b"\x89PNG" + decision.reading.item.encode() for decision in lines),
    )


def read(record: Record, sheet_id: str, lines: Sequence[Decision], name: str = "stack.pdf") -> Committed:
    """Scan a sheet on a file of its own, and record what was read."""
    return commit_page(record, result(sheet_id, lines, digest=scan(record, name)), reader_version=READER)
