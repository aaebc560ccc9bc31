"""Whoever writes into the inbox slowly, late, or in a roundabout way: each file is read once and whole."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.faults.drops import Content
from tests.faults.stand import Stand, until


def test_a_file_that_comes_slowly_or_by_a_link_is_read_once_and_whole(stand: Stand, tmp_path: Path) -> None:
    service = stand.start(JANA_WATCH__SETTLE_LIMIT_S="600")
    whole = stand.paper.stack(tmp_path, 0, 1)
    renamed, linked, slow, slower = (
        stand.planned(stand.paper.jpeg(number), name)
        for number, name in ((0, "renamed.jpg"), (1, "linked.jpg"), (2, "slow.jpg"), (3, "slower.jpg"))
    )
    copied = stand.planned(whole, "copied.pdf", "North")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(renamed.content.data)
    elsewhere.rename(stand.inbox / renamed.name)
    other_name = tmp_path / "linked"
    other_name.write_bytes(linked.content.data)
    os.link(other_name, stand.inbox / linked.name)
    (stand.inbox / "North").mkdir()
    for one in (slow, slower, copied):
        _write_slowly(stand.inbox / one.office / one.name, one.content.data)
    until(stand.all_ended, service)
    assert stand.stop_and_judge(service) == []
    stand.assert_all_is_well()


def test_what_is_appended_after_the_claim_or_the_end_is_a_new_revision(stand: Stand) -> None:
    """The program keeps its file open through both of our renames."""
    service = stand.start()
    early, late = stand.paper.jpeg(0), stand.paper.jpeg(1)
    with (
        (stand.inbox / "early.jpg").open("wb", buffering=0) as at_claim,
        (stand.inbox / "late.jpg").open("wb", buffering=0) as after_end,
    ):
        at_claim.write(early.data)
        after_end.write(late.data)
        until(
            lambda: any(stand.inbox.glob(".jana/claims/*/*/early.jpg")) or _done(stand, "early.jpg"), service
        )
        at_claim.write(b"a")
        until(lambda: _done(stand, "late.jpg"), service)
        after_end.write(b"more")
        for old, drop_name in ((early, "early.jpg"), (late, "late.jpg")):
            more = b"a" if old is early else b"more"
            stand.planned(Content(old.data + more, ".jpg", old.sheets), drop_name)
            stand.revisions.add(old.sha256)
        until(lambda: _done(stand, "late.jpg", 4 + len(late.data)), service)
        until(lambda: _done(stand, "early.jpg", 1 + len(early.data)), service)
    until(lambda: not stand.broken(services=1), service)
    assert stand.stop_and_judge(service) == []
    stand.assert_all_is_well()


def _write_slowly(path: Path, data: bytes) -> None:
    """In three parts, with pauses that are longer than a file has to settle.

    Never all but the last byte: a PDF without the newline at its end is whole, and read as it is.
    """
    part = -(-len(data) // 3)
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), part):
            file.write(data[start : start + part])
            time.sleep(0.15)


def _done(stand: Stand, name: str, size: int | None = None) -> bool:
    path = stand.inbox / "done" / name
    return path.exists() and (size is None or path.stat().st_size == size)
