"""Bytes that were put are there, whole, once; what is no file is not opened; nothing half-written stays."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.intake.scan_store import FolderScanStore, ScanStore, StoredScan, StoreError
from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileRefusal

LIMIT = 10_000_000


@pytest.fixture
def store(tmp_path: Path) -> FolderScanStore:
    return FolderScanStore(tmp_path / "store", LIMIT)


def leftovers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store" / "incoming").iterdir())


def put(store: ScanStore, path: Path) -> StoredScan:
    kept = store.put(path)
    assert isinstance(kept, StoredScan), kept
    return kept


def refused(store: ScanStore, path: Path) -> RefusalReason:
    found = store.put(path)
    assert isinstance(found, FileRefusal), found
    return found.reason


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=300), copies=st.sampled_from([1, 2, 9_000]))
def test_what_is_put_can_be_read_again(
    content: bytes, copies: int, store: FolderScanStore, tmp_path: Path
) -> None:
    source = tmp_path / "scan"
    source.write_bytes(content * copies)
    kept = put(store, source)
    assert kept.sha256 == hashlib.sha256(content * copies).hexdigest()
    assert kept.size_bytes == len(content) * copies
    assert kept.stored == store.path_of(kept.sha256).name
    assert store.path_of(kept.sha256).read_bytes() == content * copies
    assert store.verify(kept.sha256)
    assert source.read_bytes() == content * copies
    assert leftovers(tmp_path) == []


def test_the_same_bytes_are_kept_once_whatever_they_are_called(
    store: FolderScanStore, tmp_path: Path
) -> None:
    names = ["scan.pdf", "-rf", "line\nbreak", "=cmd()", "x" * 255, os.fsdecode(b"latin\xe4.pdf")]
    kept = []
    for name in names:
        (tmp_path / name).write_bytes(b"content")
        kept.append(put(store, tmp_path / name))
    assert len(set(kept)) == 1
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert files == [store.path_of(kept[0].sha256)]


def test_nobody_else_may_look(store: FolderScanStore, tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(b"content")
    kept = put(store, tmp_path / "scan")
    assert stat.S_IMODE(store.path_of(kept.sha256).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path_of(kept.sha256).parent.stat().st_mode) == 0o700


def test_what_is_not_a_regular_file_is_not_opened(
    store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened"))
        for name in ("link", "folder.pdf", "pipe", "socket"):
            assert refused(store, tmp_path / name) is RefusalReason.NOT_A_SCAN
        assert refused(store, Path("/dev/zero")) is RefusalReason.NOT_A_SCAN


def test_a_link_put_in_place_at_the_last_moment_is_not_followed(
    store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    source = tmp_path / "scan"
    source.write_bytes(b"content")
    true_lstat = Path.lstat

    def exchange(path: Path) -> os.stat_result:
        status = true_lstat(path)
        if path == source:
            source.unlink()
            source.symlink_to(tmp_path / "secret")
        return status

    monkeypatch.setattr(Path, "lstat", exchange)
    assert refused(store, source) is RefusalReason.DAMAGED


def test_too_large_or_missing(store: FolderScanStore, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LIMIT + 1)
    assert refused(store, tmp_path / "large") is RefusalReason.TOO_LARGE
    assert refused(store, tmp_path / "missing") is RefusalReason.DAMAGED
    assert refused(store, tmp_path / "missing" / ".." / "gone") is RefusalReason.DAMAGED


def test_an_empty_file_is_kept_too(store: FolderScanStore, tmp_path: Path) -> None:
    """It is refused when it is looked at, under its hash like every other."""
    (tmp_path / "empty").touch()
    assert put(store, tmp_path / "empty").size_bytes == 0


def test_a_file_that_grows_while_it_is_copied_is_not_kept(
    store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "scan"
    source.write_bytes(b"first part")
    true_read = os.read

    def read_and_append(descriptor: int, length: int) -> bytes:
        step = true_read(descriptor, length)
        if not step:
            with source.open("ab") as writer:
                writer.write(b"second part")
        return step

    monkeypatch.setattr(os, "read", read_and_append)
    assert refused(store, source) is RefusalReason.TORN
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind_and_heals(
    call: str, store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "scan"
    source.write_bytes(b"content")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(StoreError, match="No space left"):
            store.put(source)
    assert leftovers(tmp_path) == []
    assert source.read_bytes() == b"content"
    assert store.path_of(put(store, source).sha256).read_bytes() == b"content"


def test_a_source_that_cannot_be_read_is_no_fault_of_the_store(
    store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scan").write_bytes(b"content")

    def broken(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "read", broken)
    assert refused(store, tmp_path / "scan") is RefusalReason.DAMAGED
    assert leftovers(tmp_path) == []


def test_bytes_are_on_the_disk_before_they_get_their_name(
    store: FolderScanStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def noted(name: str, true: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            calls.append(name)
            true(*arguments)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    (tmp_path / "scan").write_bytes(b"content")
    put(store, tmp_path / "scan")
    assert calls.index("fsync") < calls.index("replace")
    assert calls[-1] == "fsync", "the folder's entry is made durable too"


def test_spoilt_bytes_are_noticed_and_mended_by_the_next_put(store: FolderScanStore, tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(b"content")
    kept = put(store, tmp_path / "scan")
    store.path_of(kept.sha256).write_bytes(b"c0ntent")
    assert not store.verify(kept.sha256)
    assert put(store, tmp_path / "scan") == kept
    assert store.verify(kept.sha256)


def test_a_missing_scan_is_told(store: FolderScanStore) -> None:
    unknown = "0" * 64
    assert not store.verify(unknown)
    with pytest.raises(StoreError, match="missing"):
        store.path_of(unknown)
    with pytest.raises(ValueError, match="etc"):
        store.path_of("../../etc/passwd")


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    FolderScanStore(tmp_path / "store", LIMIT)
    dead, living = (tmp_path / "store" / "incoming" / f"{name}.part" for name in ("dead", "living"))
    dead.write_bytes(b"half")
    with living.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        FolderScanStore(tmp_path / "store", LIMIT)
        assert leftovers(tmp_path) == [living]
    FolderScanStore(tmp_path / "store", LIMIT)
    assert leftovers(tmp_path) == []
