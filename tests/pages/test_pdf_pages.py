"""Every way in which a scanner puts a page into a PDF comes out upright, dark on light."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream

from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource, ScannedPage
from scanner.pages import pdf_draw
from scanner.pages.facts import FileFacts
from scanner.pages.inspect import inspect_file
from scanner.pages.read import open_scan
from scanner.settings_limits import Limits
from tests.pages import pdfs
from tests.pages.pdfs import POINTS_PER_PIXEL, Coded, PageOf, pdf, place
from tests.pages.pictures import Grey, alike, bits_of, chart, fax, jpeg, same
from tests.pages.reading import outcomes
from tests.pages.reading import page as read_page_of

WIDTH, HEIGHT = 64 * POINTS_PER_PIXEL, 48 * POINTS_PER_PIXEL

GREY_CODES = [
    pdfs.as_jpeg,
    pdfs.as_colour_jpeg,
    pdfs.as_cmyk_jpeg,
    pdfs.as_jpx,
    pdfs.as_raw,
    pdfs.as_16_bit,
    pdfs.as_ink,
]
BILEVEL_CODES = [pdfs.as_fax, pdfs.as_jbig2, pdfs.as_bits, pdfs.as_palette]
Code = Callable[[Grey], Coded]


def page_of(tmp_path: Path, page: PageOf) -> ScannedPage:
    return read_page_of(tmp_path, pdf([page]))


@pytest.fixture
def no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a page came from its embedded picture."""

    def refuse(*_: object) -> Grey:
        raise AssertionError("rendered")

    monkeypatch.setattr(pdf_draw, "render", refuse)


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", GREY_CODES)
def test_grey_pictures_are_taken_as_they_are(code: Code, tmp_path: Path) -> None:
    page = page_of(tmp_path, PageOf([code(chart())]))
    assert same(page.pixels, chart(), tolerance=9)
    assert page.pixels.dtype == np.uint8
    assert page.stated_dpi == pytest.approx(100, abs=0.5)
    assert not page.bilevel


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", BILEVEL_CODES)
def test_bilevel_pictures_are_taken_bit_by_bit(code: Code, tmp_path: Path) -> None:
    page = page_of(tmp_path, PageOf([code(chart())]))
    assert same(page.pixels, bits_of(chart()))
    assert page.bilevel


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", [*GREY_CODES, *BILEVEL_CODES])
@pytest.mark.parametrize("turn", [90, 180, 270, -90, 450])
def test_a_turned_page_is_turned(code: Code, turn: int, tmp_path: Path) -> None:
    grey = chart()
    coded = code(grey)
    expected = np.rot90(bits_of(grey) if code in BILEVEL_CODES else grey, -turn // 90)
    page = page_of(tmp_path, PageOf([coded], entries={"Rotate": turn}))
    assert same(page.pixels, expected, tolerance=9)


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize(
    "code", [pdfs.as_jpeg, pdfs.as_raw, pdfs.as_fax, pdfs.as_jbig2, pdfs.as_bits, pdfs.as_jpx]
)
def test_an_inverting_decode_array_is_obeyed(code: Code, tmp_path: Path) -> None:
    grey = chart() if code in GREY_CODES else bits_of(chart())
    coded = code(255 - grey).but(Decode=[1, 0])
    if code is pdfs.as_jpx:
        coded = coded.but(ColorSpace=Name.DeviceGray, BitsPerComponent=8)
    page = page_of(tmp_path, PageOf([coded]))
    assert same(page.pixels, grey, tolerance=9)


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize(
    ("group", "parameters", "inverted"),
    [
        (4, {"K": -1, "BlackIs1": True}, True),
        (4, {"K": -1, "BlackIs1": False, "EndOfBlock": True}, False),
        (3, {"K": 0}, False),
        (3, {"K": 0, "BlackIs1": True}, True),
    ],
)
def test_fax_parameters_are_obeyed(
    group: int, parameters: dict[str, object], inverted: bool, tmp_path: Path
) -> None:
    bits = bits_of(chart())
    data = fax(255 - bits if inverted else bits, group)
    settings = Dictionary({"/Columns": 64, "/Rows": 48, **{f"/{key}": it for key, it in parameters.items()}})
    entries = {"Filter": Name.CCITTFaxDecode, "DecodeParms": settings, "ColorSpace": Name.DeviceGray}
    coded = Coded(64, 48, data, {**entries, "BitsPerComponent": 1})
    assert same(page_of(tmp_path, PageOf([coded])).pixels, bits)


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", [pdfs.as_fax, pdfs.as_bits, pdfs.as_raw, pdfs.as_jpeg])
def test_an_empty_page_is_empty_and_not_damaged(code: Code, tmp_path: Path) -> None:
    """Even where its code could be shorter: the opposite of data that decode to nothing."""
    empty = np.full((1754, 1240), 255, np.uint8)
    content = pdf([PageOf([code(empty)])], compress_streams=True)
    assert read_page_of(tmp_path, content).pixels.min() >= 254


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", [pdfs.as_jpeg, pdfs.as_fax])
@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((-WIDTH, 0, 0, HEIGHT, WIDTH, 0), np.fliplr),
        ((WIDTH, 0, 0, -HEIGHT, 0, HEIGHT), np.flipud),
        ((-WIDTH, 0, 0, -HEIGHT, WIDTH, HEIGHT), lambda it: np.rot90(it, 2)),
        ((0, WIDTH, -HEIGHT, 0, HEIGHT, 0), lambda it: np.rot90(it, 1)),
        ((0, -WIDTH, HEIGHT, 0, 0, WIDTH), lambda it: np.rot90(it, -1)),
        ((0, WIDTH, HEIGHT, 0, 0, 0), lambda it: np.rot90(np.fliplr(it), -1)),
        ((0, -WIDTH, -HEIGHT, 0, HEIGHT, WIDTH), lambda it: np.rot90(np.fliplr(it), 1)),
    ],
)
def test_a_matrix_that_turns_or_mirrors_is_obeyed(
    code: Code,
    matrix: tuple[float, float, float, float, float, float],
    expected: Callable[[Grey], Grey],
    tmp_path: Path,
) -> None:
    grey = chart() if code in GREY_CODES else bits_of(chart())
    sideways = matrix[0] == 0
    size = (HEIGHT, WIDTH) if sideways else (WIDTH, HEIGHT)
    page = page_of(tmp_path, PageOf([code(grey)], place(*matrix), size=size))
    assert same(page.pixels, expected(grey), tolerance=9)


