"""A file's pages as `ScannedPage`s, one by one: the edge of `scanner.pages`.

Whatever is wrong with a page comes back as a `Refusal` for this page; its neighbours are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.pages.decoded import DecodedPage
from scanner.pages.facts import FileFacts, FileKind, UnreadableError
from scanner.pages.pdf import PdfScan
from scanner.pages.picture import read_jpeg, read_png
from scanner.pages.tiff import TiffScan
from scanner.pages.trouble import DECODER_ERRORS, as_unreadable
from scanner.settings_limits import Limits


class _Pages(Protocol):
    def read(self, number: int) -> DecodedPage:
        """Page `number`, counting from 1."""


class OpenScan:
    """A file whose pages can be read in any order; reading them in order is the fastest."""

    def __init__(self, path: Path, facts: FileFacts, limits: Limits, pages: _Pages | None) -> None:
        self._path = path
        self._facts = facts
        self._limits = limits
        self._pages = pages

    def read(self, source: PageSource) -> ScannedPage | Refusal:
        """Page `source.scan_page`, or why it cannot be decoded."""
        try:
            decoded = self._decoded(source.scan_page)
        except UnreadableError as error:
            return refusal_of_page(source, error)
        except DECODER_ERRORS as error:
            return refusal_of_page(source, as_unreadable(error))
        return ScannedPage(source, decoded.pixels, decoded.stated_dpi, decoded.bilevel)

    def _decoded(self, number: int) -> DecodedPage:
        if not 1 <= number <= self._facts.page_count:
            raise IndexError(number)
        if self._pages is not None:
            return self._pages.read(number)
        if self._facts.kind is FileKind.JPEG:
            return read_jpeg(self._path, self._limits)
        return read_png(self._path, self._limits)


def refusal_of_page(source: PageSource, trouble: UnreadableError) -> Refusal:
    """The value that a page's trouble becomes."""
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, trouble.reason, trouble.detail)


@contextmanager
def open_scan(path: Path, facts: FileFacts, limits: Limits) -> Iterator[OpenScan]:
    """Open a file that `inspect_file` found whole.

    Raises:
        UnreadableError or an OSError: when the file has changed since.
    """
    if facts.kind is FileKind.PDF:
        with PdfScan(path, facts.page_count, limits) as pdf:
            yield OpenScan(path, facts, limits, pdf)
    elif facts.kind is FileKind.TIFF:
        with TiffScan(path, limits) as tiff:
            yield OpenScan(path, facts, limits, tiff)
    else:
        yield OpenScan(path, facts, limits, None)


def read_page(path: Path, facts: FileFacts, source: PageSource, limits: Limits) -> ScannedPage | Refusal:
    """Read the one page `source.scan_page`. To read many, keep the file open with `open_scan`."""
    with open_scan(path, facts, limits) as scan:
        return scan.read(source)


def iter_pages(
    path: Path, facts: FileFacts, scan_sha256: str, scan_name: str, limits: Limits
) -> Iterator[ScannedPage | Refusal]:
    """Every page of a file, in order, one in memory at a time."""
    with open_scan(path, facts, limits) as scan:
        for number in range(1, facts.page_count + 1):
            yield scan.read(PageSource(scan_sha256, scan_name, number))
