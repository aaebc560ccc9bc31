"""The judge is judged: it is content with what is right, and notices whatever is spoilt."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import invariants
from tests.faults.drops import Content
from tests.faults.findings import traces
from tests.faults.paper import other
from tests.faults.stand import Stand

Spoil = Callable[[Stand], object]


def _sql(*statements: str) -> Spoil:
    def spoil(stand: Stand) -> None:
        with closing(sqlite3.connect(stand.home / "jana.sqlite", isolation_level=None)) as database:
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                database.execute(statement)

    return spoil


def _stored(stand: Stand) -> Path:
    return max((path for path in (stand.home / "scans").glob("??/*")), key=lambda path: path.stat().st_size)


def _done(stand: Stand) -> Path:
    return stand.inbox / "done" / "North" / "stack.pdf"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


SIGHTED = "scan_file_id, name, folder, office, seen_at"
SPOILT: tuple[tuple[str, Spoil], ...] = (
    ("I1", lambda stand: _done(stand).unlink()),
    ("I1", lambda stand: _copy(_done(stand), stand.inbox / "done" / "again.pdf")),
    ("I1", lambda stand: _copy(_done(stand), stand.inbox / "again.pdf")),
    ("I1", lambda stand: _done(stand).rename(stand.inbox / "done" / "stack.pdf")),
    ("I1", lambda stand: _done(stand).rename(stand.inbox / "refused" / "stack.pdf")),
    ("I1", lambda stand: _done(stand).write_bytes(_done(stand).read_bytes()[:-1])),
    ("I1", lambda stand: (stand.inbox / "refused" / "note.pdf.reason.txt").unlink()),
    ("I1", lambda stand: (stand.inbox / "refused" / "note.pdf.reason.txt").write_bytes(b"")),
    ("I1", lambda stand: (stand.inbox / "refused" / "other.reason.txt").write_bytes(b"why")),
    ("I1", lambda stand: stand.planned(other("empty"))),
    ("I1", lambda stand: (stand.inbox / "done" / "link").symlink_to("note")),
    ("I2", _sql("DELETE FROM event WHERE id = 1")),
    ("I2", _sql("UPDATE event SET position_um = position_um + 2000 WHERE id = 1")),
    ("I2", _sql("UPDATE event SET revision = 2 WHERE id = 1")),
    ("I2", _sql(f"INSERT INTO sighting SELECT 99, {SIGHTED}, 'x' FROM sighting LIMIT 1")),  # noqa: S608
    ("I2", _sql("DELETE FROM sighting WHERE id = 1")),
    ("I2", _sql("UPDATE outcome SET kind = 'refused', reason = 'no_code' WHERE kind = 'read'")),
    ("I2", _sql("DELETE FROM outcome WHERE kind = 'refused'")),
    ("I2", _sql("UPDATE outcome SET reason = 'damaged' WHERE kind = 'refused'")),
    ("I2", _sql("INSERT INTO page VALUES (99, 1, 99)")),
    ("I2", _sql("UPDATE scan_file SET sha256 = 'f' || substr(sha256, 2) WHERE id = 1")),
    ("I3", lambda stand: _stored(stand).unlink()),
    ("I3", lambda stand: _stored(stand).write_bytes(b"other")),
    ("I4", _sql("UPDATE scan_file SET finished_at = NULL WHERE id = 1")),
    ("I4", _sql("UPDATE scan_file SET sha256 = 'f' || substr(sha256, 2) WHERE id = 1")),
    ("I5", lambda stand: (stand.home / "scans" / "incoming" / "x.part").touch()),
    ("I5", lambda stand: (stand.home / "scans" / "x").touch()),
    ("I5", lambda stand: (stand.inbox / ".jana" / "claims" / "a" / "b").mkdir(parents=True)),
    ("I5", lambda stand: (stand.inbox / ".jana" / "claims" / "a").mkdir()),
    ("I5", lambda stand: (stand.inbox / ".jana" / "x.reason").touch()),
    ("I6", _sql("UPDATE audit SET actor = 'eve' WHERE sequence = 3")),
    ("I6", _sql("DELETE FROM audit WHERE sequence = 3")),
    ("I6", _sql("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")),
    ("I6", _sql("UPDATE event SET score_tenths = score_tenths + 1 WHERE id = 1")),
    ("I6", _sql("DELETE FROM audit")),
)  # fmt: skip


@pytest.fixture(scope="module")
def _at_rest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """Three files that have come to their end."""
    folder = tmp_path_factory.mktemp("judged")
    stand = Stand(folder, request.getfixturevalue("warm"), request.getfixturevalue("paper"))
    stand.drop(stand.paper.stack(folder, 0, 1), "stack.pdf", "North")
    stand.drop(stand.paper.jpeg(1, variant=1), "again.jpg")
    stand.drop(other("note"), "note.pdf")
    stand.once()
    return stand


def test_it_is_content_with_what_is_right(_at_rest: Stand) -> None:  # noqa: PT019 - the value is used
    _at_rest.assert_all_is_well()


@pytest.mark.parametrize("number", range(len(SPOILT)))
def test_it_notices_what_is_spoilt(_at_rest: Stand, number: int, tmp_path: Path) -> None:  # noqa: PT019
    broken, spoil = SPOILT[number]
    stand = _copied(_at_rest, tmp_path)
    spoil(stand)
    assert broken in {fault[:2] for fault in stand.broken()}


def test_it_notices_what_is_lost_or_claimed_or_unknown(_at_rest: Stand, tmp_path: Path) -> None:  # noqa: PT019
    stand = _copied(_at_rest, tmp_path)
    claimed = stand.inbox / ".jana" / "claims" / "a" / "b" / "c.pdf"
    claimed.parent.mkdir(parents=True)
    _done(stand).rename(claimed)
    (stand.inbox / "done" / "stranger.pdf").write_bytes(b"x")
    assert {"I1 claimed still: 'c.pdf'", "I4 'stranger.pdf' is in done, and unknown to the record"} <= set(
        stand.broken()
    )
    stand.planned(Content(b"never dropped", ".pdf"))
    assert any("dropped 1 times, found 0 times" in fault for fault in stand.broken())


def test_it_notices_what_a_second_run_changes(_at_rest: Stand, tmp_path: Path) -> None:  # noqa: PT019
    stand = _copied(_at_rest, tmp_path)
    before = traces(stand.places)
    _sql("UPDATE scan_file SET attempts = 1 WHERE id = 1")(stand)
    (stand.inbox / "done" / "new").touch()
    faults = invariants.unchanged(before, traces(stand.places))
    assert [fault[:6] for fault in sorted(faults)] == ["I7 gon", "I7 new", "I7 new"]


def test_it_notices_a_service_that_is_alive_and_blind() -> None:
    assert invariants.blind(None, answers=True, work_left=True) == []
    assert invariants.blind(1, answers=False, work_left=True) == []
    assert invariants.blind(0, answers=False, work_left=False) == []
    assert invariants.blind(None, answers=False, work_left=True) != []
    assert invariants.blind(0, answers=False, work_left=True) != []


def _copied(stand: Stand, folder: Path) -> Stand:
    for name in ("inbox", "home"):
        shutil.copytree(stand.folder / name, folder / name, symlinks=True)
    copy = Stand(folder, stand.warm, stand.paper)
    copy.drops = list(stand.drops)
    return copy