@pytest.mark.parametrize("index", range(7))
def test_our_turning_agrees_with_a_renderer(index: int, tmp_path: Path) -> None:
    """The expectations above are ours; PDFium's drawing of the same page is the judge of them."""
    matrices = [
        (-WIDTH, 0, 0, HEIGHT, WIDTH, 0),
        (WIDTH, 0, 0, -HEIGHT, 0, HEIGHT),
        (-WIDTH, 0, 0, -HEIGHT, WIDTH, HEIGHT),
        (0, WIDTH, -HEIGHT, 0, HEIGHT, 0),
        (0, -WIDTH, HEIGHT, 0, 0, WIDTH),
        (0, WIDTH, HEIGHT, 0, 0, 0),
        (0, -WIDTH, -HEIGHT, 0, HEIGHT, WIDTH),
    ]
    matrix = matrices[index]
    size = (HEIGHT, WIDTH) if matrix[0] == 0 else (WIDTH, HEIGHT)
    content = pdf([PageOf([pdfs.as_raw(chart())], place(*matrix), size=size, entries={"Rotate": 90 * index})])
    ours = read_page_of(tmp_path, content)
    document = pdf_draw.open_document(tmp_path / "scan")
    with document, pdf_draw.open_page(document, 1) as page:
        theirs = pdf_draw.render(page, 100)
    assert ours.pixels.shape == theirs.shape
    assert alike(theirs, ours.pixels)


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("code", [pdfs.as_jpeg, pdfs.as_fax])
def test_strips_are_stacked(code: Code, tmp_path: Path) -> None:
    grey = chart() if code in GREY_CODES else bits_of(chart())
    strips, content = [], b""
    for number, top in enumerate(range(0, 48, 16)):
        strips.append(code(np.ascontiguousarray(grey[top : top + 16])))
        bottom = (48 - top - 16) * POINTS_PER_PIXEL
        content += place(WIDTH, 0, 0, 16 * POINTS_PER_PIXEL, 0, bottom, f"Im{number}")
    page = page_of(tmp_path, PageOf(strips, content, size=(WIDTH, HEIGHT)))
    assert same(page.pixels, grey, tolerance=9)


