"""How reading a page or a file can end. Both a result and a refusal are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a page or a file was not read."""

    NO_CODE = "no_code"
    """Page: no identifier of ours could be read on it."""
    UNKNOWN_SHEET = "unknown_sheet"
    """Page: a valid identifier that this record never printed."""
    VOID_SHEET = "void_sheet"
    TWO_SHEETS = "two_sheets"
    NOT_REGISTERED = "not_registered"
    """Page: the identifier is known, but the lines could not be located."""
    LOW_RESOLUTION = "low_resolution"
    EMPTY_FILE = "empty_file"
    NOT_A_SCAN = "not_a_scan"
    """File: neither PDF, TIFF, JPEG nor PNG."""
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    """More bytes, pages or pixels than the limits allow; seen before decoding."""
    TORN = "torn"
    """File: it ends in the middle."""
    TIMEOUT = "timeout"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A page, or a whole file when `scan_page` is None, that was not read."""

    scan_sha256: str
    scan_name: str
    scan_page: int | None
    reason: RefusalReason
    detail: str
    """One English sentence for the person who looks into it; no personal data."""
    page_png: bytes | None = None
    """The whole page, small; None where nothing could be seen, or it was not asked for."""
    sheet_id: str | None = None
    """The sheet that the page shows, where it is refused because of that sheet: a void one."""
