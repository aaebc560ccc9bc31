"""Files at their end: nothing overwritten, a reason beside what was refused, and done twice is done once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.outcome import RefusalReason
from scanner.texts import LANGUAGES, texts
from scanner.watch import durable
from scanner.watch.claims import Claim
from scanner.watch.durable import make_folder, move
from scanner.watch.finish import Finish, numbered

QUICK = settings(derandomize=True, max_examples=60, deadline=None, database=None)
names = st.binary(min_size=1, max_size=255).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)
WHY = "It ends in the middle."


def claim(inbox: Path, name: bytes, content: bytes = b"scan", office: str = "", which: str = "t1") -> Claim:
    folder = inbox / ".jana" / "claims" / "service" / which
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / os.fsdecode(name)
    path.write_bytes(content)
    return Claim(which, path, office)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def finish(inbox: Path) -> Finish:
    return Finish(inbox, texts("en"))


@QUICK
@given(name=names, number=st.integers(1, 10**6))
def test_a_numbered_name_fits_beside_its_reason_and_names_stay_apart(name: bytes, number: int) -> None:
    made = numbered(name, number)
    assert len(made) + len(b".reason.txt") <= 255
    assert made != numbered(name, number + 1)
    assert number > 1 or len(name) > 240 or made == name


def test_a_name_that_is_taken_gets_a_counter(inbox: Path, finish: Finish) -> None:
    for number in range(1, 4):
        finish.done(claim(inbox, b"scan.pdf", b"%d" % number, "North/West"))
    found = {path.name: path.read_bytes() for path in (inbox / "done" / "North" / "West").iterdir()}
    assert found == {"scan.pdf": b"1", "scan (2).pdf": b"2", "scan (3).pdf": b"3"}


def test_a_restart_does_not_overwrite_either(inbox: Path) -> None:
    for number in range(3):
        Finish(inbox, texts("en")).done(claim(inbox, b"scan.pdf", b"%d" % number))
    assert len(list((inbox / "done").iterdir())) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_refused_has_its_reason_beside_it(inbox: Path, language: str) -> None:
    spoken = texts(language)
    placed = Finish(inbox, spoken).refused(claim(inbox, b"a\n\x1b[31m\xff.pdf"), RefusalReason.TORN, WHY)
    assert placed.reason_file is not None
    told = placed.reason_file.read_text("utf-8")
    assert placed.reason_file.name == f"{placed.path.name}.reason.txt"
    assert spoken.of("page_reason", "torn") in told
    assert WHY in told
    assert "\\u000a\\u001b[31m\\xff.pdf" in told  # harmless wherever it is shown
    assert "\x1b" not in told


def test_refused_twice_under_one_name_keeps_both_with_their_reasons(inbox: Path, finish: Finish) -> None:
    for which in ("t1", "t2"):
        finish.refused(claim(inbox, b"scan.pdf", which.encode(), which=which), RefusalReason.TORN, WHY)
    files = sorted(path.name for path in (inbox / "refused").iterdir())
    assert files == ["scan (2).pdf", "scan (2).pdf.reason.txt", "scan.pdf", "scan.pdf.reason.txt"]
    assert "(t2)" in (inbox / "refused" / "scan (2).pdf.reason.txt").read_text()


def test_refusing_goes_on_where_it_was_interrupted(
    inbox: Path, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the reason and the move: the next try finds its own reason, and takes no second name."""
    mine = claim(inbox, b"scan.pdf")
    calls = []

    def dies(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise KeyboardInterrupt
        move(source, target)

    monkeypatch.setattr("scanner.watch.finish.move", dies)
    with pytest.raises(KeyboardInterrupt):
        finish.refused(mine, RefusalReason.TORN, WHY)
    finish.refused(mine, RefusalReason.TORN, WHY)
    assert sorted(path.name for path in (inbox / "refused").iterdir()) == ["scan.pdf", "scan.pdf.reason.txt"]


def test_the_longest_name_gets_a_reason_too(inbox: Path, finish: Finish) -> None:
    name = "ä".encode() * 125 + b".pdf"
    placed = finish.refused(claim(inbox, name), RefusalReason.DAMAGED, WHY)
    assert placed.path.exists()
    placed.path.name.encode()  # cut between two characters, not within one


@pytest.mark.parametrize("known", [True, False], ids=["renameat2", "without"])
def test_moving_overwrites_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    if not known:
        monkeypatch.setattr(durable, "_renameat2", lambda: None)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    with pytest.raises(FileExistsError):
        move(one, two)
    assert (one.read_text(), two.read_text()) == ("1", "2")
    two.unlink()
    move(one, two)
    assert two.read_text() == "1"


def test_a_move_that_was_done_and_reported_as_failed_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a share answers after a lost reply: it tries again, and there is nothing left to move."""

    def done_and_denied(source: Path, target: Path) -> None:
        source.rename(target)
        raise FileNotFoundError

    monkeypatch.setattr(durable, "_rename_without_replacing", done_and_denied)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    move(one, two)
    assert two.read_text() == "1"


def test_a_link_in_a_folder_s_place_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "done").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "done")
