"""`jana calibrate evaluate` on real pages of one small run, and on tables of real scans."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from calibration.synthesis.conditions import CONDITIONS
from calibration.truth import DrawnKind, Expected, write_truth
from tests.acceptance.command import Jana, home, jana
from tests.calibration.html_check import Page
from tests.calibration.judging import item, page
from tests.calibration.trial_world import ASKEW, QUICK

__all__ = ["home", "jana"]

KEPT = ("json", "lines", "html")
RESULTS = "sheet_id,item,position_mm,status,reasons,confidence\n"


@pytest.fixture
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two quick conditions instead of the shipped ones."""
    for name in list(CONDITIONS):
        monkeypatch.delitem(CONDITIONS, name)
    for condition in (QUICK, ASKEW):
        monkeypatch.setitem(CONDITIONS, condition.name, condition)


@pytest.mark.usefixtures("small_world")
def test_a_small_run_says_the_same_twice(jana: Jana, tmp_path: Path) -> None:
    said = []
    for name in ("one", "two"):
        out = [f"--{kind}={tmp_path / name}.{kind}" for kind in KEPT]
        run = jana("calibrate", "evaluate", "--sheets=1", "--workers=1", "--rare-share=0", *out)
        assert run.code == 0, run.err
        said.append((run.out, *((tmp_path / f"{name}.{kind}").read_text() for kind in KEPT)))
    assert said[0] == said[1]
    table, figures, lines, report = said[0]
    assert "in each of 2 conditions" in Page(report).text
    assert max(map(len, table.splitlines())) <= 100
    assert {"quick", "askew", "= tidy", "= hard", "= all"} <= {row[:20].strip() for row in table.splitlines()}
    whole = json.loads(figures)
    assert whole["run"]["conditions"] == ["quick", "askew"]
    assert whole["overall"]["silently_wrong"] == 0
    assert whole["overall"]["accepted_share"] > 0.5
    assert whole["overall"]["mean_error_mm"] < 0.3
    assert whole["reliability"]["expected_error"] < 0.3
    rows = list(csv.DictReader(lines.splitlines()))
    assert len(rows) == whole["overall"]["lines"] == whole["tidy"]["lines"] + whole["hard"]["lines"]
    assert sum(row["outcome"] == "accepted" for row in rows) == whole["overall"]["accepted"]


def real_scan(folder: Path, *rows: str) -> tuple[str, str, str]:
    truth, results = folder / "truth.jsonl", folder / "results.csv"
    blank = item("b", None, DrawnKind.BLANK, Expected.REVIEW)
    write_truth(truth, [page("S", item("a", 50.0), blank), page("R", item("a", 10.0), number=2)])
    results.write_text(RESULTS + "".join(f"{row}\n" for row in rows))
    return "--truth", str(truth), str(results)


def test_real_scans_are_judged_by_the_same_figures(jana: Jana, tmp_path: Path) -> None:
    tables = real_scan(tmp_path, "S,a,50.250,accepted,,0.99", "S,b,,review,blank,")
    refused, out = tmp_path / "refused.csv", tmp_path / "out.json"
    refused.write_text("scan_name,scan_page,reason\na.pdf,2,no_code\n")
    run = jana("calibrate", "evaluate", *tables, "--refused", refused, "--json", out, "--fail-on-wrong")
    assert run.code == 0, run.err
    figures = json.loads(out.read_text())
    assert figures["run"]["source"] == "truth.jsonl"
    assert figures["overall"]["mean_error_mm"] == pytest.approx(0.25)
    assert (figures["overall"]["accepted"], figures["overall"]["flagged"]) == (1, 1)
    assert figures["overall"]["sheets"] == {
        "scanned": 2,
        "refused": {"refused": 1},
        "lost": [],
        "mistaken": [],
    }
    assert figures["reliability"]["expected_error"] == pytest.approx(0.01)


