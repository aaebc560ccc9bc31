"""The PDF's own drawing: lines of exactly 100 mm, and nothing that could be taken for one."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest

from forms.layout import AnswerLine
from forms.render import SheetFace
from tests.forms.printed_forms import (
    FORMS,
    LIBRARY,
    DrawnStroke,
    printed,
    sheet,
    sheet_of,
    strokes,
    with_items,
)

TOLERANCE_MM = 0.02


@pytest.fixture(scope="module")
def faces() -> list[SheetFace]:
    many = [sheet_of(with_items(LIBRARY["csrs"], count), "sv") for count in (1, 6, 7)]
    return [*(sheet(code, language) for code, language in FORMS), *many]


@pytest.fixture(scope="module")
def pdf(faces: list[SheetFace]) -> bytes:
    return printed(faces)


@pytest.fixture(scope="module")
def drawn(pdf: bytes) -> list[list[DrawnStroke]]:
    return strokes(pdf)


def horizontal(stroke: DrawnStroke) -> bool:
    return abs(stroke.y0 - stroke.y1) < TOLERANCE_MM


def long_strokes(page: list[DrawnStroke]) -> list[DrawnStroke]:
    return [stroke for stroke in page if 95 <= stroke.length <= 105]


def test_answer_lines_and_nothing_else_are_100_mm(
    faces: list[SheetFace], drawn: list[list[DrawnStroke]]
) -> None:
    for face, page in zip(faces, drawn, strict=True):
        found = long_strokes(page)
        assert len(found) == len(face.layout.answer_lines)
        for stroke, answer in zip(found, face.layout.answer_lines, strict=True):
            assert horizontal(stroke)
            assert stroke.length == pytest.approx(100.0, abs=TOLERANCE_MM)
            assert stroke.x0 == pytest.approx(answer.line.start.x_mm, abs=TOLERANCE_MM)
            assert stroke.y0 == pytest.approx(answer.line.start.y_mm, abs=TOLERANCE_MM)
            assert stroke.thickness == pytest.approx(answer.thickness_mm, abs=0.001)


def test_every_answer_line_is_one_path_with_butt_caps_on_the_page_itself(
    drawn: list[list[DrawnStroke]],
) -> None:
    for page in drawn:
        for stroke in long_strokes(page):
            assert stroke.cap == 0
            assert stroke.own_stream
            assert [other for other in page if other.path == stroke.path] == [stroke]


def ticks(page: list[DrawnStroke], answer: AnswerLine) -> list[DrawnStroke]:
    """Vertical strokes on the answer line's height, left to right."""
    height = answer.line.start.y_mm
    upright = [s for s in page if abs(s.x0 - s.x1) < TOLERANCE_MM and s.own_stream and s.cap == 0]
    crossing = [s for s in upright if min(s.y0, s.y1) < height < max(s.y0, s.y1)]
    return sorted(crossing, key=lambda s: s.x0)


def test_flat_ticks_are_centred_on_the_ends(faces: list[SheetFace], drawn: list[list[DrawnStroke]]) -> None:
    for face, page in zip(faces, drawn, strict=True):
        for answer in face.layout.answer_lines:
            found = ticks(page, answer)
            assert [t.x0 for t in found] == pytest.approx([55.0, 155.0], abs=TOLERANCE_MM)
            for tick in found:
                assert (tick.y0 + tick.y1) / 2 == pytest.approx(answer.line.start.y_mm, abs=TOLERANCE_MM)
                assert tick.length == pytest.approx(answer.tick_height_mm, abs=TOLERANCE_MM)
                assert tick.thickness == pytest.approx(answer.tick_thickness_mm, abs=0.001)


def test_pages_are_a4_with_embedded_fonts_and_no_pictures(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        for page in document.pages:
            assert [float(v) / 72 * 25.4 for v in page.mediabox] == pytest.approx([0, 0, 210, 297], abs=0.01)
            assert not page.get_images()
            forms = list(page.Resources.XObject.values())
            fonts = [
                font
                for resources in (page.Resources, *(f.Resources for f in forms))
                for font in resources.Font.values()
            ]
            assert len(fonts) >= 3
            for font in fonts:
                assert "/FontFile2" in font.FontDescriptor
                assert str(font.BaseFont)[8:] in {
                    "AtkinsonHyperlegibleNext-Regular",
                    "AtkinsonHyperlegibleNext-SemiBold",
                    "OverpassMono-Medium",
                }


def test_the_judge_sees_a_line_that_is_too_long_or_has_square_caps() -> None:
    """The measuring above would notice what it looks for."""
    content = b"q 2 J 1 w 155 500 m 438.6 500 l S Q q 1 0 0 1 0 -9 cm 100 500 283.5 1 re f Q"
    document = pikepdf.new()
    document.add_blank_page(page_size=(595.276, 841.89))
    document.pages[0].Contents = document.make_stream(content)
    buffer = BytesIO()
    document.save(buffer)
    line, *edges = long_strokes(strokes(buffer.getvalue())[0])
    assert line.cap == 2
    assert line.length == pytest.approx(100.05, abs=0.01)
    assert line.y0 == pytest.approx(297 - 500 / 72 * 25.4, abs=0.01)
    assert len(edges) == 2
