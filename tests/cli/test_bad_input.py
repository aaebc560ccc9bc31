"""A folder as offices have them: one good scan among files that are none, each with its reason."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from calibration.synthesis.files import jpeg_bytes
from calibration.synthesis.scanners import Picture
from scanner.errors import ExitCode
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import write_stack

MARKS = (20.0, 45.0, 62.5, 91.0)
EVIL_NAMES = (
    b"new\nline.pdf",
    b"esc\x1b[31m.pdf",
    "\u202efdp.evil".encode(),
    b"latin-\xe4\xf6.pdf",
    b"-rf.pdf",
    b"=cmd().pdf",
    "<img onerror=x> \U0001f600.pdf".encode(),
)


def bomb_png() -> bytes:
    """A PNG that says that it is 65,000 pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(70_000))), chunk(b"IEND", b""))
    )


def encrypted(pdf: Path, path: Path) -> None:
    with pikepdf.open(pdf) as document:
        document.save(path, encryption=pikepdf.Encryption(owner="owner", user="user"))


def torn_tiff(path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (600, 400), dtype=np.uint8)
    Image.fromarray(noise).save(path, save_all=True, append_images=[Image.fromarray(noise.T)])
    path.write_bytes(path.read_bytes()[:300_000])


def blank_page() -> bytes:
    return jpeg_bytes(Picture(np.full((1754, 1240), 250, np.uint8), 150, False), 85)


def fill_folder(folder: Path, forms_pdf: Path) -> dict[str, str]:
    """Bad files in `folder`; the reason for each, by its name."""
    (folder / "zero.pdf").touch()
    (folder / "text.pdf").write_text("Dear colleague, the scans follow tomorrow.")
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.4\n" + bytes(500) + b"\n%%EOF\n")
    (folder / "bomb.png").write_bytes(bomb_png())
    encrypted(forms_pdf, folder / "encrypted.pdf")
    torn_tiff(folder / "torn.tif")
    return {
        "zero.pdf": "empty_file",
        "text.pdf": "not_a_scan",
        "damaged.pdf": "damaged",
        "bomb.png": "too_large",
        "encrypted.pdf": "encrypted",
        "torn.tif": "torn",
    }


def add_what_is_passed_over(folder: Path, scan: Path) -> None:
    for name in ("._scan.pdf", "Thumbs.db", ".DS_Store", "~$scan.pdf", "half.pdf.part"):
        shutil.copy(scan, folder / name)
    (folder / ".jana").mkdir()
    shutil.copy(scan, folder / ".jana" / "claimed.pdf")
    (folder / "link.pdf").symlink_to(scan)
    (folder / "folder link").symlink_to(scan.parent)
    os.mkfifo(folder / "pipe.pdf")


def test_a_good_scan_among_bad_ones_is_read(jana: Jana, tmp_path: Path) -> None:
    forms = printed(jana, tmp_path, "ors,en,A-1,,,,,")
    folder = tmp_path / "inbox"
    (folder / "folder.pdf" / "deep").mkdir(parents=True)
    reasons = fill_folder(folder, forms.pdf)
    pages = [blank_page(), forms.scan(1, MARKS)]
    good = write_stack(folder / "folder.pdf" / "deep" / "good.pdf", pages)
    outside = write_stack(tmp_path / "outside.pdf", [blank_page(), blank_page()])
    add_what_is_passed_over(folder, outside)

    answer = jana("read", folder, "--json")

    assert answer.code == 0
    told = {(page["scan_name"], page["scan_page"]): page for page in answer.objects}
    assert {name: told[name, None]["reason"] for name in reasons} == reasons
    assert {told[name, None]["outcome"] for name in reasons} == {"refused"}
    assert told["good.pdf", 1]["outcome"] == "empty"
    assert [item["status"] for item in told["good.pdf", 2]["items"]] == ["accepted"] * 4
    assert len(told) == len(answer.objects) == len(reasons) + 2
    refused = jana("results", "--refused")
    assert refused.out.splitlines()[0] == "scan_sha256,scan_name,scan_page,reason,detail,read_at"
    assert {row["scan_name"]: row["reason"] for row in refused.rows} == reasons
    assert {row["scan_page"] for row in refused.rows} == {""}
    assert len(jana("results").rows) == 4
    assert good.exists()


def test_nothing_readable_is_3_and_something_refused_is_6_when_strict(jana: Jana, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pdf"
    bad.touch()
    blank = write_stack(tmp_path / "blank.pdf", [blank_page()])

    assert jana("read", bad).code == ExitCode.NOTHING_READ
    other = tmp_path / "other.pdf"
    other.write_text("text")
    assert jana("read", other, blank, "--strict").code == ExitCode.REFUSED
    assert jana("read", other, blank, "--strict").code == 0  # seen before: told the first time
    empty = tmp_path / "empty"
    empty.mkdir()
    assert jana("read", empty).code == ExitCode.NOTHING_READ


def test_names_of_files_are_harmless(jana: Jana, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number, name in enumerate(EVIL_NAMES):
        (folder / os.fsdecode(name)).write_text(f"not a scan {number}")

    shown = jana("read", folder)

    assert shown.code == ExitCode.NOTHING_READ
    assert all(line.isprintable() for line in shown.out.splitlines())
    assert len(shown.out.splitlines()) == 2 * len(EVIL_NAMES)
    names = {row["scan_name"] for row in jana("results", "--refused").rows}
    assert names == {
        r"new\u000aline.pdf",
        r"esc\u001b[31m.pdf",
        r"\u202efdp.evil",
        r"latin-\xe4\xf6.pdf",
        "'-rf.pdf",
        "'=cmd().pdf",
        "<img onerror=x> \U0001f600.pdf",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_of_and_can_come_again(jana: Jana, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    locked.write_text("text")
    locked.chmod(0)
    blank = write_stack(tmp_path / "blank.pdf", [blank_page()])

    answer = jana("read", locked, blank)

    assert answer.code == ExitCode.ERROR
    assert "locked.pdf (permission denied)" in answer.err
    assert "blank page" in answer.out
    assert jana("results", "--refused").rows == []
