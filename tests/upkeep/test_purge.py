"""Purging: what has had its time goes, nothing else does, and it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import JanaError
from scanner.intake.commit import commit_page
from scanner.intake.scan_store import FolderScanStore, StoredScan, StoreError
from scanner.model.decision import Decision
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.result import SheetResult
from scanner.model.scope import EVERYTHING
from scanner.model.sheet import SheetPurpose
from scanner.record import MissingReason, Record, ScanFile, Sighting, Terms
from scanner.settings_retention import Retention
from scanner.upkeep.purge import Purged, due, is_over, purge
from scanner.upkeep.reconcile import reconcile
from tests.record.builders import QUICK, READER, decisions, printed, result

READ_ON = date(2026, 3, 2)
RULES = {
    "default": Retention(scans_days=30, crops_days=60),
    "child": Retention(scans_days=300),
    "unbound": Retention(scans_days=10, crops_days=10),
}


class Archive:
    """A record, its scans, and a day."""

    def __init__(self, url: str, folder: Path) -> None:
        self.today = READ_ON
        self.record = Record.open(url, clock=self.now)
        self.store = FolderScanStore(folder / "scans", 10**9)
        self._folder = folder

    def now(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)

    def stack(self, *sheets: tuple[str | None, tuple[Decision, ...]]) -> tuple[str, list[str]]:
        """A scanned stack of sheets, each of a case or of none; its hash, and the sheets."""
        drop = self._folder / "drop"
        drop.write_bytes(f"{sheets}".encode() * 20)
        kept = self.store.put(drop)
        assert isinstance(kept, StoredScan)
        file = ScanFile(sha256=kept.sha256, size_bytes=kept.size_bytes, media="pdf", stored=kept.stored)
        self.record.take(file, Sighting(name=b"stack.pdf"), actor="anna")
        self.record.set_pages(kept.sha256, len(sheets), actor="anna")
        ids = printed(self.record, *(SheetPurpose(case=case) for case, _ in sheets))
        for number, (sheet_id, (_, lines)) in enumerate(zip(ids, sheets, strict=True), 1):
            page = result(sheet_id, lines, digest=kept.sha256, page=number)
            commit_page(self.record, page, reader_version=READER)
        return kept.sha256, ids

    def close(self, case: str, on: date = READ_ON, retention: str | None = None) -> None:
        self.record.close_case(case, on, retention, actor="anna")

    def later(self, days: int) -> Purged:
        """What is purged so many days after the reading."""
        self.today = READ_ON + timedelta(days=days)
        return purge(self.record, self.store, RULES, self.today, actor="anna")

    def crops(self, sheet_id: str) -> list[bytes | None]:
        (scan,) = self.record.show(sheet_id).scans
        return [self.record.crop_png(reading.reading_id) for reading in scan.readings]


@pytest.fixture
def archive(record_url: str, tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(record_url, tmp_path)
    yield archive
    archive.record.close()


SETTLED = decisions(10.0, 20.0)
DOUBTFUL = decisions(10.0, None)


def test_scans_go_first_and_pictures_of_lines_later_and_values_stay(archive: Archive) -> None:
    sha256, [sheet_id] = archive.stack(("A", SETTLED))
    archive.close("A")
    values = list(archive.record.results())

    assert archive.later(29) == Purged((), (), 0, ())
    assert due(archive.record, RULES, READ_ON + timedelta(days=30)).scans == (sha256,)
    assert archive.store.verify(sha256), "asking what is due changes nothing"
    assert archive.later(30) == Purged((sha256,), (), 0, ())

    (scan,) = archive.record.show(sheet_id).scans
    assert (scan.scan_kept, scan.scan_purged_at, scan.crops_purged) == (False, archive.now(), False)
    assert list(archive.store.hashes()) == []
    assert None not in archive.crops(sheet_id)

    assert archive.later(60) == Purged((), (sheet_id,), 0, ())
    assert archive.crops(sheet_id) == [None, None]
    assert archive.record.show(sheet_id).scans[0].crops_purged
    assert list(archive.record.results()) == values != []
    assert archive.later(10_000) == Purged((), (), 0, ())
    assert reconcile(archive.record, archive.store).harmless
    done = [entry for entry in archive.record.audit_entries() if entry.action.endswith("purge")]
    assert [(entry.action, entry.target) for entry in done] == [
        ("scan.purge", f"scan:{sha256}"),
        ("crops.purge", f"sheet:{sheet_id}"),
    ]


def test_the_longest_term_in_a_file_holds(archive: Archive) -> None:
    sha256, [short, long, none] = archive.stack(("A", SETTLED), ("B", SETTLED), (None, SETTLED))
    archive.close("A")
    archive.close("B", retention="child")
    assert archive.later(299) == Purged((), (short, none), 0, ())
    assert archive.later(300) == Purged((sha256,), (), 0, ())
    assert None not in archive.crops(long), "its class has no rule for the pictures of lines"


def test_what_waits_for_a_person_is_kept_until_it_does_not(archive: Archive) -> None:
    sha256, [sheet_id, other] = archive.stack(("A", DOUBTFUL), ("A", SETTLED))
    archive.close("A")
    assert archive.later(1000) == Purged((), (other,), 2, ())
    assert not archive.record.begin_purge(sha256, actor="anna"), "looked at again inside the transaction"
    assert archive.record.purge_crops(sheet_id, actor="anna") == 0
    assert archive.record.purges_begun() == ()

    archive.record.decide(sheet_id, "interpersonal", MissingReason.BLANK, actor="bo", seen_revision=1)
    assert archive.later(1000) == Purged((sha256,), (sheet_id,), 0, ())


def test_open_cases_and_classes_without_a_rule_are_kept(archive: Archive) -> None:
    archive.stack(("open", SETTLED))
    archive.stack(("odd", SETTLED))
    archive.stack(("reopened", SETTLED))
    archive.close("odd", retention="adoption")
    archive.close("reopened")
    archive.record.close_case("reopened", None, None, actor="anna")
    assert archive.later(10_000) == Purged((), (), 0, ("adoption",))
    with pytest.raises(JanaError, match="not in this record"):
        archive.close("nobody")


def test_what_has_no_case_counts_from_its_reading(archive: Archive) -> None:
    sha256, [sheet_id] = archive.stack((None, SETTLED))
    assert archive.later(9).scans == ()
    assert archive.later(10) == Purged((sha256,), (sheet_id,), 0, ())


def test_pictures_of_whole_pages_go_with_those_of_the_lines(archive: Archive) -> None:
    sha256, [bound, _] = archive.stack(("A", SETTLED), (None, SETTLED))
    archive.record.set_pages(sha256, 4, actor="anna")
    for number, sheet_id in ((3, bound), (4, None)):
        if sheet_id is None:
            page: Refusal | SheetResult = Refusal(
                sha256, "stack.pdf", number, RefusalReason.NO_CODE, "So it is.", b"page"
            )
        else:
            page = replace(result(sheet_id, SETTLED, digest=sha256, page=number), page_png=b"page")
        commit_page(archive.record, page, reader_version=READER)
    archive.close("A")

    def pictures() -> list[bool]:
        seen = (archive.record.seen_page(EVERYTHING, number) for number in range(1, 20))
        return [page.has_picture for page in seen if page is not None]

    assert pictures() == [False, False, True, True]
    assert archive.later(9).pages == ()
    assert archive.later(10).pages == (f"{sha256}/4",)
    assert pictures() == [False, False, True, False]
    assert archive.later(60).sheets == (bound,)
    assert pictures() == [False] * 4
    actions = [(entry.action, entry.target) for entry in archive.record.audit_entries()]
    assert ("picture.purge", f"scan:{sha256}/4") in actions


def test_a_purge_that_was_killed_is_finished_by_the_next(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256, _ = archive.stack((None, SETTLED))

    def fail(_self: FolderScanStore, _sha256: str) -> None:
        raise StoreError("the disk is away")

    with monkeypatch.context() as away:
        away.setattr(FolderScanStore, "remove", fail)
        with pytest.raises(StoreError):
            archive.later(10)
    assert archive.record.purges_begun() == (sha256,)
    assert archive.record.stored_scans() == (), "a backup does not miss it"
    assert archive.later(10).scans == ()
    assert archive.record.purges_begun() == ()
    assert list(archive.store.hashes()) == []
    assert sum(entry.action == "scan.purge" for entry in archive.record.audit_entries()) == 1


def test_a_purged_scan_that_is_dropped_again_is_kept_again_and_not_read_again(archive: Archive) -> None:
    sha256, [sheet_id] = archive.stack((None, SETTLED))
    archive.later(10)
    again = archive.store.put(archive._folder / "drop")
    assert isinstance(again, StoredScan)
    file = ScanFile(sha256=sha256, size_bytes=again.size_bytes, media="pdf", stored=again.stored)
    assert archive.record.take(file, Sighting(name=b"again.pdf"), actor="anna").seen_before
    (scan,) = archive.record.show(sheet_id).scans
    assert (scan.scan_kept, scan.scan_purged_at) == (True, None)
    assert archive.later(11).scans == (sha256,)


def test_a_purged_picture_is_gone_from_the_file_too(embedded_url: str, tmp_path: Path) -> None:
    archive = Archive(embedded_url, tmp_path)
    archive.stack((None, SETTLED))
    path = Path(embedded_url.removeprefix("sqlite:///"))
    archive.record.close()
    assert b"\x89PNGindividual" in path.read_bytes()
    archive.record = Record.open(embedded_url)
    archive.later(10)
    archive.record.close()
    assert b"\x89PNGindividual" not in path.read_bytes()


days = st.integers(0, 400)


@QUICK
@given(st.booleans(), st.none() | st.sampled_from(["child", "odd"]), st.none() | days, days)
def test_nothing_goes_before_its_day(
    bound: bool, retention: str | None, closed: int | None, waited: int
) -> None:
    closed_on = None if closed is None else READ_ON + timedelta(days=closed)
    terms = Terms(bound, retention, closed_on, datetime(2026, 3, 2, tzinfo=UTC))
    today = READ_ON + timedelta(days=waited)
    over = is_over(RULES, terms, today, lambda rule: rule.scans_days)
    rule = RULES.get((retention or "default") if bound else "unbound")
    since = closed_on if bound else READ_ON
    assert over == (
        rule is not None
        and rule.scans_days is not None
        and since is not None
        and (today - since).days >= rule.scans_days
    )
