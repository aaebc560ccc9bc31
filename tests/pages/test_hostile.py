"""Broken, hostile and foreign files end in a reason, never in an exception or a guess."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Name

from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import ScannedPage
from scanner.pages import poppler
from scanner.pages.facts import FileFacts, FileKind, FileRefusal
from scanner.pages.inspect import inspect_file
from scanner.settings_limits import Limits
from tests.pages import pdfs
from tests.pages.pdfs import Coded, PageOf, pdf
from tests.pages.pictures import (
    TiffPicture,
    bits_of,
    chart,
    fax,
    grey_tiff,
    jpeg,
    png,
    png_chunk,
    same,
    tiff,
)
from tests.pages.reading import inspected, outcomes, page

SMALL = Limits(page_pixels=1_000_000, pages=20, drawing_bytes=100_000)


def refused(found: FileFacts | FileRefusal) -> RefusalReason:
    assert isinstance(found, FileRefusal), found
    assert found.detail
    return found.reason


def page_refused(folder: Path, content: bytes) -> RefusalReason:
    (found,) = outcomes(folder, content, SMALL)
    assert isinstance(found, Refusal), found
    assert found.detail
    return found.reason


@pytest.fixture
def no_poppler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer on a machine without poppler."""
    monkeypatch.setattr(poppler, "is_installed", lambda: False)


def test_an_empty_file(tmp_path: Path) -> None:
    assert refused(inspected(tmp_path, b"")) is RefusalReason.EMPTY_FILE


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"x",
        b"%PD",
        b"Dear Sir,\nplease find attached.\n",
        b"GIF89a" + b"\0" * 50,
        b"PK\x03\x04",
        b"II*",
    ],
)
def test_what_is_not_a_scan(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(content)
    assert refused(inspect_file(path, Limits())) is RefusalReason.NOT_A_SCAN


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (jpeg(chart()), FileKind.JPEG),
        (grey_tiff(chart()), FileKind.TIFF),
        (pdf([PageOf([pdfs.as_raw(chart())])]), FileKind.PDF),
    ],
)
def test_a_wrong_name_does_not_matter(content: bytes, kind: FileKind, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(content)
    assert inspect_file(path, Limits()) == FileFacts(kind, 1, len(content))


def test_a_folder_and_a_device_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.pdf")
    for name in ("folder.pdf", "pipe.pdf"):
        assert refused(inspect_file(tmp_path / name, Limits())) is RefusalReason.NOT_A_SCAN


def test_a_missing_file_is_a_refusal_too(tmp_path: Path) -> None:
    assert refused(inspect_file(tmp_path / "gone", Limits())) is RefusalReason.DAMAGED


def test_limits_on_bytes_and_pages(tmp_path: Path) -> None:
    content = pdf([PageOf([pdfs.as_raw(chart())])] * 3)
    assert isinstance(inspected(tmp_path, content, Limits(pages=3)), FileFacts)
    assert refused(inspected(tmp_path, content, Limits(pages=2))) is RefusalReason.TOO_LARGE
    assert refused(inspected(tmp_path, content, Limits(file_bytes=100))) is RefusalReason.TOO_LARGE
    many = tiff([TiffPicture(64, 48, [chart().tobytes()])] * 3)
    assert refused(inspected(tmp_path, many, Limits(pages=2))) is RefusalReason.TOO_LARGE


def test_a_pdf_that_asks_for_a_password(tmp_path: Path) -> None:
    locked = pdf([PageOf([pdfs.as_raw(chart())])], encryption=pikepdf.Encryption(owner="o", user="u"))
    assert refused(inspected(tmp_path, locked)) is RefusalReason.ENCRYPTED


@pytest.mark.parametrize("code", [pdfs.as_jpeg, pdfs.as_fax])
@pytest.mark.parametrize("strength", [3, 4, 6])
def test_a_pdf_with_an_owner_password_only_is_read(code: object, strength: int, tmp_path: Path) -> None:
    assert callable(code)
    rules = pikepdf.Encryption(owner="secret", user="", R=strength, aes=strength > 3, metadata=strength > 3)  # type: ignore[arg-type]
    coded = code(chart())
    found = page(tmp_path, pdf([PageOf([coded])], encryption=rules))
    assert same(found.pixels, bits_of(chart()) if code is pdfs.as_fax else chart(), tolerance=9)


PDF = pdf([PageOf([pdfs.as_jpeg(chart())])] * 3)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.9, 0.99])
def test_a_pdf_cut_anywhere_is_torn(share: float, tmp_path: Path) -> None:
    assert refused(inspected(tmp_path, PDF[: int(len(PDF) * share)])) is RefusalReason.TORN


@pytest.mark.parametrize(
    "junk", [b"\0" * 70_000, b"\n\n\r\n  ", b"\n-- end of attachment --\n", b"\0" * 3000 + b"\n"]
)
def test_junk_behind_the_end_of_a_pdf_does_not_matter(junk: bytes, tmp_path: Path) -> None:
    assert inspected(tmp_path, PDF + junk) == FileFacts(FileKind.PDF, 3, len(PDF) + len(junk))


