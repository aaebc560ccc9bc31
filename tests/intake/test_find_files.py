"""Which files are meant when folders and files are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.intake.find_files import NotTaken, is_junk, scan_files, why_not


def test_folders_are_opened_in_order_and_named_files_taken_as_they_are(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.tif", "sub/c.pdf", "sub/deeper/d", "sub/.hidden/e.pdf", "@eaDir/f.pdf"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    named = tmp_path / ".named.part"
    named.touch()

    found = list(scan_files([tmp_path / "in", named, named]))

    assert [path.relative_to(tmp_path).as_posix() for path in found if isinstance(path, Path)] == [
        *("in/a.tif", "in/b.pdf", "in/sub/c.pdf", "in/sub/deeper/d", ".named.part", ".named.part"),
    ]


def test_links_pipes_and_loops_in_folders_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").touch()
    (tmp_path / "link.pdf").symlink_to(tmp_path / "scan.pdf")
    (tmp_path / "dangling.pdf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.pdf")

    assert list(scan_files([tmp_path])) == [tmp_path / "scan.pdf"]


def test_bytes_that_are_no_text_are_names_too(tmp_path: Path) -> None:
    name = os.fsdecode(b"latin-\xe4.pdf")
    (tmp_path / name).touch()

    assert list(scan_files([tmp_path])) == [tmp_path / name]


def test_a_folder_that_vanishes_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    (tmp_path / "scan.pdf").touch()
    found = scan_files([gone, tmp_path / "scan.pdf"])
    monkeypatch.setattr(Path, "is_dir", lambda path: path == gone)
    gone.rmdir()

    assert list(found) == [NotTaken(gone, "no such file or directory"), tmp_path / "scan.pdf"]


def test_why_a_file_cannot_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()

    assert why_not(tmp_path / "file") is None
    assert why_not(tmp_path / "pipe") is None  # it is the store that refuses it, with a reason
    assert why_not(tmp_path / "nothing") == "no such file or directory"


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.text(st.characters(categories=["L", "Nd"]), min_size=1), st.sampled_from(["pdf", "TIF", "jpeg"]))
def test_what_a_scanner_writes_is_no_junk(stem: str, kind: str) -> None:
    assert not is_junk(f"{stem}.{kind}")
    assert is_junk(f".{stem}.{kind}")
    assert is_junk(f"~${stem}.{kind}")
    assert is_junk(f"{stem}.{kind}.part")
