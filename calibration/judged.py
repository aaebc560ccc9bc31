"""One answer line beside its truth: the only thing that figures, reports and pictures are made from.

Lines come from trials over the simulated world, or from real scans whose truth somebody wrote down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

from calibration.synthesis.conditions import CONDITIONS
from calibration.trials import ReadLine
from calibration.truth import Expected, ItemTruth, PageContent, PageTruth
from scanner.model.decision import Status, Verdict

WRONG_FROM_MM = 1.0
"""An accepted position further off than this is wrong."""
NEAR_END_MM = 3.0
"""A mark this close to an end of the line may be hidden by its tick."""


class Outcome(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepted"
    """The reader settled it by itself."""
    FLAGGED = "flagged"
    """Sent to a person, for whatever reason."""
    REFUSED = "refused"
    """Its page was refused with a reason."""
    LOST = "lost"
    """Neither read nor refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine:
    """A true line and what became of it."""

    condition: str
    hard: bool
    sheet: str
    """Name of the page in its run."""
    truth: ItemTruth
    outcome: Outcome
    said_mm: float | None
    """The reader's position, also when it is only a proposal."""
    reasons: tuple[str, ...]
    """Of a line that was read."""
    confidence: float | None
    refusal: str | None
    """Why its page was refused, where that is known."""
    wrong_sheet: bool
    """Read as a line of another sheet."""

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED

    @property
    def unmistakable(self) -> bool:
        """A careful person would take the position."""
        return self.truth.expected is Expected.ACCEPT

    @property
    def near_end(self) -> bool:
        """The place that was meant is within 3 mm of an end of the line."""
        place = self.truth.position_mm
        return place is not None and not NEAR_END_MM < place < 100 - NEAR_END_MM

    @property
    def error_mm(self) -> float | None:
        """Reading minus truth, where a place was meant that may be accepted; None elsewhere."""
        meant = self.truth.position_mm
        if self.truth.expected is Expected.REVIEW or self.wrong_sheet:
            return None
        return None if meant is None or self.said_mm is None else self.said_mm - meant

    @property
    def off(self) -> bool:
        """Accepted, and more than 1 mm from the place that was meant."""
        error = self.error_mm
        return self.accepted and error is not None and abs(error) > WRONG_FROM_MM

    @property
    def silently_wrong(self) -> bool:
        """Accepted, and off or where a person would stop or for another sheet."""
        return self.accepted and (self.error_mm is None or self.off)

    @property
    def right(self) -> bool:
        """The position, accepted or proposed, is within 1 mm of what the person meant."""
        meant = self.truth.position_mm
        if meant is None or self.said_mm is None or self.wrong_sheet:
            return False
        return abs(self.said_mm - meant) <= WRONG_FROM_MM


def judged(line: ReadLine) -> JudgedLine:
    """A line of a trial, without its picture."""
    decision = line.decision
    if decision is None:
        outcome = Outcome.LOST if line.lost else Outcome.REFUSED
    else:
        outcome = Outcome.ACCEPTED if decision.verdict is Verdict.ACCEPTED else Outcome.FLAGGED
    return JudgedLine(
        condition=line.condition,
        hard=line.hard,
        sheet=line.sheet,
        truth=line.truth,
        outcome=outcome,
        said_mm=None if decision is None else decision.reading.position_mm,
        reasons=() if decision is None else tuple(reason.value for reason in decision.reasons),
        confidence=None if decision is None else decision.confidence,
        refusal=line.refusal,
        wrong_sheet=line.wrong_sheet,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """A row of the results table, as far as it is judged."""

    sheet_id: str
    item: str
    position_mm: float | None
    status: str
    reasons: tuple[str, ...] = ()
    confidence: float | None = None


def judged_results(
    truth: Iterable[PageTruth],
    results: Iterable[ResultLine],
    refused_pages: Set[tuple[str, int | None]] = frozenset(),
) -> Iterator[JudgedLine]:
    """Hold a run's results against what is on its pages.

    `refused_pages` holds (scan_name, scan_page) of every page that was refused with a reason, and
    (scan_name, None) of every file that was refused whole. Sheets in the results that nobody scanned are
    left out (see `invented`). Raises ValueError when the truth holds
    a sheet twice, or the results a line: such runs have no one answer.
    """
    pages = sheets_of(truth)
    read = _by_line(results)
    for sheet_id, page in pages.items():
        refused = not refused_pages.isdisjoint({(page.scan_name, page.scan_page), (page.scan_name, None)})
        condition = CONDITIONS.get(page.conditions.name)
        for item in page.items:
            result = read.get((sheet_id, item.item))
            yield JudgedLine(
                condition=page.conditions.name,
                hard=condition is not None and condition.hard,
                sheet=sheet_id,
                truth=item,
                outcome=_outcome(result, refused),
                said_mm=None if result is None else result.position_mm,
                reasons=() if result is None else result.reasons,
                confidence=None if result is None else result.confidence,
                refusal="refused" if refused and result is None else None,
                wrong_sheet=False,
            )


def invented(truth: Iterable[PageTruth], results: Iterable[ResultLine]) -> tuple[str, ...]:
    """Sheets that the results hold although nobody scanned them."""
    return tuple(sorted({result.sheet_id for result in results} - set(sheets_of(truth))))


def sheets_of(truth: Iterable[PageTruth]) -> dict[str, PageTruth]:
    """The pages that are sheets of ours, by identifier. Raises ValueError when one is there twice."""
    pages: dict[str, PageTruth] = {}
    for page in truth:
        if page.content is PageContent.SHEET and page.sheet_id is not None:
            if page.sheet_id in pages:
                raise ValueError(
                    f"the truth holds {page.sheet_id} twice; evaluate its scans in runs of their own"
                )
            pages[page.sheet_id] = page
    return pages


def _outcome(result: ResultLine | None, refused: bool) -> Outcome:
    if result is None:
        return Outcome.REFUSED if refused else Outcome.LOST
    return Outcome.ACCEPTED if result.status == Status.ACCEPTED else Outcome.FLAGGED


def _by_line(results: Iterable[ResultLine]) -> dict[tuple[str, str], ResultLine]:
    read: dict[tuple[str, str], ResultLine] = {}
    for result in results:
        key = (result.sheet_id, result.item)
        if key in read:
            raise ValueError(f"the results hold {result.item} of {result.sheet_id} twice")
        read[key] = result
    return read
