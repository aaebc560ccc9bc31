"""Real sheets, printed and scanned once for all fault tests, and what else people put into folders.

The sheets are printed by the command into an embedded record; a test's own record is a copy of it, or gets
its sheets by plain SQL when it is on a server.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from PIL import Image
from psycopg import sql

from calibration.synthesis.files import write_jpeg_pdf
from tests.acceptance.office import Forms, write_requests
from tests.faults.drops import Content

SHEETS = 4
MARKS_MM = (
    (20.0, 45.0, 62.5, 91.0),
    (11.0, 35.5, 70.0, 88.0),
    (5.5, 50.0, 66.0, 97.0),
    (31.0, 42.0, 77.0, 83.0),
)
WITH_SHEETS = ("case", "session", "layout", "sheet")


@dataclass(frozen=True)
class Paper:
    """The scans, by the sheet that is on them."""

    home: Path
    """A home whose record knows the sheets; copied, never used."""
    sheet_ids: tuple[str, ...]
    jpegs: tuple[bytes, ...]

    @property
    def marks_mm(self) -> dict[str, tuple[float, ...]]:
        return dict(zip(self.sheet_ids, MARKS_MM, strict=True))

    def furnish(self, home: Path, url: str | None) -> None:
        """Give a home, and a record elsewhere, the sheets; once."""
        if not home.exists():
            shutil.copytree(self.home, home)
        elif not (home / "jana.sqlite").exists():
            shutil.copy(self.home / "jana.sqlite", home)
        if url is not None:
            _copy_sheets(self.home / "jana.sqlite", url)

    # Files with sheets on them. `variant` makes other bytes of the same picture.

    def jpeg(self, number: int, variant: int = 0) -> Content:
        """One scan; a comment in the file tells the variants apart."""
        number %= SHEETS
        data = self.jpegs[number]
        if variant:
            comment = b"variant %d" % variant
            data = data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
        return Content(data, ".jpg", (self.sheet_ids[number],))

    def stack(self, folder: Path, *numbers: int, variant: int = 0) -> Content:
        """Several scans as one PDF."""
        pages = [self.jpeg(number, variant) for number in numbers]
        path = folder / "stack.tmp"
        write_jpeg_pdf(path, [page.data for page in pages])
        data = path.read_bytes() + (b"%% %d\n%%%%EOF\n" % variant if variant else b"")
        path.unlink()
        return Content(data, ".pdf", tuple(page.sheets[0] for page in pages))

    def tiff(self, *numbers: int) -> Content:
        """Several scans as one TIFF, in black and white as many offices have it."""
        pages = [Image.open(io.BytesIO(self.jpeg(number).data)) for number in numbers]
        bilevel = [page.convert("L").point(lambda grey: 255 * (grey > 160)).convert("1") for page in pages]
        written = io.BytesIO()
        bilevel[0].save(
            written, "TIFF", save_all=True, append_images=bilevel[1:], compression="group4", dpi=(150, 150)
        )
        return Content(
            written.getvalue(), ".tif", tuple(self.sheet_ids[number % SHEETS] for number in numbers)
        )

    def torn(self, number: int, variant: int = 0) -> Content:
        """A scan of which the end is missing."""
        whole = self.jpeg(number, variant).data
        return Content(whole[: len(whole) // 2], ".jpg", refused="torn")


def other(kind: str, variant: int = 0) -> Content:
    """What is no scan of a sheet."""
    if kind == "empty":
        return Content(b"", ".pdf", refused="empty_file")
    if kind == "note":
        return Content(b"minutes of meeting %d" % variant, ".pdf", refused="not_a_scan")
    picture = Image.new("L", (300, 400), 255 - variant % 3)
    written = io.BytesIO()
    picture.save(written, "PNG", dpi=(100, 100), pnginfo=None)
    data = written.getvalue()
    return Content(data + b"%d" % variant, ".png", (None,))


def printed_paper(folder: Path, command: Callable[..., int]) -> Paper:
    """Print the sheets with the command, whose home is `folder / "home"`, and scan them."""
    rows = (f"ors,en,C-{number},1,,,self,North" for number in range(SHEETS))
    requests = write_requests(folder / "requests.csv", *rows)
    forms = Forms(folder / "forms.pdf", folder / "forms.csv")
    arguments = ["print", str(requests), "--out", str(forms.pdf), "--manifest", str(forms.manifest)]
    assert command(arguments) == 0
    scans = tuple(forms.scan(page, MARKS_MM[page - 1], seed=page) for page in range(1, SHEETS + 1))
    return Paper(folder / "home", tuple(forms.ids), scans)


def _copy_sheets(embedded: Path, url: str) -> None:
    """The printed sheets into a record on a server, without the code under test."""
    with closing(sqlite3.connect(embedded)) as source, psycopg.connect(url) as target:
        if target.execute("SELECT count(*) FROM sheet").fetchone() != (0,):
            return
        for table in WITH_SHEETS:
            rows = source.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own
            names = [column[0] for column in rows.description]
            adding = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join(sql.Placeholder() * len(names)),
            )
            target.cursor().executemany(adding, rows.fetchall())
