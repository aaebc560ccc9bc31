"""Whole files are whole, and what is cut off them is missed, without anything being decoded."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scanner.watch.completeness import MOST_BYTES, Wholeness, look_inside

QUICK = settings(derandomize=True, max_examples=30, deadline=None, database=None)
THUMBNAIL = b"\xff\xd8\xff\xd9"


def picture(kind: str, pages: int = 1) -> bytes:
    rng = np.random.default_rng(1)
    images = [Image.fromarray(rng.integers(0, 255, (60, 80), dtype=np.uint8)) for _ in range(pages)]
    out = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if pages > 1 else {}
    images[0].save(out, format=kind, **more)
    return out.getvalue()


def jpeg_with_thumbnail() -> bytes:
    """The end mark of a thumbnail stands near the beginning."""
    exif = b"Exif\0\0" + THUMBNAIL
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    return b"\xff\xd8" + segment + picture("JPEG")[2:]


WHOLE = {
    "pdf": picture("PDF"),
    "jpeg": picture("JPEG"),
    "thumbnail": jpeg_with_thumbnail(),
    "png": picture("PNG"),
    "tiff": picture("TIFF"),
    "pages": picture("TIFF", pages=4),
}
BARE = {name: data.rstrip() for name, data in WHOLE.items()}


def look(tmp: Path, content: bytes) -> Wholeness:
    path = tmp / "scan"
    path.write_bytes(content)
    return look_inside(path)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("behind", [b"", b"\r\n", bytes(512)])
def test_a_whole_file_is_whole_also_with_a_little_behind_it(tmp_path: Path, name: str, behind: bytes) -> None:
    assert look(tmp_path, WHOLE[name] + behind) is Wholeness.WHOLE


@pytest.mark.parametrize("name", WHOLE)
@QUICK
@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_what_is_cut_off_is_never_taken_for_whole(
    tmp_path_factory: pytest.TempPathFactory, name: str, share: float
) -> None:
    cut = BARE[name][: int(len(BARE[name]) * share)]
    found = look(tmp_path_factory.mktemp("cut"), cut)
    # A few bytes may be too few to know what they begin.
    assert found is (Wholeness.UNFINISHED if len(cut) >= 8 or not cut else Wholeness.NO_SCAN) or len(cut) < 8
    assert found is not Wholeness.WHOLE


def test_a_tiff_whose_list_of_pages_comes_last_is_awaited(tmp_path: Path) -> None:
    assert look(tmp_path, b"II*\0" + bytes(4) + bytes(1000)) is Wholeness.UNFINISHED


@pytest.mark.parametrize("content", [b"x", b"hello", b"PK\x03\x04" + bytes(100), bytes(5000)])
def test_what_is_no_scan_is_told_from_its_first_bytes(tmp_path: Path, content: bytes) -> None:
    assert look(tmp_path, content) is Wholeness.NO_SCAN


def test_a_file_without_content_may_still_get_some(tmp_path: Path) -> None:
    assert look(tmp_path, b"") is Wholeness.UNFINISHED


def test_a_hostile_list_of_pages_is_left_to_those_who_can_be_killed(tmp_path: Path) -> None:
    """Directories of 4,096 tags that lead nowhere: no more than so much is read of them."""
    path = tmp_path / "bomb.tif"
    entries = 4096
    directory = (
        entries.to_bytes(2, "little")
        + (
            (273).to_bytes(2, "little")
            + (4).to_bytes(2, "little")
            + (1 << 20).to_bytes(4, "little")
            + bytes(4)
        )
        * entries
    )
    count = 40
    size = len(directory) + 4
    with path.open("wb") as file:
        file.write(b"II*\0" + (8).to_bytes(4, "little"))
        for number in range(count):
            following = 8 + (number + 1) * size if number + 1 < count else 0
            file.write(directory + following.to_bytes(4, "little"))
        file.truncate(max(MOST_BYTES, 5 << 20))
    assert look_inside(path) in (Wholeness.WHOLE, Wholeness.UNFINISHED)


def test_links_are_not_followed_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(WHOLE["png"])
    link, pipe = tmp_path / "link.png", tmp_path / "pipe.png"
    link.symlink_to(tmp_path / "good.png")
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="symbolic"):
        look_inside(link)
    assert look_inside(pipe) is Wholeness.NO_SCAN
