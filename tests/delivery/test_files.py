"""Files for other programs: whole, the same again, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.delivery.files import COLUMNS, Files
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Withdrawal
from scanner.settings_delivery import CsvSettings, JsonLinesSettings
from tests.delivery.settled import settled


def visible(folder: Path) -> list[str]:
    """What programs that take files from a folder see."""
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_is_a_csv_file_with_a_row_for_each_item(tmp_path: Path) -> None:
    target = Files("warehouse", CsvSettings(kind="csv", folder=tmp_path / "out"))
    partly = settled(sheet_id="J1AAAAAAAAAAAAAAAA", values=("6.2", None, "0.0", "refused"))
    assert target.deliver("abc", [settled(), partly]) == [Acknowledged("warehouse-abc.csv")] * 2
    path = tmp_path / "out" / "warehouse-abc.csv"
    assert visible(path.parent) == [path.name]
    found = rows(path)
    assert len(found) == 8
    assert tuple(found[0]) == COLUMNS
    assert [row["score"] for row in found] == ["6.2", "4.8", "7.1", "5.5", "6.2", "", "0.0", ""]
    assert [row["total"] for row in found] == ["23.6"] * 4 + [""] * 4
    assert [row["missing_reason"] for row in found[4:]] == ["", "blank", "", "refused"]
    assert found[0]["position_mm"] == "62.000"
    assert (found[0]["case"], found[0]["session"], found[0]["sheet_version"]) == ("A-1042", "3", "1")
    assert path.read_bytes().count(b"\r") == 0


def test_the_same_batch_again_is_the_same_file(tmp_path: Path) -> None:
    target = Files("warehouse", CsvSettings(kind="csv", folder=tmp_path))
    target.deliver("abc", [settled()])
    before = (tmp_path / "warehouse-abc.csv").read_bytes()
    target.deliver("abc", [settled()])
    assert (tmp_path / "warehouse-abc.csv").read_bytes() == before
    assert visible(tmp_path) == ["warehouse-abc.csv"]


def test_a_process_that_dies_anywhere_puts_a_file_down_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Died before each step in turn; and whoever takes files took it as soon as it was there."""
    taken = []
    for step in range(40):
        folder = tmp_path / str(step)
        target = Files("warehouse", CsvSettings(kind="csv", folder=folder))
        with monkeypatch.context() as patched:
            die_at(step, patched)
            with suppress(KeyboardInterrupt):
                target.deliver("abc", [settled()])
                break
        for _ in range(2):
            taken += take(folder)
            assert target.deliver("abc", [settled()]) == [Acknowledged("warehouse-abc.csv")]
        taken += take(folder)
        assert sorted(path.suffix for path in folder.rglob("*") if path.is_file()) == [".put"]
    assert len(taken) == len(set(taken)) == step, "each once"
    assert step > 10


def take(folder: Path) -> list[Path]:
    """Whatever takes files from the folder does so."""
    found = list(folder.glob("*.csv"))
    for path in found:
        path.unlink()
    return found


def die_at(step: int, patched: pytest.MonkeyPatch) -> None:
    """Dies instead of the step-th thing that reaches the disk."""
    left = iter(range(step))

    def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
        def perhaps(*arguments: Any, **named: Any) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return work(*arguments, **named)

        return perhaps

    for name in ("open", "fsync"):
        patched.setattr(os, name, mortal(getattr(os, name)))
    for name in ("replace", "mkdir"):
        patched.setattr(Path, name, mortal(getattr(Path, name)))


def test_formulas_are_disarmed_and_lines_kept_apart(tmp_path: Path) -> None:
    target = Files("warehouse", CsvSettings(kind="csv", folder=tmp_path))
    nasty = replace(settled(), case="=cmd()", unit='North, "A"\nand B', subject="-1")
    target.deliver("abc", [nasty])
    found = rows(tmp_path / "warehouse-abc.csv")
    assert {(row["case"], row["unit"], row["subject"]) for row in found} == {
        ("'=cmd()", 'North, "A"\nand B', "'-1")
    }


def test_json_lines_have_an_object_for_each_sheet(tmp_path: Path) -> None:
    target = Files("lake", JsonLinesSettings(kind="jsonl", folder=tmp_path))
    void = replace(settled(values=("6.2", None, "7.1", "5.5")), version=2, withdrawn=Withdrawal.VOID)
    target.deliver("abc", [settled(), void])
    first, second = [
        json.loads(line) for line in (tmp_path / "lake-abc.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [item["score"] for item in first["items"]] == [6.2, 4.8, 7.1, 5.5]
    assert (first["total"], first["withdrawn"], first["session_date"]) == (23.6, None, "2026-11-30")
    assert (second["sheet_version"], second["withdrawn"], second["total"]) == (2, "void", None)
    assert second["items"][1]["missing_reason"] == "blank"
    assert list(target.preview([void])) == [json.dumps(second, ensure_ascii=False)]


def test_a_folder_that_cannot_be_written_to_is_a_target_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file is in the way")
    target = Files("warehouse", CsvSettings(kind="csv", folder=tmp_path / "out"))
    with pytest.raises(TargetDownError, match="out"):
        target.deliver("abc", [settled()])
