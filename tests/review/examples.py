"""A record with something of two units in it, and what a path of the review page can name of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from scanner.intake.commit import commit_page
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.scope import Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import BlindLook, Record, ScanFile, SeenPage, Sighting, WaitingMark
from scanner.review.access.roles import Role
from scanner.review.access.rules import RuledRoute
from tests.record.builders import READER, accepted, doubtful, printed, result

OWN, OTHER = "North", "South"
SIGN = re.compile(
    r"case-of-\w+|J1[0-9A-Z]{16}|North|South|/crops/[0-9]+|/second/[0-9]+|/pages/[0-9]+|\w+\.pdf"
)
"""What of an answer may be a sign of one unit; see `Belongings.signs`."""
PICTURE = b"\x89PNG of a whole page"


@dataclass(frozen=True)
class Belongings:
    """What is of one unit."""

    unit: str
    case: str
    sheet_id: str
    loose_sheet: str
    """A sheet of a pool that came back, and has no case yet."""
    mark: WaitingMark
    look: BlindLook
    lost: SeenPage
    """A page that nobody knows."""
    void: SeenPage
    """A page with a void sheet of the case."""

    @property
    def signs(self) -> set[str]:
        """By which it can be told in an answer that something of this unit is shown."""
        pages = {f"/pages/{page.page_id}" for page in (self.lost, self.void)}
        numbers = {f"/crops/{self.mark.reading_id}", f"/second/{self.look.look_id}"}
        return {self.case, self.sheet_id, self.loose_sheet, self.unit, f"{self.unit}.pdf"} | pages | numbers

    def parameters(self, route: RuledRoute, role: Role | None) -> dict[str, str]:
        """Values for the parameters of a route's path, such as somebody with this role may ask for."""
        page = self.void if role is Role.PROFESSIONAL else self.lost
        sheet_id = self.loose_sheet if route.path.endswith("/bind") else self.sheet_id
        return {
            "sheet_id": sheet_id,
            "item": self.mark.item,
            "reading_id": str(self.mark.reading_id),
            "look_id": str(self.look.look_id),
            "page_id": str(page.page_id),
        }


def belongings(record: Record, unit: str) -> Belongings:
    """One of every kind: what waits, is to be looked at again, is known to nobody, is bound to no case."""
    case = f"case-of-{unit}"
    of_case = SheetPurpose(case=case, session=1, subject="client", rater="self", unit=unit)
    sheet_id, void_id, loose_id = printed(record, of_case, of_case, SheetPurpose(unit=unit))
    record.void(void_id, reason="torn", actor="test")
    digest = ("a" if unit == OWN else "b") * 64
    file = ScanFile(sha256=digest, size_bytes=4096, media="pdf")
    record.take(file, Sighting(name=f"{unit}.pdf".encode(), office=unit), actor="test")
    record.set_pages(digest, 4, actor="test")
    lines = [doubtful("individual", 10.0, 60.0), accepted("social", 30.0)]
    for page, (sheet, share) in enumerate([(sheet_id, 1.0), (void_id, 0.0), (loose_id, 0.0)], 1):
        read = replace(result(sheet, lines, digest=digest, page=page), page_png=PICTURE)
        commit_page(record, read, reader_version=READER, second_look_share=share)
    lost = Refusal(digest, f"{unit}.pdf", 4, RefusalReason.NO_CODE, "no code can be read", PICTURE)
    commit_page(record, lost, reader_version=READER)
    scope = Scope(frozenset({unit}))
    pages = {page.scan_page: page for page in record.unidentified(scope)}
    mark = record.mark(scope, sheet_id, "individual")
    (look,) = record.second_looks(scope, actor="nobody in particular")
    assert mark is not None
    return Belongings(unit, case, sheet_id, loose_id, mark, look, lost=pages[4], void=pages[2])