@pytest.mark.usefixtures("no_rendering")
def test_a_crop_box_cuts(tmp_path: Path) -> None:
    box = [16 * POINTS_PER_PIXEL, 12 * POINTS_PER_PIXEL, WIDTH, HEIGHT]
    page = page_of(tmp_path, PageOf([pdfs.as_raw(chart())], entries={"CropBox": box}))
    assert same(page.pixels, chart()[:36, 16:])


@pytest.mark.usefixtures("no_rendering")
def test_a_picture_smaller_than_its_page_gets_white_round_it(tmp_path: Path) -> None:
    size = (100 * POINTS_PER_PIXEL, 80 * POINTS_PER_PIXEL)
    content = place(WIDTH, 0, 0, HEIGHT, 10 * POINTS_PER_PIXEL, 12 * POINTS_PER_PIXEL)
    page = page_of(tmp_path, PageOf([pdfs.as_raw(chart())], content, size=size))
    expected = np.full((80, 100), 255, np.uint8)
    expected[20:68, 10:74] = chart()
    assert same(page.pixels, expected)


@pytest.mark.usefixtures("no_rendering")
def test_a_media_box_away_from_the_origin_and_a_user_unit(tmp_path: Path) -> None:
    content = place(WIDTH, 0, 0, HEIGHT, 500, -300)
    entries = {"MediaBox": [500, -300, 500 + WIDTH, -300 + HEIGHT], "UserUnit": 2}
    page = page_of(tmp_path, PageOf([pdfs.as_raw(chart())], content, entries))
    assert same(page.pixels, chart())
    assert page.stated_dpi == pytest.approx(50, abs=0.5)


@pytest.mark.usefixtures("no_rendering")
def test_what_all_pages_inherit_counts_for_each(tmp_path: Path) -> None:
    book = Pdf.new()
    image = Stream(
        book,
        chart().tobytes(),
        Subtype=Name.Image,
        Width=64,
        Height=48,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )
    leaf = Dictionary(Type=Name.Page, Contents=Stream(book, place(WIDTH, 0, 0, HEIGHT, 0, 0)))
    book.pages.append(Page(leaf))
    tree = book.Root.Pages
    tree.MediaBox = Array([0, 0, WIDTH, HEIGHT])
    tree.Rotate = 180
    tree.Resources = Dictionary(XObject=Dictionary(Im0=image))
    book.save(tmp_path / "scan")
    page = read_page_of(tmp_path, (tmp_path / "scan").read_bytes())
    assert same(page.pixels, np.rot90(chart(), 2))


@pytest.mark.usefixtures("no_rendering")
def test_an_invisible_text_layer_does_not_matter(tmp_path: Path) -> None:
    text = b"BT /F1 12 Tf 3 Tr 1 0 0 1 5 5 Tm (recognised words) Tj ET\n"
    content = place(WIDTH, 0, 0, HEIGHT, 0, 0) + text
    page = page_of(tmp_path, PageOf([pdfs.as_jpeg(chart())], content, size=(WIDTH, HEIGHT)))
    assert same(page.pixels, chart(), tolerance=9)


@pytest.mark.usefixtures("no_rendering")
def test_a_picture_inside_a_form_and_a_wide_clip(tmp_path: Path) -> None:
    def form(book: Pdf) -> object:
        return Dictionary(
            XObject=Dictionary(
                Fm0=Stream(
                    book,
                    place(1, 0, 0, 1, 0, 0),
                    Subtype=Name.Form,
                    BBox=[0, 0, 1, 1],
                    Matrix=[WIDTH, 0, 0, HEIGHT, 0, 0],
                    Resources=Dictionary(
                        XObject=Dictionary(
                            Im0=Stream(
                                book,
                                chart().tobytes(),
                                Subtype=Name.Image,
                                Width=64,
                                Height=48,
                                ColorSpace=Name.DeviceGray,
                                BitsPerComponent=8,
                            )
                        )
                    ),
                )
            )
        )

    content = b"q 0 0 %f %f re W n /Fm0 Do Q" % (WIDTH, HEIGHT)
    page = page_of(tmp_path, PageOf([], content, {"Resources": form}, size=(WIDTH, HEIGHT)))
    assert same(page.pixels, chart())


