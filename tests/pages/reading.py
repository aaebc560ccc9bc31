"""Reading bytes as the product does: inspect first, then page by page."""

from __future__ import annotations

from pathlib import Path

from scanner.model.outcome import Refusal
from scanner.model.page import ScannedPage
from scanner.pages.facts import FileFacts, FileRefusal
from scanner.pages.inspect import inspect_file
from scanner.pages.read import iter_pages
from scanner.settings_limits import Limits

SHA = "0" * 64


def inspected(folder: Path, content: bytes, limits: Limits | None = None) -> FileFacts | FileRefusal:
    """What is known of a file with this content. Its name tells nothing."""
    path = folder / "scan"
    path.write_bytes(content)
    return inspect_file(path, limits or Limits())


def outcomes(folder: Path, content: bytes, limits: Limits | None = None) -> list[ScannedPage | Refusal]:
    """Every page of a file that must not be refused as a whole."""
    facts = inspected(folder, content, limits)
    assert isinstance(facts, FileFacts), facts
    return list(iter_pages(folder / "scan", facts, SHA, "scan", limits or Limits()))


def pages(folder: Path, content: bytes) -> list[ScannedPage]:
    """Every page of a file that must be readable."""
    found = outcomes(folder, content)
    read = [page for page in found if isinstance(page, ScannedPage)]
    assert len(read) == len(found), found
    return read


def page(folder: Path, content: bytes) -> ScannedPage:
    """The only page."""
    (only,) = pages(folder, content)
    return only
