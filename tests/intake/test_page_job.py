"""What a reading process adds to what it read: a picture of the whole page, where one will be needed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from scanner.intake.commit import commit_page
from scanner.intake.page_job import PageReader, ReaderSetup, picked
from scanner.model.decision import Verdict
from scanner.model.result import SheetResult
from scanner.record import NewSheet, Record
from tests.reading.conftest import sheet, sheets
from tests.reading.sheets import PROFILE, filled_in, page_of
from tests.record.builders import PRINTED_AT, scan

__all__ = ["sheet", "sheets"]


def test_a_page_has_its_picture_where_somebody_may_look_at_it(sheet: PrintedSheet, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/record.sqlite"
    marks = ((DrawnKind.STROKE, 40.0),) * 4
    page = page_of(filled_in(sheet, marks, seed=2, scanner=Scanner(dpi=150)).picture)

    def read(share: float) -> SheetResult:
        outcome = PageReader(ReaderSetup(url, PROFILE, None, share))(page)
        assert isinstance(outcome, SheetResult)
        assert {line.verdict for line in outcome.decisions} == {Verdict.ACCEPTED}
        return outcome

    with Record.open(url) as record:
        new = NewSheet(
            sheet_id=sheet.sheet_id, instrument="ors", version=1, language="en", layout=sheet.layout
        )
        record.register([new], printed_at=PRINTED_AT, actor="anna")
        first, drawn = read(0.0), read(1.0)
        assert (first.page_png, first.second_look_odds) == (None, 0.0)
        assert drawn.page_png is not None
        assert drawn.second_look_odds == 1.0

        digest = scan(record)
        source = replace(first.source, scan_sha256=digest, scan_page=1)
        commit_page(record, replace(first, source=source), reader_version=first.reader_version)
        assert read(0.0).page_png is not None, "it has come back before, and may differ"


@pytest.mark.parametrize("share", [0.0001, 0.02, 0.2, 0.25, 0.7, 1.0])
def test_pages_are_picked_so_that_every_line_keeps_its_chance(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all numbers that may come up, so many pick a page as make up for the lines on the others."""
    million, step = 1_000_000, 20
    odds = []
    for number in range(0, million, step):
        monkeypatch.setattr(secrets, "randbelow", lambda _, number=number: number)
        odds.append(picked(share))
    assert sum(odds) / len(odds) == pytest.approx(1.0, rel=0.01)
    assert share * max(odds) <= 1.0


def test_nothing_is_picked_where_nothing_is_drawn() -> None:
    assert picked(0.0) == 0.0
