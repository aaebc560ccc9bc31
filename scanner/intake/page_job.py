"""What a reading process does with one decoded page: read it, and draw what it saw if asked to."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import PageOutcome, SheetResult
from scanner.model.sheet import SheetLookup
from scanner.reading.overlay import overlay_png
from scanner.reading.read import read_page
from scanner.record import sheet_lookup


@dataclass(frozen=True, slots=True)
class ReaderSetup:
    """All that a reading process must be told; it travels to the process once."""

    record_url: str
    profile: Profile
    overlay_folder: Path | None


class PageReader:
    """Made once in each reading process."""

    def __init__(self, setup: ReaderSetup) -> None:
        self._setup = setup
        self._lookup: SheetLookup | None = None

    def __call__(self, page: ScannedPage) -> PageOutcome:
        """Read a page. Looks sheets up in the record; writes nothing there."""
        if self._lookup is None:
            self._lookup = sheet_lookup(self._setup.record_url)
        outcome = read_page(page, self._lookup, self._setup.profile)
        if self._setup.overlay_folder is not None:
            self._draw(self._setup.overlay_folder, page, outcome)
        return outcome

    def _draw(self, folder: Path, page: ScannedPage, outcome: PageOutcome) -> None:
        sheet = self._lookup(outcome.sheet_id) if self._lookup and isinstance(outcome, SheetResult) else None
        png = overlay_png(page, outcome, None if sheet is None else sheet.layout)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as file:
            file.write(png)
        part = Path(file.name)
        part.chmod(0o644)
        part.replace(folder / overlay_name(page.source))


def overlay_name(source: PageSource) -> str:
    """File name of a page's overlay: the scan's name, the page, and enough of the hash to be unique."""
    # Characters that a file system or a shell would trip over are left out; the hash keeps names apart.
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in source.scan_name)[:80].lstrip(".-")
    return f"{stem}-p{source.scan_page:04d}-{source.scan_sha256[:8]}.png"


def read_or_keep(reader: PageReader, page: ScannedPage | Refusal) -> PageOutcome:
    """A page that could not be decoded is refused already."""
    return page if isinstance(page, Refusal) else reader(page)
