"""`jana backup` and `jana restore`, as somebody calls them whose disk broke."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed


def test_a_home_that_was_lost_comes_back(jana: Jana, home: Path, tmp_path: Path) -> None:
    printed(jana, tmp_path, "ors,en,A-1,1,2026-11-30,client,self,North")
    note = tmp_path / "note.txt"
    note.write_text("no scan at all")
    jana("read", note)
    backup = tmp_path / "backup.tar"

    made = jana("backup", "--out", backup)

    assert made.code == 0, made.err
    assert "scans: 1" in made.err
    assert "The log holds" in made.out
    assert jana("backup", "--out", backup).code == ExitCode.ERROR
    outstanding, refused = jana("results", "--outstanding").out, jana("results", "--refused").out
    later = tmp_path / "later.txt"
    later.write_text("another")
    jana("read", later)
    assert jana("restore", backup).code == ExitCode.ERROR

    shutil.rmtree(home)
    home.mkdir()
    answer = jana("restore", backup)
    assert (answer.code, "Record and scans match." in answer.err) == (0, True), answer.err
    assert jana("results", "--outstanding").out == outstanding
    assert jana("results", "--refused").out == refused
    seen = jana("read", note, "--json").objects
    assert [page["outcome"] for page in seen] == ["seen_before"]


def test_what_does_not_match_is_told_in_words_and_as_json(jana: Jana, home: Path, tmp_path: Path) -> None:
    notes = [tmp_path / name for name in ("a.txt", "b.txt")]
    for note in notes:
        note.write_text(note.name)
    jana("read", notes[0])
    assert json.loads(jana("backup", "--out", tmp_path / "backup", "--json").out)["scans"] == 1
    jana("read", notes[1])
    (older,) = (path for path in (home / "scans").glob("??/*") if path.read_text() == "a.txt")
    newer = next(path for path in (home / "scans").glob("??/*") if path != older)
    older.unlink()
    (kept,) = (tmp_path / "backup" / "scans").glob("??/*")
    kept.write_text("rot")

    answer = jana("restore", tmp_path / "backup", "--replace", "--json")

    told = json.loads(answer.out)
    assert answer.code == ExitCode.ERROR
    assert told["rows_without_bytes"] == told["damaged_in_backup"] == [older.parent.name + older.name]
    assert told["scans_without_rows"] == [newer.parent.name + newer.name]
    assert Path(told["record_before"]).exists()
    answer = jana("restore", tmp_path / "backup", "--replace")
    assert "Scans that the record does not know; drop them again: 1\n" in answer.out
    assert jana("backup", "--out", tmp_path / "again").code == ExitCode.ERROR, "a scan is missing"
    assert [page["outcome"] for page in jana("read", notes[1], "--json").objects] == ["refused"]
