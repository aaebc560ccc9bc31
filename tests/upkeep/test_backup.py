"""Backups: consistent while others write, whole or not there, and put back as they were."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from scanner.errors import DatabaseError, JanaError
from scanner.intake.commit import commit_page
from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.scan_store import FolderScanStore, StoredScan
from scanner.record import (
    NewAccount,
    Record,
    ScanFile,
    SessionStage,
    Sighting,
    SignInWay,
    central_copy,
    queue,
)
from scanner.record.schema import VERSION_TABLE
from scanner.upkeep.backup import inspect, make_backup
from scanner.upkeep.parcel import scratch_folder
from scanner.upkeep.reconcile import reconcile
from scanner.upkeep.restore import Restored, restore
from tests.record.builders import READER, decisions, printed, result
from tests.record.tampering import behind


class Office:
    """A record with its scans."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.store = FolderScanStore(folder / "scans", 10**9)
        self._drops = folder / "drops"
        self._drops.mkdir()

    def work(self, record: Record, name: str) -> str:
        """Print a sheet, scan and read it; the scan's hash."""
        [sheet_id] = printed(record)
        drop = self._drops / name
        drop.write_bytes(f"{name} {sheet_id}".encode() * 50)
        kept = self.store.put(drop)
        assert isinstance(kept, StoredScan)
        file = ScanFile(sha256=kept.sha256, size_bytes=kept.size_bytes, media="pdf", stored=kept.stored)
        record.take(file, Sighting(name=name.encode()), actor="anna")
        record.set_pages(kept.sha256, 1, actor="anna")
        commit_page(
            record, result(sheet_id, decisions(10.0, 20.0), digest=kept.sha256), reader_version=READER
        )
        return kept.sha256

    def day(self, sheets: int = 3) -> list[str]:
        with Record.open(self.url) as record:
            return [self.work(record, f"{number}.pdf") for number in range(sheets)]

    def back_up(self, out: Path) -> Path:
        with Record.open(self.url) as record:
            make_backup(record, self.store, out, actor="anna")
        return out

    def rows(self) -> list[object]:
        with Record.open(self.url) as record:
            return [*record.results(), *record.outstanding_rows()]