def test_a_pdf_cut_within_an_older_version_of_itself_is_torn(tmp_path: Path) -> None:
    """A linearised file has an end mark near its front already."""
    path = tmp_path / "linear"
    with pikepdf.open(_written(tmp_path, PDF)) as book:
        book.save(path, linearize=True)
    content = path.read_bytes()
    first_end = content.index(b"%%EOF") + 5
    assert first_end < len(content) // 2
    assert refused(inspected(tmp_path, content[:first_end])) is RefusalReason.TORN
    assert isinstance(inspected(tmp_path, content), FileFacts)


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "written"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4\n%%EOF\n", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF", b"junk%PDF-" * 9 + b"%%EOF"]
)
def test_a_pdf_of_nothing_is_damaged(content: bytes, tmp_path: Path) -> None:
    assert refused(inspected(tmp_path, content)) is RefusalReason.DAMAGED


def test_a_pdf_whose_table_is_wrong_is_repaired(tmp_path: Path) -> None:
    start = PDF.rindex(b"startxref") + 10
    broken = PDF[:start] + b"7" + PDF[start:].lstrip(b"0123456789")
    found = outcomes(tmp_path, broken)
    assert len(found) == 3
    assert all(isinstance(it, ScannedPage) and same(it.pixels, chart(), tolerance=9) for it in found)


def bomb_png() -> bytes:
    header = struct.pack(">IIBBBBB", 65_000, 65_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + png_chunk(b"IEND", b"")
    )


def bomb_jpeg() -> bytes:
    content = bytearray(jpeg(chart()))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(content)


@pytest.mark.parametrize("content", [bomb_png(), bomb_jpeg()], ids=["png", "jpeg"])
def test_a_picture_that_claims_too_many_pixels(content: bytes, tmp_path: Path) -> None:
    assert refused(inspected(tmp_path, content)) is RefusalReason.TOO_LARGE


def test_a_tiff_page_that_claims_too_many_pixels_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    good = TiffPicture(64, 48, [chart().tobytes()])
    bomb = TiffPicture(65_000, 65_000, [fax(bits_of(chart()))], bits=(1,), compression=4)
    first, second, third = outcomes(tmp_path, tiff([good, bomb, good]))
    assert isinstance(first, ScannedPage)
    assert isinstance(third, ScannedPage)
    assert isinstance(second, Refusal)
    assert (second.reason, second.scan_page) == (RefusalReason.TOO_LARGE, 2)


def test_a_pdf_picture_that_claims_too_many_pixels(tmp_path: Path) -> None:
    data = zlib.compress(b"\0" * 1_000_000)
    entries = {"Filter": Name.FlateDecode, "ColorSpace": Name.DeviceGray, "BitsPerComponent": 1}
    bomb = Coded(65_000, 65_000, data, entries)
    assert page_refused(tmp_path, pdf([PageOf([bomb], size=(100, 100))])) is RefusalReason.TOO_LARGE


@pytest.mark.usefixtures("no_poppler")
def test_a_pdf_picture_whose_code_claims_more_than_its_dictionary(tmp_path: Path) -> None:
    lying = Coded(64, 48, bomb_jpeg(), pdfs.as_jpeg(chart()).entries)
    assert page_refused(tmp_path, pdf([PageOf([lying])])) is RefusalReason.TOO_LARGE
    coded = pdfs.as_jpx(chart())
    size = coded.data.index(b"\xff\x4f\xff\x51") + 8
    data = coded.data[:size] + struct.pack(">II", 65_000, 65_000) + coded.data[size + 8 :]
    lying = Coded(64, 48, data, coded.entries)
    assert page_refused(tmp_path, pdf([PageOf([lying])])) is RefusalReason.TOO_LARGE


def test_a_mask_that_claims_too_many_pixels(tmp_path: Path) -> None:
    mask = Coded(65_000, 65_000, b"", {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8})
    assert (
        page_refused(tmp_path, pdf([PageOf([pdfs.as_raw(chart()).but(SMask=mask)])]))
        is RefusalReason.TOO_LARGE
    )


def test_drawing_instructions_that_unpack_to_too_much(tmp_path: Path) -> None:
    content = b"q Q " * 1_000_000
    packed = pdf([PageOf([pdfs.as_raw(chart())], content)], compress_streams=True)
    assert len(packed) < 50_000
    assert page_refused(tmp_path, packed) is RefusalReason.TOO_LARGE


def test_forms_that_paint_each_other_over_and_over_do_not_hang_the_plan(tmp_path: Path) -> None:
    def nested(book: pikepdf.Pdf) -> object:
        inner = pikepdf.Stream(book, b"", Subtype=Name.Form, BBox=[0, 0, 1, 1])
        for _ in range(8):
            resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
            inner = pikepdf.Stream(
                book, b"/F Do " * 30, Subtype=Name.Form, BBox=[0, 0, 1, 1], Resources=resources
            )
        return pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))

    from scanner.pages.pdf_plan import plan_page

    content = pdf([PageOf([], b"/F Do", {"Resources": nested})])
    with pikepdf.open(_written(tmp_path, content)) as book:
        plan = plan_page(book.pages[0], Limits())
    assert plan.obstacles


