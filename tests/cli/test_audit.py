"""`jana audit`: the first bad entry is named, and an anchor shows what was cut off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from scanner.errors import ExitCode
from scanner.record.schema import audit
from tests.acceptance.command import Jana, printed
from tests.record.tampering import unguarded


@pytest.fixture
def url(jana: Jana, home: Path, tmp_path: Path) -> str:
    """A record with a few entries in its log."""
    printed(jana, tmp_path, "ors,en,A,,,,,")
    for _ in range(3):
        assert jana("results").code == 0
    return f"sqlite:///{home / 'jana.sqlite'}"


def test_a_log_that_holds(jana: Jana, url: str) -> None:
    answer = jana("audit", "verify")
    assert answer.code == 0
    assert answer.out.startswith("The log holds. Entries: 5. The last: 5 ")
    told = json.loads(jana("audit", "verify", "--json").out)
    assert (told["holds"], told["entries"], told["fault"]) == (True, 5, None)
    assert answer.out.strip().endswith(told["head"]["digest"]), "looking leaves no entry behind"


def test_the_first_bad_entry_is_named(jana: Jana, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with unguarded(url) as connection:
        connection.execute(update(audit).where(audit.c.sequence >= 3).values(actor="nobody"))
    answer = jana("audit", "verify")
    assert (answer.code, answer.out) == (
        ExitCode.ERROR,
        "The log does not hold. Entry 3: it was changed.\n",
    )
    told = json.loads(jana("audit", "verify", "--json").out)
    assert told["fault"] == {"sequence": 3, "what": "the entry was changed"}
    monkeypatch.setenv("JANA_LANGUAGE", "fi")
    assert "Merkintä 3: merkintää on muutettu." in jana("audit", "verify").out


def test_what_was_cut_off_shows_beside_an_anchor(jana: Jana, url: str, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "anchor.json"
    assert jana("audit", "anchor", "--out", kept).code == 0
    first = kept.read_text()
    jana("results")
    assert jana("audit", "verify", "--anchor", kept).code == 0
    with unguarded(url) as connection:
        connection.execute(delete(audit).where(audit.c.sequence >= 5))

    assert jana("audit", "verify").code == 0, "without the anchor nobody can tell"
    answer = jana("audit", "verify", "--anchor", kept)
    assert answer.code == ExitCode.ERROR
    assert "Entry 5: the log was cut off here" in answer.out
    assert jana("audit", "anchor", "--out", kept).code == ExitCode.ERROR
    assert kept.read_text() == first, "an anchor that shows a gap is not replaced"


def test_a_log_that_was_emptied_does_not_hold(jana: Jana, url: str) -> None:
    with unguarded(url) as connection:
        connection.execute(delete(audit))
    answer = jana("audit", "verify")
    assert answer.code == ExitCode.ERROR
    assert "Entry 1: the entry is missing" in answer.out


def test_a_file_that_is_no_anchor_is_named(jana: Jana, url: str, tmp_path: Path) -> None:
    stray = tmp_path / "stray.json"
    for content in ("", "[]", "{}", '{"sequence": "x", "digest": ""}'):
        stray.write_text(content)
        answer = jana("audit", "verify", "--anchor", stray)
        assert (answer.code, "is no anchor" in answer.err) == (ExitCode.ERROR, True), content
    assert "cannot be read" in jana("audit", "verify", "--anchor", tmp_path / "none").err


def test_without_a_record_there_is_nothing_to_check(jana: Jana) -> None:
    assert jana("audit", "verify").code == ExitCode.DATABASE