@pytest.fixture
def office(record_url: str, tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    folder.mkdir()
    return Office(record_url, folder)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, office: Office, tmp_path: Path) -> Office:
    """An empty place of the same kind."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    if office.url.startswith("sqlite"):
        return Office(f"sqlite:///{folder}/record.sqlite", folder)
    return Office(str(request.getfixturevalue("empty_postgres_url")), folder)


def put_back(parcel: Path, office: Office, *, replace: bool = False) -> Restored:
    return restore(parcel, office.url, lambda _: office.store, office.folder, actor="bo", replace=replace)


@contextmanager
def at_work(office: Office, threads: int = 2) -> Iterator[list[str]]:
    """People who print, scan and read meanwhile."""
    stop, made, begun = threading.Event(), list[str](), threading.Barrier(threads + 1)

    def work(who: int) -> None:
        with Record.open(office.url) as record:
            made.append(office.work(record, f"first-{who}.pdf"))
            begun.wait()
            number = 0
            while not stop.is_set():
                made.append(office.work(record, f"{who}-{number}.pdf"))
                number += 1

    people = [threading.Thread(target=work, args=(who,)) for who in range(threads)]
    for person in people:
        person.start()
    try:
        begun.wait()
        yield made
    finally:
        stop.set()
        for person in people:
            person.join()


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_what_was_backed_up_comes_back(office: Office, elsewhere: Office, tmp_path: Path, name: str) -> None:
    scans = office.day()
    parcel = office.back_up(tmp_path / name)
    assert stat.S_IMODE(parcel.stat().st_mode) & 0o077 == 0

    done = put_back(parcel, elsewhere)

    assert (done.added, done.damaged, done.before) == (3, (), None)
    assert done.mismatches.harmless
    assert done.mismatches.scans_without_rows == ()
    assert elsewhere.rows() == office.rows() != []
    assert sorted(elsewhere.store.hashes()) == sorted(scans)
    assert all(elsewhere.store.verify(sha256) for sha256 in scans)
    with Record.open(elsewhere.url) as record:
        assert record.verify(done.manifest.anchor).fault is None
        actions = [entry.action for entry in record.audit_entries()]
        assert actions[-2:] == ["record.backup", "record.restore"]
        printed(record)
        assert record.verify().fault is None, "what was put back can be worked with"


def test_a_backup_under_load_is_one_moment(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    with at_work(office) as made:
        parcel = office.back_up(tmp_path / "backup")
        at_least = made[0]
    done = put_back(parcel, elsewhere)

    assert done.manifest.missing == ()
    assert done.mismatches.harmless, "every row of that moment has its bytes, and the log vouches for it"
    assert done.mismatches.scans_without_rows == ()
    with Record.open(elsewhere.url) as record:
        assert at_least in record.stored_scans()
        rows = list(record.results())
        assert len(rows) == len({(row.sheet_id, row.item) for row in rows})


def test_newer_scans_beside_an_older_record_are_named_and_taken_in_again(
    office: Office, tmp_path: Path
) -> None:
    office.day(2)
    parcel = office.back_up(tmp_path / "backup")
    before = office.rows()
    with Record.open(office.url) as record:
        newer = office.work(record, "later.pdf")
    with pytest.raises(JanaError, match="nothing was changed"):
        put_back(parcel, office)
    assert len(office.rows()) > len(before)

    done = put_back(parcel, office, replace=True)

    assert done.mismatches.scans_without_rows == (newer,)
    assert (done.mismatches.harmless, done.added) == (True, 0)
    assert office.rows() == before
    with Record.open(office.url) as record:
        again = ScanFile(sha256=newer, size_bytes=1, media="pdf", stored=newer[2:])
        assert record.take(again, Sighting(name=b"later.pdf"), actor="anna").new
        assert newer in record.stored_scans()
    if done.before is not None:
        with Record.open(f"sqlite:///{done.before}") as replaced:
            assert newer in replaced.stored_scans()


def test_what_is_missing_or_spoilt_is_named(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    lost, spoilt, good = office.day()
    parcel = office.back_up(tmp_path / "backup")
    (parcel / "scans" / lost[:2] / lost[2:]).write_bytes(b"something else")
    place = elsewhere.folder / "scans" / spoilt[:2]
    place.mkdir()
    (place / spoilt[2:]).write_bytes(b"rot")

    done = put_back(parcel, elsewhere)

    assert done.damaged == (lost,)
    assert done.mismatches.rows_without_bytes == (lost,)
    assert done.mismatches.hashes_that_differ == (), "the good copy took the place of the spoilt one"
    assert not done.mismatches.harmless
    elsewhere.store.path_of(good).write_bytes(b"rot")
    with Record.open(elsewhere.url) as record:
        assert reconcile(record, elsewhere.store).hashes_that_differ == (good,)


def test_a_scan_that_is_missing_at_the_backup_is_said(office: Office, tmp_path: Path) -> None:
    gone, *_ = office.day(2)
    office.store.remove(gone)
    with Record.open(office.url) as record:
        made = make_backup(record, office.store, tmp_path / "backup", actor="anna")
    assert made.manifest.missing == (gone,)
    assert made.manifest.scans == 1


def test_nothing_is_overwritten_and_nothing_half_is_left(office: Office, tmp_path: Path) -> None:
    office.day(1)
    out = tmp_path / "folder" / "backup"
    office.back_up(out)
    with pytest.raises(JanaError, match="never overwritten"):
        office.back_up(out)

    class Full(FolderScanStore):
        def path_of(self, sha256: str) -> Path:
            raise OSError(28, "No space left on device")

    with Record.open(office.url) as record, pytest.raises(JanaError, match="No space left"):
        make_backup(record, Full(office.folder / "scans", 10**9), out.with_name("other"), actor="anna")
    assert [path.name for path in out.parent.iterdir()] == ["backup"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from scanner.intake.scan_store import FolderScanStore
    from scanner.record import Record
    from scanner.upkeep.backup import make_backup

    class Killer(FolderScanStore):
        def path_of(self, sha256):
            os.kill(os.getpid(), signal.SIGKILL)

    url, scans, out = sys.argv[1:]
    make_backup(Record.open(url), Killer(Path(scans), 10**9), Path(out), actor="anna")
"""