@pytest.mark.parametrize("code", [pdfs.as_fax, pdfs.as_jbig2, pdfs.as_raw, pdfs.as_jpx, pdfs.as_jpeg])
@pytest.mark.parametrize("installed", [True, False], ids=["with poppler", "without"])
def test_a_picture_that_is_all_garbage_is_not_an_empty_page(
    code: object, installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoders make a white or black page of it without a word."""
    if not installed:
        monkeypatch.setattr(poppler, "is_installed", lambda: False)
    assert callable(code)
    coded = code(chart())
    if code is pdfs.as_raw:
        coded = coded.but(Filter=Name.FlateDecode)
    garbage = Coded(64, 48, b"\0" * 12_000, coded.entries)
    assert page_refused(tmp_path, pdf([PageOf([garbage])])) is RefusalReason.DAMAGED


def test_a_page_that_lacks_its_picture_is_not_an_empty_page(tmp_path: Path) -> None:
    assert page_refused(tmp_path, pdf([PageOf([], b"/Im0 Do", size=(72, 72))])) is RefusalReason.DAMAGED


@pytest.mark.parametrize("content", [b"", b"q 46.08 0 0 34.56 0 0 cm"])
def test_a_page_that_does_not_show_its_picture_is_not_an_empty_page(content: bytes, tmp_path: Path) -> None:
    """As when its drawing instructions were lost or cut off."""
    broken = PageOf([pdfs.as_raw(chart())], content)
    assert page_refused(tmp_path, pdf([broken])) is RefusalReason.DAMAGED


def test_a_jpeg_inside_a_pdf_that_only_lacks_its_end_mark_is_read(tmp_path: Path) -> None:
    whole = jpeg(chart())
    coded = Coded(64, 48, whole[:-2], pdfs.as_jpeg(chart()).entries)
    assert same(page(tmp_path, pdf([PageOf([coded])])).pixels, chart(), tolerance=9)


def test_a_jpeg_inside_a_pdf_that_lacks_rows_is_damaged(tmp_path: Path) -> None:
    """Decoders fill the missing rows with grey; a mark there would be lost without a word."""
    whole = jpeg(chart())
    for kept in (len(whole) - 12, len(whole) - 40, len(whole) * 2 // 3):
        for ending in (b"", b"\n", b"\0" * 20):
            coded = Coded(64, 48, whole[:kept] + ending, pdfs.as_jpeg(chart()).entries)
            assert page_refused(tmp_path, pdf([PageOf([coded])])) is RefusalReason.DAMAGED, kept


SEEDS = {
    "pdf jpeg": PDF,
    "pdf fax": pdf([PageOf([pdfs.as_fax(chart())])]),
    "pdf jbig2": pdf([PageOf([pdfs.as_jbig2(chart(32, 24))])]),
    "pdf jpx": pdf([PageOf([pdfs.as_jpx(chart())])]),
    "tiff grey": grey_tiff(chart(32, 24)),
    "tiff fax": tiff([TiffPicture(64, 48, [fax(bits_of(chart()))], bits=(1,), compression=4)] * 2),
    "jpeg": jpeg(chart()),
    "png": png(64, 48, 8, 0, np.zeros((48, 64), np.uint8).tobytes()),
}


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A good file with some bytes changed, a piece cut out or doubled."""
    content = bytearray(SEEDS[draw(st.sampled_from(sorted(SEEDS)))])
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content) - 1))
        kind = draw(st.sampled_from(("set", "zero", "cut", "double")))
        length = draw(st.integers(1, 40))
        if kind == "set":
            content[place] = draw(st.integers(0, 255))
        elif kind == "zero":
            content[place : place + length] = bytes(len(content[place : place + length]))
        elif kind == "cut" and len(content) > length + 1:
            del content[place : place + length]
        elif kind == "double":
            content[place:place] = content[place : place + length]
    return bytes(content)


@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=spoilt())
def test_spoilt_files_end_in_values(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is changed: a refusal, or pages within the limits, each a value."""
    monkeypatch.setattr(poppler, "is_installed", lambda: False)
    facts = inspected(tmp_path, content, SMALL)
    if isinstance(facts, FileRefusal):
        return
    for found in outcomes(tmp_path, content, SMALL):
        assert isinstance(found, ScannedPage | Refusal)
        if isinstance(found, ScannedPage):
            assert found.pixels.dtype == np.uint8
            assert 0 < found.pixels.size <= SMALL.page_pixels


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    start=st.sampled_from(
        [b"%PDF-1.4\n", b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]
    ),
    rest=st.binary(max_size=300),
    end=st.sampled_from([b"", b"%%EOF", b"\xff\xd9"]),
)
def test_noise_behind_a_true_beginning_is_refused(
    start: bytes, rest: bytes, end: bytes, tmp_path: Path
) -> None:
    facts = inspected(tmp_path, start + rest + end, SMALL)
    if isinstance(facts, FileFacts):
        for found in outcomes(tmp_path, start + rest + end, SMALL):
            assert isinstance(found, ScannedPage | Refusal)
