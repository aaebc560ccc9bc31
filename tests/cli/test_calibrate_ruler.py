"""`jana calibrate ruler`: the sheet, the report, the profile; and what cannot be meant or measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest

from calibration.synthesis.files import jpeg_bytes, png_bytes, write_jpeg_pdf
from calibration.synthesis.printers import Printer
from forms.ruler_sheet import LANGUAGES
from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed
from tests.calibration.ruler_scans import GOOD, scanned


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of two pages: a good pair, and one that prints too small."""
    path = tmp_path_factory.mktemp("ruler") / "scan.pdf"
    write_jpeg_pdf(path, [jpeg_bytes(scanned(p, GOOD), 90) for p in (Printer(), Printer(scale=0.957))])
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_is_one_page_in_each_language(jana: Jana, tmp_path: Path, language: str) -> None:
    out = tmp_path / "ruler.pdf"
    assert jana("calibrate", "ruler", "--out", out, "--language", language).code == ExitCode.DONE
    document = pdfium.PdfDocument(out)
    try:
        assert len(document) == 1
        text = document[0].get_textpage().get_text_range()
    finally:
        document.close()
    assert {"en": "steel ruler", "fi": "teräsviivaimella", "sv": "stållinjal"}[language] in text
    assert "jana calibrate ruler" in text


def test_a_good_pair_is_reported_and_kept_twice(jana: Jana, stack: Path, home: Path) -> None:
    for _ in range(2):
        answer = jana("calibrate", "ruler", stack, "--page", 1, "--name", "front-desk")
        assert answer.code == ExitCode.DONE
        assert "fit for use" in answer.out
        assert "front-desk.toml" in answer.err
    assert (home / "devices" / "front-desk.toml").read_text(encoding="utf-8").count("[[measurement]]") == 2
    listed = jana("calibrate", "ruler", "--list").out.splitlines()[1].split()
    assert (listed[0], listed[2], listed[-1]) == ("front-desk", "ok", "2")
    (device,) = json.loads(jana("calibrate", "ruler", "--list", "--json").out)
    assert len(device["measurements"]) == 2


def test_a_print_that_is_too_small_is_warned_of(jana: Jana, stack: Path) -> None:
    answer = jana(
        "calibrate", "ruler", stack, "--page", 2, "--printed-mm", 95.7, "--printed-down-mm", 95.7, "--json"
    )
    assert answer.code == ExitCode.DONE
    report = json.loads(answer.out)
    assert report["verdict"] == "out of bounds"
    assert report["pair_scale_across"] == pytest.approx(0.957, abs=0.0003)
    assert report["scanner_scale_down"] == pytest.approx(1.0, abs=0.0003)
    (size,) = (v for v in report["verdicts"] if v["check"] == "print size across")
    assert size["level"] == "out of bounds"
    assert "4.3 % too small" in size["meaning"]


def test_the_reader_of_sheets_refuses_the_ruler_sheet(jana: Jana, tmp_path: Path) -> None:
    scan = tmp_path / "scan.jpg"
    scan.write_bytes(jpeg_bytes(scanned(Printer(), GOOD), 90))
    assert jana("read", scan).code == ExitCode.NOTHING_READ
    (row,) = jana("results", "--refused").rows
    assert row["reason"] == "no_code"
    assert "jana calibrate ruler" in row["detail"]


def test_other_scans_get_words_that_say_what_to_do(jana: Jana, stack: Path, tmp_path: Path) -> None:
    sheets = printed(jana, tmp_path, "ors,en,,,,,,")
    blank, text = tmp_path / "blank.png", tmp_path / "note.txt"
    good = scanned(Printer(), GOOD)
    blank.write_bytes(png_bytes(type(good)(np.full_like(good.pixels, 250), good.dpi, bilevel=False)))
    text.write_text("hello", encoding="utf-8")
    for scan, code, words in (
        (stack, ExitCode.USAGE, "has 2 pages"),
        (sheets.pdf, ExitCode.ERROR, "sheet with answers"),
        (blank, ExitCode.ERROR, "not the ruler sheet"),
        (text, ExitCode.ERROR, "neither a PDF"),
    ):
        answer = jana("calibrate", "ruler", scan)
        assert answer.code == code
        assert words in answer.err
    assert jana("calibrate", "ruler", stack, "--page", 3).code == ExitCode.USAGE


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--list", "--out", "x.pdf"),
        ("--list", "--name", "x"),
        ("--out", "x.pdf", "--printed-mm", "99"),
        ("--out", "x.pdf", "--language", "de"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(jana: Jana, words: tuple[str, ...]) -> None:
    assert jana("calibrate", "ruler", *words).code == ExitCode.USAGE


def test_a_bad_name_is_refused_before_the_work(jana: Jana, stack: Path, home: Path) -> None:
    assert jana("calibrate", "ruler", stack, "--page", 1, "--name", "../x").code == ExitCode.USAGE
    assert not (home / "devices").exists()
