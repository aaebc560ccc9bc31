"""A record with something of two units in it, and what a path of the review page can name of them."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.intake.commit import commit_page
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.scope import Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import Record, ScanFile, Sighting
from tests.record.builders import READER, accepted, doubtful, printed, result

OWN, OTHER = "North", "South"


@dataclass(frozen=True)
class Belongings:
    """What is of one unit."""

    unit: str
    case: str
    sheet_id: str
    parameters: dict[str, str]
    """Values of path parameters by their names."""


def belongings(record: Record, unit: str) -> Belongings:
    """A sheet with a line that waits and one to look at again, and a page that nobody knows."""
    case = f"case-of-{unit}"
    purpose = SheetPurpose(case=case, session=1, subject="client", rater="self", unit=unit)
    (sheet_id,) = printed(record, purpose)
    digest = ("a" if unit == OWN else "b") * 64
    file = ScanFile(sha256=digest, size_bytes=4096, media="pdf")
    record.take(file, Sighting(name=f"{unit}.pdf".encode(), office=unit), actor="test")
    record.set_pages(digest, 2, actor="test")
    lines = [doubtful("individual", 10.0, 60.0), accepted("social", 30.0)]
    commit_page(record, result(sheet_id, lines, digest=digest), reader_version=READER, second_look_share=1.0)
    lost = Refusal(digest, f"{unit}.pdf", 2, RefusalReason.NO_CODE, "no code can be read")
    commit_page(record, lost, reader_version=READER)
    scope = Scope(frozenset({unit}))
    (mark,) = record.waiting(scope)
    (look,) = record.second_looks(scope, actor="nobody in particular")
    parameters = {
        "sheet_id": sheet_id,
        "item": "individual",
        "reading_id": str(mark.reading_id),
        "look_id": str(look.look_id),
    }
    return Belongings(unit, case, sheet_id, parameters)