def test_wrong_readings_fail_only_when_asked(jana: Jana, tmp_path: Path) -> None:
    tables = real_scan(tmp_path, "S,a,52.000,accepted,,", "R,a,10.000,accepted,,")
    assert jana("calibrate", "evaluate", *tables).code == 0
    assert jana("calibrate", "evaluate", *tables, "--fail-on-wrong").code == 1


def test_lost_sheets_fail_when_asked(jana: Jana, tmp_path: Path) -> None:
    tables = real_scan(tmp_path, "S,a,50.000,accepted,,", "S,b,,review,blank,")
    run = jana("calibrate", "evaluate", *tables, "--fail-on-wrong")
    assert run.code == 1
    assert "lost: R" in run.out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["S,a,50.0,accepted,,", "S,a,51.0,accepted,,"], "twice"),
        (["S,a,fifty,accepted,,"], "fifty"),
    ],
)
def test_tables_that_cannot_be_judged_are_a_known_error(
    jana: Jana, tmp_path: Path, rows: list[str], said: str
) -> None:
    run = jana("calibrate", "evaluate", *real_scan(tmp_path, *rows))
    assert run.code == 1
    assert said in run.err


def test_a_table_of_something_else_is_named(jana: Jana, tmp_path: Path) -> None:
    option, truth, results = real_scan(tmp_path)
    Path(results).write_text("animal,sound\ncow,moo\n")
    run = jana("calibrate", "evaluate", option, truth, results)
    assert (run.code, "no column sheet_id" in run.err) == (1, True)
    run = jana("calibrate", "evaluate", option, results, results)
    assert (run.code, "truth file" in run.err) == (1, True)


@pytest.mark.usefixtures("small_world")
@pytest.mark.parametrize("words", [["--condition=quick", "--hard"], ["--refused=pyproject.toml"]])
def test_what_cannot_be_meant_is_misuse(jana: Jana, words: list[str]) -> None:
    assert jana("calibrate", "evaluate", *words).code == 2


@pytest.mark.usefixtures("small_world")
def test_a_gallery_shows_lines_and_makes_their_pages_again(jana: Jana, tmp_path: Path) -> None:
    words = ("--sheets=1", "--workers=1", "--rare-share=0.5", "--limit=3")
    run = jana("calibrate", "gallery", *words, "--sort=error", "--out", tmp_path)
    assert run.code == 0, run.err
    page = Page((tmp_path / "gallery.html").read_text())
    assert page.tags.count("image") == 3
    assert "3 of " in page.text
    assert "quick/1/1" in page.text or "askew/1/1" in page.text
    again = jana("calibrate", "gallery", "--rare-share=0.5", "--page=askew/1/1", "--out", tmp_path / "pages")
    assert again.code == 0, again.err
    names = {file.name for file in (tmp_path / "pages").iterdir()}
    assert names == {"askew-1-1.png", "askew-1-1-seen.png"}
    with Image.open(tmp_path / "pages" / "askew-1-1.png") as picture:
        assert picture.width == pytest.approx(210 / 25.4 * 150, abs=4)


@pytest.mark.usefixtures("small_world")
def test_a_gallery_can_leave_out_what_was_accepted(jana: Jana, tmp_path: Path) -> None:
    out = tmp_path / "review.html"
    words = ("--sheets=1", "--condition=quick", "--rare-share=0", "--workers=1")
    assert jana("calibrate", "gallery", *words, "--status=review", "--out", out).code == 0
    assert "0 of 0 lines" in Page(out.read_text()).text


@pytest.mark.usefixtures("small_world")
@pytest.mark.parametrize("name", ["quick/1", "quick/1/x", "nowhere/1/1", "quick"])
def test_a_page_that_no_run_can_have_is_misuse(jana: Jana, tmp_path: Path, name: str) -> None:
    run = jana("calibrate", "gallery", f"--page={name}", "--out", tmp_path)
    assert run.code == 2
    assert "made again" in run.err
