"""What a file is, and whether it is whole, before anything in it is decoded."""

from __future__ import annotations

import stat
from pathlib import Path

from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileFacts, FileKind, FileRefusal, UnreadableError, damaged
from scanner.pages.pdf import inspect_pdf
from scanner.pages.picture import inspect_jpeg, inspect_png
from scanner.pages.tiff import inspect_tiff
from scanner.pages.trouble import DECODER_ERRORS, as_unreadable
from scanner.settings_limits import Limits

_HEAD_BYTES = 1024
"""The mark of a PDF may stand anywhere in its first kilobyte (ISO 32000-1, annex H, note 13)."""
_MARKS = (
    (b"II*\0", FileKind.TIFF),
    (b"MM\0*", FileKind.TIFF),
    (b"II+\0", FileKind.TIFF),
    (b"MM\0+", FileKind.TIFF),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
)


def sniff(head: bytes) -> FileKind | None:
    """The kind of a file by its first bytes; None for what is not a scan."""
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return kind
    return FileKind.PDF if b"%PDF-" in head[:_HEAD_BYTES] else None


def inspect_file(path: Path, limits: Limits) -> FileFacts | FileRefusal:
    """Look at a regular file: its kind, how many pages it has, and whether it is whole.

    Decodes no picture. PDFium looks into hostile bytes here already, so that files of others belong
    into a child process (see `scanner.intake.workers`).
    """
    try:
        return _inspect(path, limits)
    except UnreadableError as error:
        return FileRefusal(error.reason, error.detail)
    except DECODER_ERRORS as error:
        trouble = as_unreadable(error)
        return FileRefusal(trouble.reason, trouble.detail)


def _inspect(path: Path, limits: Limits) -> FileFacts:
    status = path.stat()
    size = status.st_size
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(RefusalReason.NOT_A_SCAN, "It is not a regular file.")
    if size == 0:
        raise UnreadableError(RefusalReason.EMPTY_FILE, "The file has no content.")
    if size > limits.file_bytes:
        raise UnreadableError(
            RefusalReason.TOO_LARGE, f"A file of {size} bytes; at most {limits.file_bytes} are read."
        )
    with path.open("rb") as file:
        kind = sniff(file.read(_HEAD_BYTES))
        if kind is None:
            raise UnreadableError(RefusalReason.NOT_A_SCAN, "It is neither a PDF nor a TIFF, JPEG or PNG.")
        pages = 1
        if kind is FileKind.PDF:
            pages = inspect_pdf(path, size, limits)
        elif kind is FileKind.TIFF:
            pages = inspect_tiff(file, size, limits)
        elif kind is FileKind.PNG:
            inspect_png(file, size, limits)
        else:
            inspect_jpeg(path, limits)
    if pages < 1:
        raise damaged("A file without pages.")
    return FileFacts(kind, pages, size)