@pytest.mark.usefixtures("no_rendering")
def test_an_exif_orientation_inside_a_pdf_does_not_count(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    data = jpeg(chart(), exif=exif)
    entries = {"Filter": Name.DCTDecode, "ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
    page = page_of(tmp_path, PageOf([Coded(64, 48, data, entries)]))
    assert same(page.pixels, chart(), tolerance=9)


def _half_mask(book: Pdf) -> Stream:
    mask = np.full((48, 64), 255, np.uint8)
    mask[:, :32] = 0
    return Stream(
        book,
        mask.tobytes(),
        Subtype=Name.Image,
        Width=64,
        Height=48,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )


def _left_half_white() -> Grey:
    grey = chart()
    grey[:, :32] = 255
    return grey


def test_a_soft_mask_is_obeyed(tmp_path: Path) -> None:
    page = page_of(tmp_path, PageOf([pdfs.as_jpeg(chart()).but(SMask=_half_mask)]))
    assert alike(page.pixels, _left_half_white())


def test_a_stencil_paints_where_its_bits_are_0(tmp_path: Path) -> None:
    page = page_of(tmp_path, PageOf([pdfs.as_stencil(chart())]))
    assert alike(page.pixels, bits_of(chart()))
    turned = page_of(tmp_path, PageOf([pdfs.as_stencil(255 - bits_of(chart())).but(Decode=[1, 0])]))
    assert alike(turned.pixels, bits_of(chart()))


def test_a_colour_key_mask_is_obeyed(tmp_path: Path) -> None:
    masked = pdfs.as_raw(chart()).but(Mask=[0, 10])
    page = page_of(tmp_path, PageOf([masked]))
    assert alike(page.pixels, np.where(chart() == 0, 255, chart()).astype(np.uint8))


@pytest.mark.parametrize(
    "drawn",
    [b"0 g 0 0 20 34.56 re f\n", b"BT /F1 60 Tf 0 Tr 1 0 0 1 0 0 Tm (M) Tj ET\n", b"5 w 0 0 m 46 34 l S\n"],
    ids=["rectangle", "visible text", "stroke"],
)
def test_what_is_drawn_over_the_picture_is_seen(drawn: bytes, tmp_path: Path) -> None:
    white = np.full((48, 64), 255, np.uint8)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Helvetica"))

    def resources(book: Pdf) -> object:
        image = Stream(
            book,
            white.tobytes(),
            Subtype=Name.Image,
            Width=64,
            Height=48,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
        return Dictionary(XObject=Dictionary(Im0=image), Font=Dictionary(F1=font))

    content = place(WIDTH, 0, 0, HEIGHT, 0, 0) + drawn
    page = page_of(tmp_path, PageOf([], content, {"Resources": resources}, size=(WIDTH, HEIGHT)))
    assert page.pixels.min() < 50


def test_a_narrow_clip_is_obeyed(tmp_path: Path) -> None:
    content = b"q 23.04 0 40 40 re W n " + place(WIDTH, 0, 0, HEIGHT, 0, 0) + b" Q"
    page = page_of(tmp_path, PageOf([pdfs.as_raw(chart())], content, size=(WIDTH, HEIGHT)))
    assert alike(page.pixels, _left_half_white())


def test_a_slanted_picture_is_rendered(tmp_path: Path) -> None:
    content = place(WIDTH, 3, -3, HEIGHT, 0, 0)
    page = page_of(
        tmp_path, PageOf([pdfs.as_raw(np.zeros((48, 64), np.uint8))], content, size=(WIDTH, HEIGHT))
    )
    assert page.pixels[-1, -1] == 255
    assert page.pixels[page.pixels.shape[0] // 2, page.pixels.shape[1] // 2] == 0


def test_one_picture_over_another_is_seen(tmp_path: Path) -> None:
    """As in compact PDFs: a coarse background and a stencil of the ink."""
    background = pdfs.as_jpeg(np.full((24, 32), 255, np.uint8))
    content = place(WIDTH, 0, 0, HEIGHT, 0, 0) + place(WIDTH, 0, 0, HEIGHT, 0, 0, "Im1")
    page = page_of(tmp_path, PageOf([background, pdfs.as_stencil(chart())], content, size=(WIDTH, HEIGHT)))
    assert alike(page.pixels, bits_of(chart()))
    assert page.stated_dpi == pytest.approx(150)


def test_ink_of_a_pen_on_a_tablet_is_seen(tmp_path: Path) -> None:
    def note(book: Pdf) -> object:
        look = Stream(book, b"0 g 0 0 46.08 34.56 re f", Subtype=Name.Form, BBox=[0, 0, WIDTH, HEIGHT])
        return Array(
            [
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Stamp,
                    F=4,
                    Rect=[0, 0, WIDTH, HEIGHT],
                    AP=Dictionary(N=book.make_indirect(look)),
                )
            ]
        )

    page = page_of(tmp_path, PageOf([pdfs.as_raw(chart())], entries={"Annots": note}))
    assert page.pixels.mean() < 20


def test_a_link_does_not_matter(no_rendering: None, tmp_path: Path) -> None:
    link = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])])
    assert same(page_of(tmp_path, PageOf([pdfs.as_raw(chart())], entries={"Annots": link})).pixels, chart())


