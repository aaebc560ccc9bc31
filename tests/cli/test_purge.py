"""`jana purge` and `jana case`: as an office sets them, and what is told of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanner.errors import ExitCode
from scanner.intake.commit import commit_page
from scanner.intake.scan_store import FolderScanStore, StoredScan
from scanner.record import Record, ScanFile, Sighting
from tests.acceptance.command import Jana
from tests.record.builders import READER, decisions, printed, result

RULES = "[retention.default]\nscans_days = 90\n[retention.unbound]\nscans_days = 0\ncrops_days = 0\n"
CASE = "A-17"


@pytest.fixture
def sheet(home: Path, tmp_path: Path) -> str:
    """A sheet of case A-17 that was scanned today."""
    store = FolderScanStore(home / "scans", 10**9)
    drop = tmp_path / "stack.pdf"
    drop.write_bytes(b"a stack")
    kept = store.put(drop)
    assert isinstance(kept, StoredScan)
    with Record.open(f"sqlite:///{home / 'jana.sqlite'}") as record:
        [sheet_id] = printed(record)
        file = ScanFile(sha256=kept.sha256, size_bytes=7, media="pdf", stored=kept.stored)
        record.take(file, Sighting(name=b"stack.pdf"), actor="anna")
        record.set_pages(kept.sha256, 1, actor="anna")
        page = result(sheet_id, decisions(10.0, 20.0), digest=kept.sha256)
        commit_page(record, page, reader_version=READER)
    return sheet_id


def test_a_closed_case_is_purged_when_its_time_is_over(jana: Jana, home: Path, sheet: str) -> None:
    assert "everything is kept for good" in jana("purge").err
    (home / "settings.toml").write_text(RULES)
    assert json.loads(jana("purge", "--json").out)["scans"] == [], "the case is open"
    today = datetime.now(UTC).date()

    assert jana("case", "close", CASE, "--on", today - timedelta(days=88)).code == 0
    assert "scan files: 0," in jana("purge", "--dry-run").err
    jana("case", "close", CASE, "--on", today - timedelta(days=91))
    assert "Would be thrown away: scan files: 1, pictures of the lines of sheets: 0, of unread pages: 0." in (
        jana("purge", "--dry-run").err
    )
    assert len(list((home / "scans").glob("??/*"))) == 1
    assert "thrown away" not in jana("sheet", "show", sheet).out

    assert "Thrown away: scan files: 1," in jana("purge").err
    assert list((home / "scans").glob("??/*")) == []
    shown = jana("sheet", "show", sheet).out
    assert "scan thrown away 20" in shown
    assert "accepted" in shown
    assert jana("audit", "verify").code == 0
    assert "is open" in jana("case", "reopen", CASE).err


def test_wrong_words_and_settings_are_named(jana: Jana, home: Path, sheet: str) -> None:
    (home / "settings.toml").write_text(RULES)
    assert jana("case", "close", CASE, "--on", "1.2.2026").code == ExitCode.USAGE
    wrong = jana("case", "close", CASE, "--retention", "adoption")
    assert (wrong.code, "default, unbound" in wrong.err) == (ExitCode.USAGE, True)
    assert jana("case", "close", "nobody").code == ExitCode.ERROR
    for content in ("[retention.default]\nscan_days = 1\n", "[retention.default]\nscans_days = -1\n"):
        (home / "settings.toml").write_text(content)
        answer = jana("purge")
        assert (answer.code, "retention.default" in answer.err) == (ExitCode.SETTINGS, True), answer.err
