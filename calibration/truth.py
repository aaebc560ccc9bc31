"""What is on a filled-in sheet: the truth that readings are held against.

It comes from the hand that made the marks, in millimetres, or from a person who looked at a
real scan; never from the reader's own code. One page is one line of JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter


class DrawnKind(StrEnum):
    """What the person did on one answer line."""

    STROKE = "stroke"
    """One stroke across the line, within 15 degrees of upright."""
    SLANTED = "slanted"
    """One stroke across the line, leaning 15 degrees or more."""
    CROSS = "cross"
    """An X on the line."""
    PLUS = "plus"
    """A stroke across the line with a second one along it."""
    DOT = "dot"
    BLOB = "blob"
    """A filled spot, up to 4 mm wide."""
    GONE_OVER = "gone_over"
    """A stroke drawn several times in place, up to 4 mm wide."""
    CIRCLE = "circle"
    """A small ring round a point of the line."""
    TICK = "tick"
    HOOK = "hook"
    """A stroke whose foot turns away well before or after the line."""
    ARROW = "arrow"
    """A stroke towards the line with an arrow's head at its tip, on the line."""
    DOUBLE = "double"
    """Two marks, neither of them withdrawn."""
    STRUCK_OUT = "struck_out"
    """One mark struck out and another made."""
    ERASED = "erased"
    """A pencil mark rubbed out, of which a ghost is left, and another one made."""
    OFF_ABOVE = "off_above"
    """A mark that ends above the line without touching it."""
    OFF_BELOW = "off_below"
    RANGE = "range"
    SCRIBBLE = "scribble"
    WORDS = "words"
    """Words or a letter where a mark should be."""
    NUMBER = "number"
    """A mark with a number, or an initial, written beside it; or a figure where a mark should be."""
    SIGNATURE = "signature"
    """A mark, and a signature that runs into the line's area from elsewhere."""
    PAST_END = "past_end"
    """A mark beyond an end of the line."""
    ON_END = "on_end"
    """A mark on an end tick."""
    BLANK = "blank"


class Expected(StrEnum):
    """What a careful person who reads the sheet would do with the line."""

    ACCEPT = "accept"
    """Take the position: the mark is unmistakable."""
    EITHER = "either"
    """Taking the position is right, asking somebody is right too."""
    REVIEW = "review"
    """Stop and ask: taking any value would be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTruth:
    """One answer line of a filled-in sheet."""

    item: str
    """The item's key in its instrument."""
    number: int
    """Counts from 1, top to bottom."""
    kind: DrawnKind
    position_mm: float | None
    """What the person meant: distance from the left end as if the line were 100 mm long, clamped
    to 0 to 100; also for a struck-out mark's correction. None when the person meant no one place."""
    expected: Expected
    pen: str | None
    """The pen's name; None on a blank line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageConditions:
    """What happened to the page between the hand and the file."""

    name: str = "office"
    """The condition's name in `calibration.synthesis.conditions`; `office` for an ordinary page."""
    dpi: int
    mode: str
    """How the scanner stores a pixel: `colour`, `grey`, `fixed`, `adaptive`, `dithered`."""
    turn: int
    """Degrees clockwise by which the paper lies turned in the picture: 0, 90, 180, 270."""
    skew_deg: float
    """Further clockwise turn of the paper."""
    print_scale: float
    jpeg_quality: int | None
    """None when the file holds the pixels without loss."""
    dirt: tuple[str, ...] = ()
    """Names of what fell on the page: `streak`, `coffee`, `fold` and so on."""


class PageContent(StrEnum):
    """What a page of a stack is."""

    SHEET = "sheet"
    """One of ours: it must be read, or refused with a reason."""
    FOREIGN = "foreign"
    """Somebody else's paper: it must be refused."""
    BACK = "back"
    """The empty back of a sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTruth:
    """One page of one scan file."""

    scan_name: str
    scan_page: int
    """Counts from 1."""
    content: PageContent
    sheet_id: str | None
    """18 characters, without groups; None unless the page is one of our sheets."""
    items: tuple[ItemTruth, ...]
    """In the order of the items on the sheet."""
    conditions: PageConditions


_PAGE = TypeAdapter(PageTruth)


def to_json(page: PageTruth) -> str:
    """One line of JSON, without its line feed."""
    return _PAGE.dump_json(page).decode()


def from_json(text: str) -> PageTruth:
    """The page that `to_json` wrote. Raises ValueError, which names the field, for anything else."""
    return _PAGE.validate_json(text)


def write_truth(path: Path, pages: Iterable[PageTruth]) -> None:
    """Write one page a line, in the order given."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(to_json(page) + "\n" for page in pages)


def read_truth(path: Path) -> Iterator[PageTruth]:
    """The pages of a file that `write_truth` wrote; raises ValueError at the first bad line."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield from_json(line)
