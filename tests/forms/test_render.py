"""Documents: pages in order, whole files only, and little memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp

from forms import render
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf
from tests.forms.printed_forms import LIBRARY, cut, pixels, printed, sheet


def test_pages_come_in_order_over_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "CHUNK_PAGES", 3)
    faces = [sheet("ors", "fi"), sheet("cors", "sv"), *(sheet("lass", "en") for _ in range(6))]
    told: list[int] = []
    buffer = BytesIO()
    render_pdf(iter(faces), buffer, progress=told.append)
    regions = [
        cut(page, face.layout.codes[0].qr.grown(4))
        for face, page in zip(faces, pixels(buffer.getvalue()), strict=True)
    ]
    read = [zxingcpp.read_barcodes(region.copy())[0].text for region in regions]
    assert read == [face.sheet_id.payload for face in faces]
    assert told == list(range(1, 9))


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "forms.pdf"
    out.write_bytes(b"an older file")

    def breaking() -> Iterator[SheetFace]:
        yield sheet("ors", "fi")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_pdf(breaking(), out)
    assert out.read_bytes() == b"an older file"
    render_pdf([sheet("ors", "fi")], out)
    assert len(list(pixels(out.read_bytes()))) == 1
    assert list(tmp_path.iterdir()) == [out]


def test_prints_through_a_link_and_into_a_pipe(tmp_path: Path) -> None:
    target, link = tmp_path / "there.pdf", tmp_path / "here.pdf"
    target.write_bytes(b"")
    link.symlink_to(target)
    render_pdf([sheet("ors", "fi")], link)
    assert link.is_symlink()
    assert target.read_bytes().startswith(b"%PDF")

    done = subprocess.run([sys.executable, "-c", TO_STDOUT], check=True, capture_output=True)
    assert len(list(pixels(done.stdout))) == 1


def test_no_sheets_are_no_document(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sheet to print"):
        render_pdf([], tmp_path / "forms.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_is_never_printed_by_another_layout_than_it_will_be_read_by() -> None:
    other = compute_layout(LIBRARY["lass"], "fi")
    with pytest.raises(ValueError, match="its layout is not that of ors"):
        printed([replace(sheet("ors", "fi"), layout=other)])


TO_STDOUT = """
from pathlib import Path
from tests.forms.printed_forms import sheet
from forms.render import render_pdf

render_pdf([sheet("ors", "fi")], Path("/dev/stdout"))
"""

PEAK = """
from io import BytesIO
from pathlib import Path
from forms.definition import load_library
from forms.identifier import SheetId
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf

ors = load_library()["ors"]
layout = compute_layout(ors, "fi")
faces = (
    SheetFace(sheet_id=SheetId.new(), instrument=ors, language="fi", layout=layout) for _ in range(600)
)
render_pdf(faces, BytesIO())
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for the peak")
def test_many_sheets_need_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 90
