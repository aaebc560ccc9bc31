"""`jana read`: the whole way from a scan to the record, by the real command."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from calibration.truth import DrawnKind
from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import Forms, write_stack

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
    for row in jana("results").rows:
        if row["score"]:
            tenths = (Decimal(row["position_mm"]) / 10).quantize(Decimal("0.1"), ROUND_HALF_UP)
            assert row["score"] == str(tenths)
    again = jana("read", stack, "--json")
    assert again.code == 0
    assert {page["outcome"] for page in again.objects} == {"seen_before"}
    assert again.objects[0]["items"] == items
    assert "seen before 2" in again.err
    assert jana("results").out == before
    assert [row["sheet_id"] for row in jana("results", "--outstanding").rows] == [forms.ids[2]]


def test_the_terminal_shows_scores_and_whom_to_ask(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,[b]A-1,,,child,mother,", "lass,fi,,,,,,")
    stack = write_stack(
        tmp_path / "a stack.pdf",
        [forms.scan(1, (20.0, 45.0, DrawnKind.DOUBLE, 91.0)), forms.scan(2, (10.0, 20.0, 60.0))],
    )

    answer = jana("read", stack)

    assert answer.code == 0
    heading, first, remark, second = answer.out.splitlines()
    assert heading == "a stack.pdf"
    assert first.split() == ["1", "ors", "[b]A-1", "child,", "mother", "2.0", "4.5", "?", "9.1", "–"]
    assert remark.strip() == "line 3: more than one mark"
    assert second.split() == ["2", "lass", "1.0", "2.0", "6.0", "9.0"]
    assert max(len(line) for line in answer.out.splitlines()) < 80
    assert "Pages: 2 - read 2" in answer.err
    assert "settled 6, waiting for a person 1" in answer.err


def test_the_same_sheet_again_is_a_sighting_or_a_conflict(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,A-1,,,,,")
    assert jana("read", write_stack(tmp_path / "1.pdf", [forms.scan(1, MARKS)])).code == 0
    first = jana("results").rows

    alike = jana("read", write_stack(tmp_path / "2.pdf", [forms.scan(1, MARKS, seed=2, dpi=200)]), "--json")
    assert alike.objects[0]["outcome"] == "read"
    assert jana("results").rows == first

    other = (20.0, 55.0, DrawnKind.BLANK, 91.0)
    jana("read", write_stack(tmp_path / "3.pdf", [forms.scan(1, other, seed=3)]))
    now = jana("results").rows
    assert [row["status"] for row in now] == ["accepted", "review", "review", "accepted"]
    assert [row["reasons"] for row in now] == ["", "conflict", "conflict", ""]
    assert [row["position_mm"] for row in now] == [row["position_mm"] for row in first]
    assert [row["score"] for row in now] == [row["score"] for row in first]
    shown = jana("sheet", "show", forms.ids[0]).out
    assert [line.split()[-1] for line in shown.splitlines() if ".pdf" in line] == [
        "first",
        "sighting",
        "conflict",
    ]


def test_a_void_sheet_that_comes_back_is_refused(jana: Jana, tmp_path: Path) -> None:
    void, good = printed(jana, tmp_path, "ors,en,,,,,,", "ors,en,,,,,,").ids
    forms = Forms(tmp_path / "forms.pdf", tmp_path / "forms.csv")
    jana("sheet", "void", void, "--reason", "spoilt")

    stack = write_stack(tmp_path / "stack.pdf", [forms.scan(1, MARKS), forms.scan(2, MARKS)])
    answer = jana("read", stack, "--json", "--strict")

    assert answer.code == ExitCode.REFUSED
    refused, read = answer.objects
    assert (refused["outcome"], refused["reason"], refused["items"]) == ("refused", "void_sheet", [])
    assert (read["outcome"], read["sheet_id"]) == ("read", good)
    (row,) = jana("results", "--refused").rows
    assert (row["reason"], row["scan_page"]) == ("void_sheet", "1")
    assert void in row["detail"]
    assert {row["sheet_id"] for row in jana("results").rows} == {good}


def test_pictures_can_be_had_of_what_was_read_before(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,,,,,,")
    stack = write_stack(tmp_path / "=stack\x1b.pdf", [forms.scan(1, MARKS)])
    jana("read", stack)
    before = jana("results").out

    answer = jana("read", stack, "--overlay", tmp_path / "pictures", "--json")

    assert [page["outcome"] for page in answer.objects] == ["seen_before"]
    (picture,) = (tmp_path / "pictures").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.name.isprintable()
    assert jana("results").out == before


def test_an_overlay_folder_that_cannot_be_made_stops_before_reading(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,,,,,,")
    stack = write_stack(tmp_path / "stack.pdf", [forms.scan(1, MARKS)])

    answer = jana("read", stack, "--overlay", forms.pdf / "inside a file")

    assert answer.code == ExitCode.ERROR
    assert jana("results").rows == []
