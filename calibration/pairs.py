"""Picture-and-truth pairs on disk, as `fixtures/` holds them: a scan, and beside it what is on it.

`NAME.jsonl` has a line of JSON for every page of `NAME.pdf` (or `.tif`, `.jpg`, `.png`): a line of a truth
file (`calibration.truth`), with what a reader must make of it besides. `sheets.jsonl` holds the sheets as a
record would, each with the layout that it was printed with, so that pairs outlive the layout's rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from calibration.truth import PageTruth
from forms.layout import layout_from_json, layout_to_json
from scanner.model.sheet import KnownSheet, SheetPurpose

SHEETS = "sheets.jsonl"
PICTURES = (".pdf", ".tif", ".jpg", ".png")


class PairOutcome(StrEnum):
    """What a reader must make of a page as a whole."""

    READ = "read"
    REFUSED = "refused"
    EMPTY = "empty"
    ANY = "any"
    """Whatever it is, short of losing a sheet or reading what is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(PageTruth):
    """One page of a picture, its truth, and what a reader must make of it."""

    outcome: PairOutcome = PairOutcome.READ
    accepted: Mapping[str, bool | None] = field(default_factory=dict)
    """By item: True, it must be accepted; False, it must not be. None, or an item that is not there: either,
    but never accepted and wrong."""
    tolerance_mm: float = 0.5
    """How far an accepted position may lie from the place that was meant."""
    mapping: tuple[float, ...] | None = None
    """Of a picture that shows the surroundings of one line: 3 x 3, row by row, from mm on the form to
    pixel centres, as the page's corner marks would give it. None when the picture is a whole page."""
    source: str
    """Where the picture comes from."""
    purpose: str
    """What it is good for, in a few words."""
    licence: str


_PAIR = TypeAdapter(Pair)


def pair_to_json(pair: Pair) -> str:
    """One line of JSON, without its line feed; `calibration.truth.from_json` reads it too."""
    return _PAIR.dump_json(pair).decode()


def pair_from_json(text: str) -> Pair:
    """The page that `pair_to_json` wrote. Raises ValueError, which names the field, for anything else."""
    return _PAIR.validate_json(text)


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write the pages of one picture, in order, to `NAME.jsonl`."""
    path.write_text("".join(pair_to_json(pair) + "\n" for pair in pairs), encoding="utf-8", newline="\n")


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """The pages of one picture. Raises ValueError at the first bad line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(pair_from_json(line) for line in lines if line.strip())


def picture_of(path: Path) -> Path:
    """The picture that a truth file speaks of. Raises ValueError when it names none, or several."""
    names = {pair.scan_name for pair in read_pairs(path)}
    if len(names) != 1:
        raise ValueError(f"{path.name} speaks of {len(names)} pictures; one is wanted")
    return path.with_name(*names)


def truth_files(folder: Path) -> Iterator[Path]:
    """Every truth file in `folder` and below it, by name."""
    return (path for path in sorted(folder.rglob("*.jsonl")) if path.name != SHEETS)


def picture_files(folder: Path) -> Iterator[Path]:
    """Every picture in `folder` and below it, by name."""
    return (path for path in sorted(folder.rglob("*")) if path.suffix in PICTURES)


def write_sheets(path: Path, sheets: Iterable[KnownSheet]) -> None:
    """Write sheets, one a line, by their identifiers."""
    lines = [
        {
            "sheet_id": sheet.sheet_id,
            "instrument": sheet.instrument,
            "version": sheet.version,
            "language": sheet.language,
            "layout": json.loads(layout_to_json(sheet.layout)),
        }
        for sheet in sorted(sheets, key=lambda sheet: sheet.sheet_id)
    ]
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="\n")


def read_sheets(path: Path) -> dict[str, KnownSheet]:
    """The sheets that `write_sheets` wrote, by identifier. Raises KeyError or ValueError for other text."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        row["sheet_id"]: KnownSheet(
            sheet_id=row["sheet_id"],
            instrument=row["instrument"],
            version=row["version"],
            language=row["language"],
            layout=layout_from_json(json.dumps(row["layout"])),
            purpose=SheetPurpose(),
            void_reason=None,
        )
        for row in rows
    }
