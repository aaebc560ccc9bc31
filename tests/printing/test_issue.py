"""No paper without a row in the record, whatever goes wrong between the two."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.definition import load_library
from forms.layout import compute_layout, layout_to_json
from scanner.errors import JanaError
from scanner.model.sheet import SheetPurpose
from scanner.printing.appearing import appearing
from scanner.printing.issue import issue
from scanner.printing.requests import SheetRequest, pool
from scanner.record import Record
from tests.postgres import embedded_template, embedded_url

__all__ = ["embedded_template", "embedded_url"]

LIBRARY = load_library()


class Killed(BaseException):
    """As if the process had died here."""


@pytest.fixture
def record(embedded_url: str) -> Record:
    return Record.open(embedded_url)


def outstanding(record: Record) -> list[str]:
    return [row.sheet_id for row in record.outstanding_rows()]


def test_sheets_are_recorded_with_the_layout_they_are_printed_with(record: Record, tmp_path: Path) -> None:
    purpose = SheetPurpose(case="A-1", session=2, rater="mother", subject="child")
    requests = [SheetRequest(LIBRARY["lass"], "sv", purpose), *pool(LIBRARY["ors"], "fi", 2)]
    steps: list[int] = []

    faces = issue(
        record,
        requests,
        tmp_path / "forms.pdf",
        manifest=None,
        licence=None,
        actor="test",
        progress=steps.append,
    )

    assert outstanding(record) == [face.sheet_id.text for face in faces]
    assert len(set(outstanding(record))) == 3
    first, second = record.find(faces[0].sheet_id.text), record.find(faces[1].sheet_id.text)
    assert first is not None
    assert second is not None
    assert (first.purpose, second.purpose) == (purpose, SheetPurpose())
    assert layout_to_json(first.layout) == layout_to_json(compute_layout(LIBRARY["lass"], "sv"))
    assert steps[-1] == 3
    assert steps == sorted(steps)


@pytest.mark.parametrize("end", [Killed, KeyboardInterrupt, JanaError, OSError])
def test_when_registering_ends_early_nothing_appears(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    def ends(*_words: object, **_named: object) -> None:
        """The pages are drawn already, under another name, and nothing is in the record."""
        assert len(list(tmp_path.glob(".*.part"))) == 2
        raise end("now")

    monkeypatch.setattr(record, "register", ends)
    with pytest.raises((end, JanaError)):
        issue(
            record,
            pool(LIBRARY["ors"], "en", 1),
            tmp_path / "forms.pdf",
            manifest=tmp_path / "forms.csv",
            licence=None,
            actor="test",
        )

    assert list(tmp_path.glob("forms.*")) == []
    assert list(tmp_path.glob(".*.part")) == []
    assert outstanding(record) == []


def test_what_cannot_be_drawn_is_not_recorded(record: Record, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="licence"):
        issue(
            record,
            pool(LIBRARY["ors"], "en", 1),
            tmp_path / "forms.pdf",
            manifest=None,
            licence="far too long " * 100,
            actor="test",
        )

    assert outstanding(record) == []
    assert list(tmp_path.glob("*.pdf")) == []


def _fail_half_way(part: Path) -> None:
    part.write_text("half")
    raise ZeroDivisionError


def test_a_file_keeps_its_old_content_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 200 + ".pdf")
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), appearing(path) as part:
        _fail_half_way(part)
    assert path.read_text() == "old"

    with appearing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
