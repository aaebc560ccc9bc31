"""Makes the README's pictures from what `jana demo` has left: python docs/pictures.py DEMO_FOLDER

The mother's sheet of the demo's family, as it was printed, and as the machine saw it after the scanner.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

HERE = Path(__file__).parent
WIDTH_PX = 600
COLOURS = 64
NOISE_FROM = 226
"""Of 255: the scanner's noise on white paper, which would make the file several times as large."""
WANTED = {"instrument": "cors", "rater": "mother"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(forms: Path, page: int) -> Image.Image:
    """A page of the forms as a picture."""
    document = pdfium.PdfDocument(forms)
    try:
        picture: Image.Image = document[page - 1].render(scale=3).to_pil()
        return picture
    finally:
        document.close()


def save(picture: Image.Image, path: Path) -> None:
    height_px = round(picture.height * WIDTH_PX / picture.width)
    small = picture.convert("RGB").resize((WIDTH_PX, height_px), Image.Resampling.LANCZOS)
    clean = small.point([value if value < NOISE_FROM else 255 for value in range(256)] * 3)
    few = clean.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main(demo: Path) -> None:
    sheet = next(row for row in rows_of(demo / "forms.csv") if WANTED.items() <= row.items())
    result = next(row for row in rows_of(demo / "results.csv") if row["sheet_id"] == sheet["sheet_id"])
    save(printed(demo / "forms.pdf", int(sheet["page"])), HERE / "sheet.png")
    name = f"{result['scan_name']}-p{int(result['scan_page']):04d}-{result['scan_sha256'][:8]}.png"
    with Image.open(demo / "overlays" / name) as seen:
        save(seen, HERE / "overlay.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