def test_a_backup_that_was_killed_is_none_and_the_next_clears_up(embedded_url: str, tmp_path: Path) -> None:
    office = Office(embedded_url, tmp_path)
    office.day(1)
    out = tmp_path / "backups" / "today.tar"
    program = [sys.executable, "-c", textwrap.dedent(KILLED), office.url, str(tmp_path / "scans"), str(out)]
    assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
    assert [path.name for path in out.parent.iterdir()] == [".today.tar.part"]

    with scratch_folder(out.parent / ".today.tar.part"), pytest.raises(JanaError, match="Another process"):
        office.back_up(out)
    office.back_up(out)
    assert [path.name for path in out.parent.iterdir()] == ["today.tar"]


def test_a_parcel_that_is_none_or_damaged_changes_nothing(
    office: Office, elsewhere: Office, tmp_path: Path
) -> None:
    office.day(1)
    parcel = office.back_up(tmp_path / "backup")

    def spoilt(name: str) -> Path:
        return shutil.copytree(parcel, tmp_path / name)

    unfinished, damaged, strange, newer = map(spoilt, ("unfinished", "damaged", "strange", "newer"))
    (unfinished / "backup.json").unlink()
    next(damaged.glob("record.*")).write_bytes(b"rot")
    (strange / "notes.txt").write_text("mine")
    manifest = json.loads((newer / "backup.json").read_text())
    (newer / "backup.json").write_text(json.dumps(manifest | {"schema": "9999"}))
    (tmp_path / "torn.tar").write_bytes(b"not a tar file")
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w") as archive:
        archive.add(parcel / "backup.json", "../backup.json")
    for bad, why in (
        (unfinished, "no finished backup"),
        (damaged, "missing or damaged"),
        (strange, "notes.txt"),
        (newer, "9999 is newer"),
        (tmp_path / "torn.tar", "cannot be read"),
        (evil, "no backup of ours"),
    ):
        with pytest.raises(JanaError, match=why):
            put_back(bad, elsewhere)
    assert list(elsewhere.store.hashes()) == []
    assert not list(elsewhere.folder.glob("*.sqlite*"))
    assert put_back(parcel, elsewhere).mismatches.harmless


def test_a_backup_of_one_kind_is_not_put_into_the_other(
    embedded_url: str, postgres_url: str, tmp_path: Path
) -> None:
    office = Office(embedded_url, tmp_path)
    parcel = office.back_up(tmp_path / "backup.tar")
    assert inspect(parcel).manifest.kind == "sqlite"
    with pytest.raises(JanaError, match="of the same kind"):
        restore(parcel, postgres_url, lambda _: office.store, tmp_path, actor="bo")


def test_a_record_that_is_damaged_is_moved_aside(embedded_url: str, tmp_path: Path) -> None:
    office = Office(embedded_url, tmp_path)
    office.day(1)
    rows, parcel = office.rows(), office.back_up(tmp_path / "backup")
    path = Path(embedded_url.removeprefix("sqlite:///"))
    path.write_bytes(b"rot" * 4096)
    with pytest.raises(DatabaseError):
        put_back(parcel, office)
    done = put_back(parcel, office, replace=True)
    assert done.before is not None
    assert done.before.read_bytes().startswith(b"rotrot")
    assert office.rows() == rows
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_another_schema_under_a_central_record_is_not_mixed_with_it(
    postgres_url: str, tmp_path: Path
) -> None:
    office = Office(postgres_url, tmp_path)
    parcel = office.back_up(tmp_path / "backup")
    office.day(1)
    with behind(postgres_url) as connection:
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="0000"))
    with pytest.raises(JanaError, match="another schema"):
        put_back(parcel, office, replace=True)


