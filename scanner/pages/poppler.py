"""The last resort for a PDF page: poppler's own program, where it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pdf2image
from pdf2image import exceptions as trouble

from scanner.model.page import GreyPixels
from scanner.pages.facts import damaged
from scanner.pages.grey import from_pillow, pillow_without_alarm
from scanner.settings_limits import Limits

PROGRAM = "pdftoppm"


def is_installed() -> bool:
    """Whether poppler's programs are on the path."""
    return shutil.which(PROGRAM) is not None


def render(path: Path, number: int, dpi: float, limits: Limits) -> GreyPixels:
    """Page `number`, counting from 1, in grey.

    Raises:
        UnreadableError: `damaged` when poppler gives no page.
    """
    try:
        with pillow_without_alarm(limits.page_pixels):
            pictures = pdf2image.convert_from_path(
                path,
                dpi=max(1, int(dpi)),
                first_page=number,
                last_page=number,
                grayscale=True,
                use_cropbox=True,
                timeout=max(1, int(limits.page_seconds)),
            )
    except (
        trouble.PDFPageCountError,
        trouble.PDFPopplerTimeoutError,
        trouble.PDFSyntaxError,
        trouble.PopplerNotInstalledError,
    ) as error:
        raise damaged("A PDF page that neither PDFium nor poppler can draw.") from error
    if not pictures:
        raise damaged("A PDF page that neither PDFium nor poppler can draw.")
    return from_pillow(pictures[0])[0]
