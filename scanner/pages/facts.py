"""What is known of a file before any of its pages is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scanner.model.outcome import RefusalReason


class FileKind(StrEnum):
    """Told by a file's first bytes; names and extensions are never believed."""

    PDF = "pdf"
    TIFF = "tiff"
    JPEG = "jpeg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that is structurally whole and within the limits."""

    kind: FileKind
    page_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Why nothing of a file is read."""

    reason: RefusalReason
    detail: str
    """One English sentence, without personal data."""


class UnreadableError(Exception):
    """Ends the reading of a file or page from any depth; becomes a refusal at the edge of `pages`."""

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def damaged(detail: str) -> UnreadableError:
    """The bytes do not say what their format demands."""
    return UnreadableError(RefusalReason.DAMAGED, detail)


def torn(detail: str) -> UnreadableError:
    """The file ends in the middle."""
    return UnreadableError(RefusalReason.TORN, detail)


def too_large(detail: str) -> UnreadableError:
    """More bytes, pages or pixels than the limits allow."""
    return UnreadableError(RefusalReason.TOO_LARGE, detail)


def check_pixels(width_px: int, height_px: int, limit: int) -> None:
    """Raise `UnreadableError` when a picture is empty or has more than `limit` pixels."""
    if width_px <= 0 or height_px <= 0:
        raise damaged(f"A picture of {width_px} x {height_px} pixels.")
    if width_px * height_px > limit:
        raise too_large(f"A picture of {width_px} x {height_px} pixels; at most {limit} are read.")