def test_what_is_no_annotation_does_not_matter(no_rendering: None, tmp_path: Path) -> None:
    """As damaged files have it; a viewer shows nothing for it either."""
    notes = Array([None, 7, Name.Link])
    assert same(page_of(tmp_path, PageOf([pdfs.as_raw(chart())], entries={"Annots": notes})).pixels, chart())


def test_a_hidden_layer_is_not_shown(tmp_path: Path) -> None:
    book = Pdf.new()
    layer = book.make_indirect(Dictionary({"/Type": Name.OCG, "/Name": pikepdf.String("off")}))
    image = Stream(
        book,
        chart().tobytes(),
        Subtype=Name.Image,
        Width=64,
        Height=48,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
        OC=layer,
    )
    sheet = Dictionary(
        Type=Name.Page,
        MediaBox=[0, 0, WIDTH, HEIGHT],
        Resources=Dictionary(XObject=Dictionary(Im0=image)),
        Contents=Stream(book, place(WIDTH, 0, 0, HEIGHT, 0, 0)),
    )
    book.pages.append(Page(sheet))
    book.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    book.save(tmp_path / "scan")
    page = read_page_of(tmp_path, (tmp_path / "scan").read_bytes())
    assert page.pixels.min() == 255


def test_vector_pages_are_drawn_at_300_dpi(tmp_path: Path) -> None:
    page = page_of(tmp_path, PageOf([], b"0 g 0 0 36 36 re f", size=(72, 36)))
    assert page.pixels.shape == (150, 300)
    assert page.pixels[75, 75] == 0
    assert page.pixels[75, 250] == 255
    assert page.stated_dpi == 300


def test_pages_can_be_read_in_any_order(tmp_path: Path) -> None:
    greys = [np.full((48, 64), 20 * number, np.uint8) for number in range(5)]
    path = tmp_path / "scan"
    path.write_bytes(pdf([PageOf([pdfs.as_raw(grey)]) for grey in greys]))
    limits = Limits()
    facts = inspect_file(path, limits)
    assert isinstance(facts, FileFacts)
    with open_scan(path, facts, limits) as scan:
        for number in (5, 1, 3, 3):
            page = scan.read(PageSource("0" * 64, "scan", number))
            assert isinstance(page, ScannedPage)
            assert page.source.scan_page == number
            assert page.pixels[0, 0] == 20 * (number - 1)


def test_a_damaged_page_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    good = PageOf([pdfs.as_jpeg(chart())])
    data = jpeg(chart())
    cut = PageOf([Coded(64, 48, data[: len(data) * 2 // 3], pdfs.as_jpeg(chart()).entries)])
    found = outcomes(tmp_path, pdf([good, cut, good]))
    assert [isinstance(page, ScannedPage) for page in found] == [True, False, True]
    assert isinstance(found[1], Refusal)
    assert (found[1].reason, found[1].scan_page) == (RefusalReason.DAMAGED, 2)
