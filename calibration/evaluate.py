"""Readings held against truth: how often, how far and how silently the reader is wrong.

Silently wrong is the one unforgivable result: a value that was accepted and is more than 1 mm off,
or that was accepted where a careful person would have stopped and asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from calibration.truth import DrawnKind, Expected, ItemTruth, PageContent, PageTruth

WRONG_FROM_MM = 1.0
"""An accepted position further off than this is wrong."""
ACCEPTED = "accepted"
"""The status of a line that the reader settled by itself, as in the results table."""


class ItemReading(Protocol):
    """One line as the reader left it; a row of the results table has all of this."""

    @property
    def sheet_id(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def position_mm(self) -> float | None: ...
    @property
    def status(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How some lines came out."""

    lines: int
    accepted: int
    flagged: int
    """Sent to a person, for whatever reason."""
    unread: int
    """On sheets that were refused or lost, or missing from a reading."""
    silently_wrong: int
    mean_error_mm: float | None
    """Of the accepted lines where one place was meant; None when there is none."""
    bias_mm: float | None
    """Mean of reading minus truth over the same lines: above 0 the reader reads too far right."""
    p99_error_mm: float | None
    max_error_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole run."""

    kinds: tuple[tuple[DrawnKind, Figures], ...]
    """Only kinds that occur, in the order of `DrawnKind`."""
    overall: Figures
    sheets: int
    sheets_refused: int
    sheets_lost: tuple[str, ...]
    """Sheets that were scanned but neither read nor refused."""
    sheets_invented: tuple[str, ...]
    """Sheets that the reader reports although nobody scanned them."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A true line and what became of it."""

    truth: ItemTruth
    reading: ItemReading | None

    @property
    def accepted(self) -> bool:
        return self.reading is not None and self.reading.status == ACCEPTED

    @property
    def error_mm(self) -> float | None:
        """Reading minus truth, where a place was meant that may be accepted."""
        meant = self.truth.position_mm
        if self.reading is None or self.truth.expected is Expected.REVIEW:
            return None
        said = self.reading.position_mm
        return None if meant is None or said is None else said - meant

    @property
    def silently_wrong(self) -> bool:
        error = self.error_mm
        return self.accepted and (error is None or abs(error) > WRONG_FROM_MM)


def evaluate(
    truth: Iterable[PageTruth],
    readings: Iterable[ItemReading],
    refused_pages: Collection[tuple[str, int]] = (),
) -> Evaluation:
    """Hold a run's readings against what is on its pages.

    `refused_pages` holds (scan_name, scan_page) of every page that was refused with a reason. Raises
    ValueError when the truth holds a sheet twice, or the readings a line: such runs have no one answer.
    """
    pages = _sheets(truth)
    read = _by_line(readings)
    read_sheets = {sheet_id for sheet_id, _ in read}
    refused = {s for s, page in pages.items() if (page.scan_name, page.scan_page) in refused_pages}
    lines = [
        _Line(item, read.get((sheet_id, item.item)))
        for sheet_id, page in pages.items()
        for item in page.items
    ]
    by_kind = ((kind, [line for line in lines if line.truth.kind is kind]) for kind in DrawnKind)
    return Evaluation(
        kinds=tuple((kind, _figures(some)) for kind, some in by_kind if some),
        overall=_figures(lines),
        sheets=len(pages),
        sheets_refused=len(refused - read_sheets),
        sheets_lost=tuple(sorted(set(pages) - read_sheets - refused)),
        sheets_invented=tuple(sorted(read_sheets - set(pages))),
    )


def _sheets(truth: Iterable[PageTruth]) -> dict[str, PageTruth]:
    pages: dict[str, PageTruth] = {}
    for page in truth:
        if page.content is PageContent.SHEET and page.sheet_id is not None:
            if page.sheet_id in pages:
                raise ValueError(
                    f"the truth holds {page.sheet_id} twice; evaluate its scans in runs of their own"
                )
            pages[page.sheet_id] = page
    return pages


def _by_line(readings: Iterable[ItemReading]) -> dict[tuple[str, str], ItemReading]:
    read: dict[tuple[str, str], ItemReading] = {}
    for reading in readings:
        key = (reading.sheet_id, reading.item)
        if key in read:
            raise ValueError(f"the readings hold {reading.item} of {reading.sheet_id} twice")
        read[key] = reading
    return read


def _figures(lines: Sequence[_Line]) -> Figures:
    errors = np.array([e for line in lines if line.accepted and (e := line.error_mm) is not None])
    sizes = np.abs(errors)
    unread = sum(line.reading is None for line in lines)
    accepted = sum(line.accepted for line in lines)
    return Figures(
        lines=len(lines),
        accepted=accepted,
        flagged=len(lines) - accepted - unread,
        unread=unread,
        silently_wrong=sum(line.silently_wrong for line in lines),
        mean_error_mm=float(sizes.mean()) if sizes.size else None,
        bias_mm=float(errors.mean()) if sizes.size else None,
        p99_error_mm=float(np.quantile(sizes, 0.99)) if sizes.size else None,
        max_error_mm=float(sizes.max()) if sizes.size else None,
    )


_COLUMNS = ("lines", "accepted", "flagged", "unread", "mean mm", "bias mm", "p99 mm", "max mm", "wrong")


def as_table(evaluation: Evaluation) -> str:
    """The evaluation for a terminal: a row a kind, then all of them, then the sheets."""
    rows = [("kind", *_COLUMNS), *(_row(kind.value, figures) for kind, figures in evaluation.kinds)]
    rows.append(_row("all", evaluation.overall))
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    text = []
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        text.append("  ".join([name.ljust(first), *numbers]))
    text.append(
        f"sheets: {evaluation.sheets} scanned, {evaluation.sheets_refused} refused, "
        f"{len(evaluation.sheets_lost)} lost, {len(evaluation.sheets_invented)} invented"
    )
    return "\n".join(text)


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    sizes = (figures.mean_error_mm, figures.bias_mm, figures.p99_error_mm, figures.max_error_mm)
    return (
        name,
        str(figures.lines),
        str(figures.accepted),
        str(figures.flagged),
        str(figures.unread),
        *("-" if size is None else f"{size:.3f}" for size in sizes),
        str(figures.silently_wrong),
    )
