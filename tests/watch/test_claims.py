"""Claims: one service has a file, another takes over what a dead one leaves, and a sleeper loses in peace."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.watch import claims as claims_module
from scanner.watch import durable
from scanner.watch.claims import ALIVE, Claim, Claims
from scanner.watch.inbox import Entry, Inbox

LEASE_S = 120.0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "North").mkdir()
    return tmp_path


def service(inbox: Path) -> Claims:
    made = Claims(inbox, LEASE_S)
    made.ensure()
    return made


def drop(inbox: Path, name: str, office: str = "") -> Entry:
    (inbox / office / name).write_bytes(os.fsencode(name))
    return next(it for it in Inbox(inbox).entries() if isinstance(it, Entry) and it.path.name == name)


def claimed(by: Claims, entry: Entry) -> Claim:
    claim = by.claim(entry)
    assert claim is not None
    return claim


def test_of_two_services_one_gets_the_file(inbox: Path) -> None:
    first, second = service(inbox), service(inbox)
    entry = drop(inbox, "a.pdf", "North")
    claim = claimed(first, entry)
    assert second.claim(entry) is None
    assert (claim.office, claim.name, claim.path.read_text()) == ("North", b"a.pdf", "a.pdf")
    assert (first.held(), second.held()) == ([claim], [])
    assert not entry.path.exists()


@pytest.mark.parametrize(
    "name", ["a\nb", "\x1b[31m", "\u202egpj.exe", "😀", os.fsdecode(b"\xff\xfe"), "-rf", "=cmd()", "x" * 255]
)
def test_any_name_is_kept_as_it_is(inbox: Path, name: str) -> None:
    ours = service(inbox)
    claim = claimed(ours, drop(inbox, name))
    assert claim.name == os.fsencode(name)
    assert ours.held() == [claim]


def test_a_live_service_s_claims_are_left_alone(inbox: Path) -> None:
    alive, other = service(inbox), service(inbox)
    claim = claimed(alive, drop(inbox, "a.pdf"))
    for now_s in (0.0, LEASE_S - 1, LEASE_S + 1):
        alive.beat()
        assert other.adopt(now_s) == 0
    assert alive.held() == [claim]


DIES = """
import os, signal, sys
from pathlib import Path
from scanner.watch.claims import Claims
from scanner.watch.inbox import Inbox
inbox = Path(sys.argv[1])
claims = Claims(inbox, 120.0)
claims.ensure()
for entry in Inbox(inbox).entries():
    claims.claim(entry)