def test_a_program_that_is_missing_is_named(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(central_copy, "PROGRAMS", tmp_path)
    office = Office(postgres_url, tmp_path)
    with pytest.raises(JanaError, match=r"pg_dump of version \d+ or newer is missing"):
        office.back_up(tmp_path / "backup")


def test_scans_in_the_database_are_in_the_backup_once_and_come_back_into_the_database(
    postgres_url: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    drop, content = tmp_path / "drop.pdf", b"a scanned stack" * 100
    drop.write_bytes(content)
    with Record.open(postgres_url) as record:
        store = DatabaseScanStore(record, tmp_path / "copies", 10**9)
        kept = store.put(drop)
        assert isinstance(kept, StoredScan)
        file = ScanFile(sha256=kept.sha256, size_bytes=len(content), media="pdf", stored=kept.stored)
        record.take(file, Sighting(name=b"drop.pdf"), actor="anna", queued=True)
        make_backup(record, store, tmp_path / "backup", actor="anna")
        store.close()

    def open_store(record: Record) -> DatabaseScanStore:
        return DatabaseScanStore(record, tmp_path / "elsewhere", 10**9)

    done = restore(tmp_path / "backup", empty_postgres_url, open_store, tmp_path, actor="bo")
    assert (done.added, done.mismatches.harmless) == (1, True)
    with Record.open(empty_postgres_url) as record:
        with open_store(record).local(kept.sha256) as path:
            assert path.read_bytes() == content
        assert record.look(queue.without_job) == {kept.sha256}, "to be queued by the next sweep"


def test_who_was_signed_in_is_not_after_a_restore(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    token = "5" * 64
    with Record.open(office.url) as record:
        anna = record.add_account(NewAccount(name="anna", roles=("reviewer",)), actor="it")
        record.begin_session(
            token,
            anna.account_id,
            stage=SessionStage.WHOLE,
            way=SignInWay.LOCAL,
            longest_s=3600.0,
            actor="anna",
        )
        record.note_failed_sign_in([token])
        assert record.signed_in(token, idle_s=600.0) is not None
    parcel = office.back_up(tmp_path / "backup")
    if office.url.startswith("sqlite"):
        kept = next(path for path in parcel.iterdir() if path.read_bytes()[:6] == b"SQLite")
        assert token.encode() not in kept.read_bytes()
    put_back(parcel, elsewhere)
    with Record.open(elsewhere.url) as record:
        assert record.account_named("anna") == anna
        assert record.signed_in(token, idle_s=600.0) is None
        assert record.failed_sign_ins([token], anna.created_at)[token].count == 0
    with Record.open(office.url) as record:
        assert record.signed_in(token, idle_s=600.0) is not None, "the record itself is as it was"


def test_who_was_disabled_since_stays_so_after_a_restore(office: Office, tmp_path: Path) -> None:
    with Record.open(office.url) as record:
        ids = {
            name: record.add_account(NewAccount(name=name, roles=("reviewer",)), actor="it").account_id
            for name in ("stays", "leaves", "left", "changes")
        }
        record.disable_account(ids["left"], actor="it")
    parcel = office.back_up(tmp_path / "backup")
    with Record.open(office.url) as record:
        record.disable_account(ids["leaves"], actor="it")
        record.set_roles(ids["changes"], ("auditor",), actor="it")
        record.add_account(NewAccount(name="comes", roles=("admin",)), actor="it")

    done = put_back(parcel, office, replace=True).accounts

    assert (done.compared, done.disabled, done.changed, done.gone) == (
        True,
        ("leaves",),
        ("changes",),
        ("comes",),
    )
    with Record.open(office.url) as record:
        assert [it.name for it in record.accounts() if it.disabled_at is None] == ["changes", "stays"]
        entry = [it for it in record.audit_entries() if it.action == "account.disable"][-1]
        assert (entry.actor, entry.target) == ("bo", f"account:{ids['leaves']}")


def test_without_the_record_before_it_is_said_who_may_sign_in(
    office: Office, elsewhere: Office, tmp_path: Path
) -> None:
    with Record.open(office.url) as record:
        gone = record.add_account(NewAccount(name="gone", roles=("reviewer",)), actor="it")
        record.add_account(NewAccount(name="anna", roles=("reviewer",)), actor="it")
        record.disable_account(gone.account_id, actor="it")
    done = put_back(office.back_up(tmp_path / "backup"), elsewhere).accounts
    assert not done.compared
    assert done.may_sign_in == ("anna",)
