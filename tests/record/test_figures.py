"""Whatever happens in an office, and in whatever order, the figures add up."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import JanaError
from scanner.intake.commit import commit_page
from scanner.model.decision import Status
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource
from scanner.model.result import EmptyPage
from scanner.record import (
    Counts,
    MissingReason,
    Record,
)
from tests.record.builders import (
    FULL,
    QUICK,
    READER,
    decisions,
    printed,
    read,
    scan,
)

places = st.none() | st.sampled_from([5.0, 40.0, 40.5, 90.0])
happenings = st.one_of(
    st.tuples(st.just("print"), st.integers(1, 3)),
    st.tuples(st.just("read"), st.integers(0, 5), st.tuples(places, places)),
    st.tuples(st.just("void"), st.integers(0, 5)),
    st.tuples(st.just("decide"), st.integers(0, 5), places),
    st.tuples(st.just("undo"), st.integers(0, 5)),
    st.tuples(st.just("scan"), st.integers(1, 3)),
    st.tuples(st.just("page"), st.sampled_from(["empty", "no_code", "torn"])),
)


class Office:
    """A few people and a scanner at work on one record, without any order."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.sheets: list[str] = []
        self.scans = 0

    def happen(self, what: str, *how: object) -> None:
        act: Callable[..., None] = getattr(self, what)
        act(*how)

    def print(self, count: int) -> None:
        self.sheets += printed(self.record, *[FULL] * count)

    def read(self, number: int, lines: tuple[float | None, float | None]) -> None:
        if number < len(self.sheets):
            self.scans += 1
            read(self.record, self.sheets[number], decisions(*lines), f"{self.scans}.pdf")

    def void(self, number: int) -> None:
        if number < len(self.sheets) and not self._void(number):
            self.record.void(self.sheets[number], reason="torn", actor="anna")

    def decide(self, number: int, place: float | None) -> None:
        value = MissingReason.BLANK if place is None else Decimal(str(place))
        for state in self._open(number):
            self.record.decide(
                self.sheets[number], state, value, actor="bo", seen_revision=self._revision(number, state)
            )

    def undo(self, number: int) -> None:
        for item in self._open(number):
            try:
                self.record.undo(
                    self.sheets[number], item, actor="bo", seen_revision=self._revision(number, item)
                )
            except JanaError as error:
                assert "no decision" in str(error)  # noqa: PT017

    def scan(self, pages: int) -> None:
        self.scans += 1
        scan(self.record, f"{self.scans}.pdf", pages=pages)

    def page(self, how: str) -> None:
        for file in self.record.unfinished(limit=1):
            taken = self.record.known(file.sha256)
            assert taken is not None
            source = PageSource(file.sha256, "x.pdf", taken.waiting[0])
            outcome = (
                EmptyPage(source)
                if how == "empty"
                else Refusal(file.sha256, "x.pdf", source.scan_page, RefusalReason(how), "So it is.")
                if how == "no_code"
                else Refusal(file.sha256, "x.pdf", None, RefusalReason(how), "So it is.")
            )
            commit_page(self.record, outcome, reader_version=READER)

    def _void(self, number: int) -> bool:
        return self.record.show(self.sheets[number]).voided_at is not None

    def _open(self, number: int) -> list[str]:
        if number >= len(self.sheets) or self._void(number):
            return []
        return [state.item for state in self.record.show(self.sheets[number]).current]

    def _revision(self, number: int, item: str) -> int:
        current = self.record.show(self.sheets[number]).current
        return next(state.revision for state in current if state.item == item)


def check(record: Record) -> None:
    counts: Counts = record.counts()
    assert counts.printed == counts.outstanding + counts.in_review + counts.settled + counts.void
    assert counts.pages_seen == (
        counts.pages_read + counts.pages_refused + counts.pages_empty + counts.pages_waiting
    )
    rows = list(record.results())
    assert len(rows) == len({(row.sheet_id, row.item) for row in rows})
    waiting = {row.sheet_id for row in rows if row.status is Status.REVIEW}
    assert counts.in_review == len(waiting)
    assert counts.settled == len({row.sheet_id for row in rows} - waiting)
    assert counts.outstanding == len(list(record.outstanding_rows()))
    assert counts.pages_refused == len(list(record.refused_rows()))
    for row in rows:
        assert row.status is Status.REVIEW or (row.score is None) == (row.status is Status.MISSING)
    assert record.verify().fault is None


@settings(QUICK, max_examples=12)
@given(st.lists(happenings, max_size=14))
def test_whatever_happens_the_figures_add_up(
    embedded_template: Path, course: list[tuple[object, ...]]
) -> None:
    with TemporaryDirectory() as folder:
        path = shutil.copyfile(embedded_template, Path(folder) / "record.sqlite")
        with Record.open(f"sqlite:///{path}") as record:
            office = Office(record)
            office.print(3)
            for what, *how in course:
                office.happen(str(what), *how)
            check(record)


def test_the_figures_of_a_day_on_either_database(record: Record) -> None:
    office = Office(record)
    office.print(5)
    office.read(0, (5.0, 40.0))
    office.read(0, (5.0, 40.5))
    office.read(1, (5.0, 40.0))
    office.read(1, (5.0, 90.0))
    office.read(2, (None, 40.0))
    office.void(3)
    office.read(3, (5.0, 5.0))
    office.scan(3)
    office.page("empty")
    office.page("no_code")
    check(record)
    expected = {
        "printed": 5,
        "outstanding": 1,
        "in_review": 2,
        "settled": 1,
        "void": 1,
        "pages_seen": 9,
        "pages_read": 5,
        "pages_refused": 2,
        "pages_empty": 1,
        "pages_waiting": 1,
        "files": 7,
        "files_unopened": 0,
    }
    counts = record.counts()
    assert {name: getattr(counts, name) for name in expected} == expected
    assert Counter(row.status for row in record.results()) == {"accepted": 4, "review": 2}
