"""Rounds of taking in, with a clock of our own and a reader that ends every file when we say so."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from PIL import Image

from scanner.errors import DatabaseError
from scanner.intake.commit import commit_page
from scanner.intake.scan_store import FolderScanStore, StoreError
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource
from scanner.model.result import EmptyPage
from scanner.reading.read import READER_VERSION
from scanner.record import Record
from scanner.settings_watch import WatchRules
from scanner.texts import texts
from scanner.watch.claims import Claims
from scanner.watch.finish import Finish
from scanner.watch.inbox import Entry, Inbox, InboxError
from scanner.watch.intake_loop import IntakeLoop, Round
from scanner.watch.metrics import Metrics

RULES = WatchRules(settle_s=2.0, settle_limit_s=30.0, claims_at_a_time=4, late_s=60.0)
FILE_BYTES = 1 << 20


def png(seed: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (20, 20), seed % 256).save(out, "PNG")
    return out.getvalue() + seed.to_bytes(4, "big")


class Office:
    """An inbox, a record, a store, and one service's loop over them."""

    def __init__(self, folder: Path, url: str, store: Path | None = None) -> None:
        self.inbox = folder / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.record = Record.open(url)
        self.store = FolderScanStore(store or folder / "store", FILE_BYTES)
        self.now_s = 1000.0
        self.metrics = Metrics()
        self.loop = self.service()

    def service(self) -> IntakeLoop:
        return IntakeLoop(
            Inbox(self.inbox),
            self.record,
            self.store,
            RULES,
            finish=Finish(self.inbox, texts("en")),
            metrics=self.metrics,
            log=structlog.get_logger(),
            actor="test",
            new_to_read=lambda: None,
            monotonic=lambda: self.now_s,
        )

    def drop(self, name: str, content: bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def rounds(self, seconds: float = 3.0, loop: IntakeLoop | None = None) -> Round:
        """Rounds a second apart, for so long."""
        until_s = self.now_s + seconds
        while True:
            done = (loop or self.loop).round()
            if self.now_s >= until_s:
                return done
            self.now_s += 1.0

    def read(self, refuse: RefusalReason | None = None) -> None:
        """End everything that is unfinished: one empty page each, or refused whole."""
        for file in self.record.unfinished():
            if refuse is not None:
                outcome = Refusal(file.sha256, "x", None, refuse, "So it is.")
                commit_page(self.record, outcome, reader_version=READER_VERSION)
                continue
            self.record.set_pages(file.sha256, 1, actor="test")
            commit_page(
                self.record, EmptyPage(PageSource(file.sha256, "x", 1)), reader_version=READER_VERSION
            )

    def tree(self) -> set[str]:
        """Every file in the inbox, our own notes left out."""
        found = (Path(folder, name) for folder, _, names in os.walk(self.inbox) for name in names)
        return {
            "claimed" if ".jana" in path.parts else str(path.relative_to(self.inbox))
            for path in found
            if path.name not in ("alive", ".claim")
        }

    def sightings(self) -> int:
        return sum(entry.action in ("scan.take", "scan.again") for entry in self.record.audit_entries())


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def office(tmp_path: Path, embedded_url: str) -> Office:
    return Office(tmp_path, embedded_url)


def test_bytes_then_row_then_the_source_moves(office: Office) -> None:
    content = png(1)
    office.drop("North/West/a.png", content)
    office.rounds(1.0)
    assert (office.tree(), office.record.counts().files) == ({"North/West/a.png"}, 0)
    office.rounds()
    (file,) = office.record.unfinished()
    assert office.store.path_of(file.sha256).read_bytes() == content
    assert office.tree() == {"claimed"}
    office.rounds()
    assert office.tree() == {"claimed"}, "nothing moves before every page has its outcome"
    office.read()
    assert not office.rounds().pending
    assert office.tree() == {"done/North/West/a.png"}
    assert office.sightings() == 1


def test_a_file_that_the_record_has_forgotten_is_taken_again(office: Office, embedded_url: str) -> None:
    """After a failover to a standby that was behind, or with an older backup put back under the service."""
    office.drop("a.png", png(1))
    office.rounds()
    with closing(sqlite3.connect(embedded_url.removeprefix("sqlite:///"))) as database:
        database.execute("DELETE FROM sighting")
        database.execute("DELETE FROM scan_file")
        database.commit()
    office.rounds(60.0)
    office.read()
    office.rounds()
    assert (office.tree(), office.record.counts().files) == ({"done/a.png"}, 1)


def test_a_file_that_was_claimed_with_an_error_is_not_forgotten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk reports an error when the claim is synced: the file is ours then, and nobody has told us."""
    office.drop("North/a.png", png(1))
    office.rounds(1.0)
    claim = Claims.claim

    def failing(claims: Claims, entry: Entry) -> None:
        claim(claims, entry)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Claims, "claim", failing)
    with pytest.raises(OSError, match="Input/output"):
        office.rounds()
    monkeypatch.undo()
    office.rounds(6.0)
    office.read()
    office.rounds()
    assert office.tree() == {"done/North/a.png"}


def test_a_file_refused_whole_goes_to_refused(office: Office) -> None:
    office.drop("a.png", png(1))
    office.rounds()
    office.read(RefusalReason.DAMAGED)
    office.rounds()
    assert office.tree() == {"refused/a.png", "refused/a.png.reason.txt"}


def test_a_file_that_is_never_whole_is_taken_in_the_end(office: Office) -> None:
    office.drop("torn.png", png(1)[:-20])
    assert not office.rounds(RULES.settle_limit_s - 1).pending
    assert office.tree() == {"torn.png"}
    office.rounds()
    assert office.record.counts().files == 1


def test_a_writer_that_pauses_is_waited_for_and_read_once(office: Office) -> None:
    content = png(1)[:-4]  # to the end mark and no further
    path = office.drop("slow.png", content[:40])
    for cut in (*range(44, len(content), 4), len(content)):
        office.rounds(5.0)
        path.write_bytes(content[:cut])
    office.rounds()
    office.read()
    office.rounds()
    assert (office.tree(), office.sightings()) == ({"done/slow.png"}, 1)


@pytest.mark.parametrize("when", ["claimed", "done", "refused"])
def test_what_is_written_after_the_claim_is_taken_too(office: Office, when: str) -> None:
    """The writer keeps its file open through our renames, and goes on."""
    path = office.drop("a.png", png(1))
    with path.open("ab") as writer:
        office.rounds()
        if when != "claimed":
            office.read(RefusalReason.TORN if when == "refused" else None)
            office.rounds()
            assert f"{when}/a.png" in office.tree()
        writer.write(b"more")
        writer.flush()
        office.read()
        office.rounds(5.0)
        office.read()
        office.rounds(5.0)
    assert office.tree() == {"done/a.png"}
    assert (office.inbox / "done" / "a.png").read_bytes() == png(1) + b"more"
    assert (office.record.counts().files, office.sightings()) == (2, 2)


def test_the_same_bytes_again_are_a_second_sighting(office: Office) -> None:
    for name in ("a.png", "b.png"):
        office.drop(name, png(1))
        office.rounds()
        office.read()
        office.rounds()
    office.drop("a.png", png(2))
    office.rounds()
    office.read()
    office.rounds()
    assert office.tree() == {"done/a.png", "done/b.png", "done/a (2).png"}
    assert (office.record.counts().files, office.sightings()) == (2, 3)


def test_links_pipes_and_devices_are_refused_unopened(office: Office) -> None:
    (office.inbox / "link.png").symlink_to("/etc/hostname")
    (office.inbox / "away.png").symlink_to("/nowhere")
    (office.inbox / "folder").symlink_to(office.inbox.parent)
    os.mkfifo(office.inbox / "pipe.png")  # whoever opened it to read would wait for ever
    office.drop("x.pdf/a.png", png(1))
    office.rounds()
    office.read()
    office.rounds()
    odd = {"refused/link.png", "refused/away.png", "refused/folder", "refused/pipe.png"}
    assert office.tree() | {"refused/folder"} == {
        "done/x.pdf/a.png",
        *odd,
        *(f"{name}.reason.txt" for name in odd),
    }
    assert office.record.counts().files == 1
    assert "It is a pipe, not a file." in (office.inbox / "refused" / "pipe.png.reason.txt").read_text()


def test_junk_is_passed_over(office: Office) -> None:
    junk = {"._a.png", "Thumbs.db", ".DS_Store", "~$a.png", "@eaDir/a.png", "a.png.part"}
    for name in junk:
        office.drop(name, png(1))
    assert not office.rounds().pending
    assert office.tree() == junk


def test_every_office_gets_its_turn(office: Office) -> None:
    for number in range(50):
        office.drop(f"North/{number:02d}.png", png(number))
    office.rounds()
    office.drop("South/late.png", png(99))
    for _ in range(5):
        office.read()
        office.rounds(1.0)
        assert len(office.loop.claims.held()) <= RULES.claims_at_a_time
    assert "done/South/late.png" in office.tree()
    assert any(name.startswith("North/") for name in office.tree())


def test_whatever_a_dead_service_left_is_gone_on_with(office: Office) -> None:
    """Claimed but not recorded, recorded but not read, read but not moved: the same claims, met once."""
    for number in range(3):
        office.drop(f"{number}.png", png(number))
        office.rounds()
        office.loop.claims.close()
        if number == 2:
            office.read()
        office.loop = office.service()
    office.rounds()
    office.read()
    office.rounds()
    assert office.tree() == {f"done/{number}.png" for number in range(3)}
    assert office.sightings() == 3
    assert [path.name for path in (office.inbox / ".jana" / "claims").iterdir()] == [
        office.loop.claims.service
    ]


def test_two_services_share_an_inbox(office: Office) -> None:
    other = office.service()
    for number in range(6):
        office.drop(f"{number}.png", png(number))
    for _ in range(8):
        office.rounds(1.0)
        office.rounds(1.0, other)
        office.read()
    assert office.tree() == {f"done/{number}.png" for number in range(6)}
    assert (office.record.counts().files, office.sightings()) == (6, 6)


def test_a_service_that_was_asleep_lets_its_claim_go(office: Office) -> None:
    office.drop("a.png", png(1))
    office.rounds()
    heir = office.service()
    heir.round()
    office.now_s += RULES.lease_s + 1
    heir.round()  # it has seen no sign of life for all that time
    office.read()
    office.rounds(3.0, heir)
    assert office.tree() == {"done/a.png"}
    assert not office.rounds().pending
    assert (office.tree(), office.sightings()) == ({"done/a.png"}, 1)


def test_nothing_is_claimed_while_the_record_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseError("The database is away.")

    office.drop("a.png", png(1))
    with monkeypatch.context() as outage:
        outage.setattr(Record, "unfinished", away)
        outage.setattr(Record, "take", away)
        office.loop.round()
        for _ in range(5):
            office.now_s += 1.0
            if office.now_s >= 1002.0:
                with pytest.raises(DatabaseError):
                    office.loop.round()
    assert office.tree() == {"a.png"}
    office.rounds()
    assert office.tree() == {"claimed"}


def test_a_file_that_cannot_be_read_is_told_of_and_holds_up_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root may read everything, the refusal of the system is played."""
    bad = office.drop("bad.png", png(1))
    office.drop("good.png", png(2))
    real = os.open

    def opened(path: object, *more: object) -> int:
        if path == bad:
            raise PermissionError(13, "Permission denied")
        return real(path, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as denied:
        denied.setattr("scanner.watch.completeness.os.open", opened)
        done = office.rounds()
        office.read()
        done = office.rounds()
    assert (done.troubles, done.pending) == (("a file cannot be read: Permission denied",), False)
    assert office.tree() == {"bad.png", "done/good.png"}
    office.rounds()
    assert office.tree() == {"claimed", "done/good.png"}


def test_an_empty_mount_point_is_not_an_empty_inbox(office: Office) -> None:
    office.drop("a.png", png(1))
    office.rounds(1.0)
    away = office.inbox.with_name("away")
    office.inbox.rename(away)
    with pytest.raises(FileNotFoundError):
        office.loop.round()
    office.inbox.mkdir()
    with pytest.raises(InboxError, match="mounted"):
        office.loop.round()
    assert office.tree() == set()
    office.inbox.rmdir()
    away.rename(office.inbox)
    office.rounds()
    assert office.tree() == {"claimed"}


def test_a_share_that_is_mounted_anew_is_gone_on_with(office: Office) -> None:
    """It has another number then, and our folder is on it."""
    office.drop("a.png", png(1))
    office.rounds()
    anew = office.inbox.with_name("anew")
    shutil.copytree(office.inbox, anew)
    shutil.rmtree(office.inbox)
    anew.rename(office.inbox)
    office.read()
    office.rounds(5.0)
    office.read()
    office.rounds()
    assert office.tree() == {"done/a.png"}


def test_a_file_that_is_too_large_is_refused_by_its_hash(office: Office) -> None:
    office.drop("large.png", png(1) + bytes(FILE_BYTES))
    office.rounds(RULES.settle_limit_s + 3)
    assert office.tree() == {"refused/large.png", "refused/large.png.reason.txt"}
    assert [row.reason for row in office.record.refused_rows()] == ["too_large"]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("LOUD: no right to mount a tmpfs here, so the full disk was NOT tried")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_store_stops_the_claiming_and_resumes_by_itself(
    tmp_path: Path, embedded_url: str, tiny: Path
) -> None:
    office = Office(tmp_path, embedded_url, tiny / "store")
    ballast = tiny / "ballast"
    ballast.write_bytes(bytes(5 << 20))
    office.drop("a.png", png(1))
    office.rounds(1.0)
    for _ in range(3):
        office.now_s += 2.0
        with pytest.raises(StoreError, match="No space left"):
            office.loop.round()
    assert office.tree() == {"a.png"}
    assert [path for path in (tiny / "store").rglob("*") if path.is_file()] == []
    ballast.unlink()
    office.rounds()
    office.read()
    office.rounds()
    assert office.tree() == {"done/a.png"}
