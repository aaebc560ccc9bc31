"""What a reading process does with one decoded page: read it, and draw what it saw if asked to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from forms.layout import frame
from scanner.errors import DatabaseError, JanaError
from scanner.model.decision import Verdict
from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import PageOutcome, SheetResult
from scanner.model.sheet import KnownSheet, SheetLookup
from scanner.reading.overlay import overlay_png
from scanner.reading.page_picture import page_png, sheet_png
from scanner.reading.read import read_page
from scanner.record import sheet_lookup

PAPER = frame().page
"""Every sheet of ours is of this size."""

LINES_A_PAGE = 4
"""Lines of most sheets: so many times likelier than a line is a page to be picked."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ReaderSetup:
    """All that a reading process must be told; it travels to the process once."""

    record_url: str
    profile: Profile
    overlay_folder: Path | None
    second_look_share: float
    """Of the accepted lines; the same as for the commit of what was read."""


class PageReader:
    """Made once in each reading process."""

    def __init__(self, setup: ReaderSetup) -> None:
        self._setup = setup
        self._lookup: SheetLookup | None = None
        self._sheet: KnownSheet | None = None
        """The one that was looked up last."""

    def __call__(self, page: ScannedPage) -> PageOutcome | JanaError:
        """Read a page. Looks sheets up in the record; writes nothing there.

        Trouble that is not the page's, a lost database or a full disk, is handed back as a value: were it
        raised, the page would be refused for good because of it.
        """
        try:
            if self._lookup is None:
                self._lookup = sheet_lookup(self._setup.record_url)
            self._sheet = None
            outcome = self._with_picture(page, read_page(page, self._look_up, self._setup.profile))
            if self._setup.overlay_folder is not None:
                self._draw(self._setup.overlay_folder, page, outcome)
        except DatabaseError as error:
            return error
        except _OverlayError as error:
            return JanaError(str(error))
        return outcome

    def _look_up(self, sheet_id: str) -> KnownSheet | None:
        self._sheet = self._lookup(sheet_id) if self._lookup else None
        return self._sheet

    def _with_picture(self, page: ScannedPage, outcome: PageOutcome) -> PageOutcome:
        """The outcome with a picture of the whole page, where a person will want to see it.

        That is where a line waits for somebody, where the sheet has come back before and may differ, and on
        the pages on which lines are drawn for a second look: a picture of every page would cost a sixth of
        the time of reading.
        """
        match outcome:
            case Refusal():
                return replace(outcome, page_png=page_png(page.pixels))
            case SheetResult() if any(line.verdict is Verdict.REVIEW for line in outcome.decisions):
                return replace(outcome, page_png=sheet_png(page.pixels, outcome.mapping, PAPER))
            case SheetResult():
                odds = picked(self._setup.second_look_share)
                again = self._sheet is not None and self._sheet.read_before
                png = sheet_png(page.pixels, outcome.mapping, PAPER) if odds or again else None
                return replace(outcome, page_png=png, second_look_odds=odds)
        return outcome

    def _draw(self, folder: Path, page: ScannedPage, outcome: PageOutcome) -> None:
        sheet = self._look_up(outcome.sheet_id) if isinstance(outcome, SheetResult) else None
        png = overlay_png(page, outcome, None if sheet is None else sheet.layout)
        part = folder / f".{secrets.token_hex(8)}.part"
        try:
            part.write_bytes(png)
            part.replace(folder / overlay_name(page.source))
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _OverlayError(f"{folder} cannot be written: {error.strerror}.") from error


def picked(share: float) -> float:
    """Whether lines of a page may be drawn for a second look, by chance: 0, or how much likelier they are.

    So many pages are picked, and lines on them drawn so much likelier, that each line has the chance `share`.
    """
    pages = min(1.0, LINES_A_PAGE * share)
    return 1 / pages if secrets.randbelow(_MILLION) < pages * _MILLION else 0.0


class _OverlayError(Exception):
    """A picture could not be kept."""


def overlay_name(source: PageSource) -> str:
    """File name of a page's overlay: the scan's name, the page, and enough of the hash to be unique."""
    # Characters that a file system or a shell would trip over are left out; the hash keeps names apart.
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in source.scan_name)[:80].lstrip(".-")
    return f"{stem}-p{source.scan_page:04d}-{source.scan_sha256[:8]}.png"
