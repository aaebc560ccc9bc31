"""`jana demo`, as a newcomer sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.acceptance.command import Jana
from tests.acceptance.office import Forms, read_csv


def test_the_demo_shows_the_whole_way(
    jana: Jana, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANA_PROCESSES", "2")
    monkeypatch.setenv("JANA_LICENCE", "Our licence")  # the demo's sheets are specimens all the same
    folder = tmp_path / "demo"

    answer = jana("demo", "--out", folder)

    assert answer.code == 0
    forms = Forms(folder / "forms.pdf", folder / "forms.csv")
    assert len(forms.ids) == 20
    results = read_csv((folder / "results.csv").read_text(encoding="utf-8"))
    assert {row["sheet_id"] for row in results} == set(forms.ids)
    assert [row["reason"] for row in read_csv((folder / "refused.csv").read_text())] == ["no_code"]
    assert len(list((folder / "overlays").glob("*.png"))) == 22
    assert "0 silently wrong" in answer.err
    accepted = sum(row["status"] == "accepted" for row in results)
    assert f"{accepted} lines accepted" in answer.err
    assert accepted > 0.75 * len(results)
    scans = sorted((folder / "scans").iterdir())
    assert {path.suffix for path in scans} == {".pdf", ".tif"}
    shown = [line.split()[0] for line in answer.out.splitlines() if re.match(r" {1,3}\d+ ", line)]
    assert len(shown) == 22
    assert all(path.name in answer.out for path in scans)
    assert not (home / "jana.sqlite").exists()

    assert jana("demo", "--out", folder).code == 1
