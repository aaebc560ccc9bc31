"""Names and files from the catalogue of what people, devices and attackers put into folders."""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
import zlib
from pathlib import Path

import pikepdf

from tests.faults.drops import Content
from tests.faults.stand import Stand, until

NAMES = (
    "a\nb.jpg",
    "\x1b[31mred.jpg",
    "\u202egpj.exe",
    "😀.jpg",
    os.fsdecode(b"\xe4\xf6.jpg"),
    "-rf",
    "=cmd()",
    "<img onerror=alert(1)>",
    "x" * 255,
    "ä" * 127,
    "no extension",
    " ",
    "a..b",
    "claim",
    "alive",
    "a.reason.txt.jpg",
)


def test_odd_names_are_kept_and_nothing_is_lost(stand: Stand) -> None:
    for number, name in enumerate(NAMES):
        stand.drop(stand.paper.jpeg(number, variant=number + 1), name, office=("", "x.pdf")[number % 2])
    stand.drop(stand.paper.jpeg(0, variant=1), "same.jpg")
    stand.drop(stand.paper.jpeg(0, variant=50), "same.jpg", office="same.jpg office")
    service = stand.start()
    until(stand.all_ended, service)
    stand.drop(stand.paper.jpeg(0, variant=51), "same.jpg")
    until(stand.all_ended, service)
    assert stand.stop_and_judge(service) == []
    kept = {path.name for path in (stand.inbox / "done").rglob("*")}
    assert {name for name in NAMES if len(os.fsencode(name)) < 240} <= kept
    assert {"same.jpg", "same (2).jpg"} <= kept
    stand.assert_all_is_well()


def test_bad_files_are_refused_with_the_reason_and_good_ones_go_on(stand: Stand, tmp_path: Path) -> None:
    good = stand.paper.jpeg(0)
    for content in (*_bad(good.data, tmp_path), stand.paper.torn(2)):
        stand.drop(content, office="North")
    # By content, whatever the name says.
    stand.drop(good, "scan.pdf")
    stand.drop(stand.paper.stack(tmp_path, 1, 2), "scan.jpg")
    stand.drop(stand.paper.tiff(3), "scan")
    stand.odd |= _odd(stand.inbox)
    service = stand.start()
    until(stand.all_ended, service)
    assert stand.stop_and_judge(service) == []
    stand.assert_all_is_well()


def _bad(jpeg: bytes, folder: Path) -> list[Content]:
    locked, shut = folder / "locked.pdf", io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(shut, encryption=pikepdf.Encryption(owner="o", user="u"))
    locked.write_bytes(shut.getvalue())
    loop = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", 1)
    loop += struct.pack("<HHII", 256, 3, 1, 1) + struct.pack("<I", 8)
    return [
        Content(b"", ".pdf", refused="empty_file"),
        Content(b"1", ".jpg", refused="not_a_scan"),
        Content(b"<html>" * 100, ".tif", refused="not_a_scan"),
        Content(jpeg[:3000], ".jpg", refused="torn"),
        Content(shut.getvalue(), ".pdf", refused="encrypted"),
        Content(loop, ".tif", refused="damaged"),
        Content(_png(65_000, 65_000), ".png", refused="too_large"),
        Content(b"%PDF-1.7\nnothing of a PDF\n%%EOF\n", ".pdf", refused="damaged"),
    ]


def _png(width: int, height: int) -> bytes:
    """Whole, and claiming to be very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _odd(inbox: Path) -> set[str]:
    """What is no file at all."""
    (inbox / "link.jpg").symlink_to("/etc/hostname")
    (inbox / "nowhere.jpg").symlink_to("../../nothing")
    (inbox / "itself.jpg").symlink_to("itself.jpg")
    os.mkfifo(inbox / "pipe.jpg")
    found = {"link.jpg", "nowhere.jpg", "itself.jpg", "pipe.jpg"}
    if os.geteuid() == 0:
        os.mknod(inbox / "device.jpg", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        found.add("device.jpg")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(inbox)  # such names may not be long
        try:
            made.bind("socket.jpg")
        finally:
            os.chdir(here)
    return found | {"socket.jpg"}
