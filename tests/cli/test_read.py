"""`jana read`: the whole way from a scan to the record, by the real command."""

from __future__ import annotations

from pathlib import Path

from calibration.truth import DrawnKind
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import write_stack

MARKS = (20.0, 45.0, 62.5, 91.0)
ITEM_FIELDS = [
    *("sheet_id", "instrument", "version", "language", "case", "session", "session_date", "subject"),
    *("rater", "unit", "item", "item_number", "position_mm", "score", "status", "reasons", "confidence"),
    *("scan_sha256", "scan_name", "scan_page", "read_at", "decided_by"),
]


def test_a_stack_is_read_into_the_record_once(jana: Jana, tmp_path: Path) -> None:
    forms = printed(
        jana, tmp_path, "ors,fi,A-1,3,2026-11-30,child,mother,North", "ors,en,,,,,,", "ors,en,,,,,,"
    )
    filled = forms.scan(1, MARKS), forms.scan(2, (30.0, DrawnKind.BLANK, DrawnKind.DOUBLE, 70.0))
    stack = write_stack(tmp_path / "stack.pdf", filled)
    overlays = tmp_path / "overlays"

    first = jana("read", stack, "--json", "--overlay", overlays)

    assert first.code == 0
    assert [(page["scan_name"], page["scan_page"], page["sheet_id"]) for page in first.objects] == [
        ("stack.pdf", 1, forms.ids[0]),
        ("stack.pdf", 2, forms.ids[1]),
    ]
    assert {(page["outcome"], page["reason"]) for page in first.objects} == {("read", None)}
    items = first.objects[0]["items"]
    assert [list(item) for item in items] == [ITEM_FIELDS] * 4
    assert [item["status"] for item in items] == ["accepted"] * 4
    assert all(abs(item["position_mm"] - mark) < 0.5 for item, mark in zip(items, MARKS, strict=True))
    assert (items[0]["case"], items[0]["session"], items[0]["session_date"]) == ("A-1", 3, "2026-11-30")
    assert (items[0]["subject"], items[0]["rater"], items[0]["unit"]) == ("child", "mother", "North")
    awkward = first.objects[1]["items"]
    assert [item["status"] for item in awkward] == ["accepted", "review", "review", "accepted"]
    assert [item["score"] is None for item in awkward] == [False, True, True, False]
    assert "blank" in awkward[1]["reasons"]
    assert awkward[1]["position_mm"] is None
    assert "multiple" in awkward[2]["reasons"]
    assert len(list(overlays.glob("stack.pdf-p*.png"))) == len(list(overlays.iterdir())) == 2

    before = jana("results").out
    again = jana("read", stack, "--json")
    assert again.code == 0
    assert {page["outcome"] for page in again.objects} == {"seen_before"}
    assert again.objects[0]["items"] == items
    assert "seen before 2" in again.err
    assert jana("results").out == before
    assert [row["sheet_id"] for row in jana("results", "--outstanding").rows] == [forms.ids[2]]