print(claims.service, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_service_leaves_is_taken_over_at_once(inbox: Path) -> None:
    drop(inbox, "a.pdf", "North")
    drop(inbox, "b.pdf")
    dead = subprocess.run(
        [sys.executable, "-c", DIES, str(inbox)], capture_output=True, text=True, check=False
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    heirs = [service(inbox), service(inbox)]
    assert sum(heir.adopt(0.0) for heir in heirs) == 2
    held = [claim for heir in heirs for claim in heir.held()]
    assert {(claim.name, claim.office) for claim in held} == {(b"a.pdf", "North"), (b"b.pdf", "")}
    assert not (inbox / ".jana" / "claims" / dead.stdout.strip()).exists()


def test_a_service_elsewhere_is_given_its_time(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks say nothing of another machine; its sign of life is watched by our own clock."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(claims_module, "_this_host", lambda: "elsewhere")
        silent = service(inbox)
    claim = claimed(silent, drop(inbox, "a.pdf"))
    ours = service(inbox)
    assert [ours.adopt(now_s) for now_s in (50.0, 50.0 + LEASE_S - 1)] == [0, 0]
    assert ours.adopt(50.0 + LEASE_S) == 1
    assert [one.token for one in ours.held()] == [claim.token]
    # It was only asleep: its claim is gone, and so is its folder, which it makes anew.
    assert not claim.path.exists()
    silent.let_go(claim)
    silent.ensure()
    assert silent.held() == []
    claimed(silent, drop(inbox, "b.pdf"))


def test_a_clean_end_leaves_no_folder_or_claims_for_the_next_start(inbox: Path) -> None:
    idle, busy = service(inbox), service(inbox)
    claim = claimed(busy, drop(inbox, "a.pdf"))
    idle.close()
    busy.close()
    assert [path.name for path in (inbox / ".jana" / "claims").iterdir()] == [busy.service]
    following = service(inbox)
    assert following.adopt(0.0) == 1
    assert [one.token for one in following.held()] == [claim.token]


@pytest.mark.parametrize("left", [(), (ALIVE,)])
def test_a_service_that_died_in_its_first_or_last_moment_leaves_nothing(
    inbox: Path, left: tuple[str, ...]
) -> None:
    dead = inbox / ".jana" / "claims" / "dead"
    dead.mkdir(parents=True)
    for name in left:
        (dead / name).touch()
    service(inbox).adopt(0.0)
    assert not dead.exists()


def test_claims_without_a_readable_sign_of_life_are_taken_over_when_nobody_holds_the_lock(
    inbox: Path,
) -> None:
    """A power cut may keep the claim and lose the sign, which is not worth a sync every few seconds."""
    before = service(inbox)
    claim = claimed(before, drop(inbox, "a.pdf"))
    (claim.folder.parent / ALIVE).write_bytes(b"")
    heir = service(inbox)
    assert heir.adopt(0.0) == 0
    before.close()
    assert heir.adopt(0.0) == 1
    assert [one.token for one in heir.held()] == [claim.token]


def test_a_start_that_is_taken_for_a_dead_one_begins_again(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, made = Claims(inbox, LEASE_S), []
    make = Claims._make

    def tidied(claims: Claims) -> None:
        make(claims)
        made.append(claims)
        if len(made) == 1:
            (inbox / ".jana" / "claims" / ours.service / ALIVE).unlink()
            (inbox / ".jana" / "claims" / ours.service).rmdir()

    monkeypatch.setattr(Claims, "_make", tidied)
    ours.ensure()
    assert len(made) == 2
    claimed(ours, drop(inbox, "a.pdf"))


def test_a_claim_that_was_never_made_is_cleared_away(inbox: Path) -> None:
    """Killed between the note and the move: the file is still in the inbox, only the note is left."""
    ours = service(inbox)
    claim = claimed(ours, drop(inbox, "a.pdf"))
    claim.path.rename(inbox / "a.pdf")
    assert ours.held() == []
    assert [path.name for path in claim.folder.parent.iterdir()] == [ALIVE]


@pytest.mark.parametrize("note", [b"", b"{", b'{"office": "../../etc"}', b'{"office": "/etc"}', b"[]"])
def test_a_spoilt_note_costs_the_office_and_not_the_file(inbox: Path, note: bytes) -> None:
    ours = service(inbox)
    claim = claimed(ours, drop(inbox, "a.pdf", "North"))
    (claim.folder / ".claim").write_bytes(note)
    assert [(one.path, one.office) for one in ours.held()] == [(claim.path, "")]


def test_our_folder_that_somebody_removed_is_made_again(inbox: Path) -> None:
    ours = service(inbox)
    (inbox / ".jana" / "claims" / ours.service / ALIVE).unlink()
    (inbox / ".jana" / "claims" / ours.service).rmdir()
    with pytest.raises(FileNotFoundError):
        ours.claim(drop(inbox, "a.pdf"))
    assert (inbox / "a.pdf").exists()
    ours.ensure()
    claimed(ours, drop(inbox, "a.pdf"))


def test_a_claim_whose_folders_cannot_be_synced_is_ours_with_its_office(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, entry = service(inbox), drop(inbox, "a.pdf", "North")

    def failing(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(durable, "sync_folder", failing)
    with pytest.raises(OSError, match="Input/output"):
        ours.claim(entry)
    assert [(one.name, one.office) for one in ours.held()] == [(b"a.pdf", "North")]


def test_an_office_that_is_removed_behind_its_last_file_does_not_cost_the_file(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, entry = service(inbox), drop(inbox, "a.pdf", "North")
    sync = durable.sync_folder

    def removed(path: Path) -> None:
        if path == inbox / "North":
            path.rmdir()
        sync(path)

    monkeypatch.setattr(durable, "sync_folder", removed)
    assert claimed(ours, entry) == ours.held()[0]
    assert ours.held()[0].office == "North"
