"""What decoders raise over broken bytes, in our own terms."""

from __future__ import annotations

import struct
import zlib

import cv2
import pikepdf
from PIL import Image

from scanner.pages.facts import UnreadableError, damaged, too_large

DECODER_ERRORS: tuple[type[Exception], ...] = (
    Image.DecompressionBombError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    cv2.error,
    pikepdf.PikepdfError,
    struct.error,
    zlib.error,
)
"""Pillow, OpenCV, PDFium (a RuntimeError) and qpdf raise all of these over randomly damaged files."""


SHORT_OF_MEMORY = "Decoding it takes more memory than is allowed"
"""How such a refusal begins."""


def as_unreadable(error: Exception) -> UnreadableError:
    """The refusal that a decoder's error means."""
    name = type(error).__name__
    if isinstance(error, MemoryError | Image.DecompressionBombError) or (
        isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    ):
        return too_large(f"{SHORT_OF_MEMORY} ({name}).")
    return damaged(f"Its picture cannot be decoded ({name}).")
