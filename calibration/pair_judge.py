"""Read a picture the real way, from its file to the decision, and hold it against the truth beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.pairs import Pair, PairOutcome
from calibration.truth import Expected, ItemTruth, PageContent
from scanner.model.decision import Decision, Verdict
from scanner.model.outcome import Refusal
from scanner.model.page import ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import EmptyPage, SheetResult
from scanner.model.sheet import KnownSheet
from scanner.pages.facts import FileRefusal
from scanner.pages.inspect import inspect_file
from scanner.pages.read import iter_pages
from scanner.reading.decide import decide
from scanner.reading.descreen import descreened
from scanner.reading.mapping import MM_PER_INCH, PaperToPixel
from scanner.reading.measure import measure_alone
from scanner.reading.read import read_page
from scanner.reading.stages import RegisteredPage
from scanner.settings_limits import Limits

_RESIDUAL_MM = 0.05
"""What a page's corner marks leave over; a picture of one line has none that could tell."""

Outcome = PairOutcome | Mapping[str, Decision]
"""What a reader made of a page: refused, empty, or a decision for each item."""


def scanned_pages(picture: Path) -> tuple[ScannedPage, ...]:
    """Every page of a picture's file. Raises ValueError when one cannot be decoded."""
    limits = Limits()
    facts = inspect_file(picture, limits)
    if isinstance(facts, FileRefusal):
        raise ValueError(f"{picture.name}: {facts.detail}")
    pages = tuple(iter_pages(picture, facts, "", picture.name, limits))
    for page in pages:
        if isinstance(page, Refusal):
            raise ValueError(f"{picture.name}, page {page.scan_page}: {page.detail}")
    return tuple(page for page in pages if isinstance(page, ScannedPage))


def read_pair(page: ScannedPage, pair: Pair, sheets: Mapping[str, KnownSheet], profile: Profile) -> Outcome:
    """What the reader makes of a page, or of the one line that its picture shows.

    Raises ValueError for a page that is read as another sheet than the truth says.
    """
    if pair.mapping is not None:
        return _read_line(page, pair, sheets, profile)
    outcome = read_page(page, sheets.get, profile)
    if isinstance(outcome, SheetResult):
        if outcome.sheet_id != pair.sheet_id:
            raise ValueError(f"{pair.scan_name}, page {pair.scan_page}: read as {outcome.sheet_id}")
        return {decision.reading.item: decision for decision in outcome.decisions}
    return PairOutcome.EMPTY if isinstance(outcome, EmptyPage) else PairOutcome.REFUSED


def _read_line(
    page: ScannedPage, pair: Pair, sheets: Mapping[str, KnownSheet], profile: Profile
) -> Mapping[str, Decision]:
    """Measure and decide the one line of a picture that shows no corner marks."""
    sheet = sheets[str(pair.sheet_id)]
    (item,) = pair.items
    lines = tuple(line for line in sheet.layout.answer_lines if line.item == item.item)
    alone = replace(sheet, layout=replace(sheet.layout, answer_lines=lines))
    mapping = PaperToPixel(np.array(pair.mapping, np.float64).reshape(3, 3))
    start, end = lines[0].line.start, lines[0].line.end
    middle = ((start.x_mm + end.x_mm) / 2, (start.y_mm + end.y_mm) / 2)
    registered = RegisteredPage(
        page=descreened(page),
        sheet=alone,
        mapping=mapping,
        residual_mm=_RESIDUAL_MM,
        turn=mapping.turn(*middle),
        dpi=mapping.px_per_mm(*middle) * MM_PER_INCH,
    )
    reading, _ = measure_alone(registered)
    return {reading.item: decide(reading, profile)}


def faults_of(pair: Pair, outcome: Outcome) -> tuple[str, ...]:
    """What is wrong with a reading, in words; nothing when it is as it must be."""
    return tuple(_faults(pair, outcome))


def _faults(pair: Pair, outcome: Outcome) -> Iterator[str]:
    wanted = pair.outcome
    if isinstance(outcome, PairOutcome):
        if wanted not in (PairOutcome.ANY, outcome):
            yield f"the page is {outcome}, and should be {wanted}"
        elif outcome is PairOutcome.EMPTY and pair.content is PageContent.SHEET:
            yield "a sheet is taken for an empty page"
        return
    if pair.content is not PageContent.SHEET or wanted not in (PairOutcome.READ, PairOutcome.ANY):
        yield f"the page is read, and is {pair.content}, to be {wanted}"
        return
    for truth in pair.items:
        decision = outcome.get(truth.item)
        if decision is None:
            yield f"{truth.item} is not read at all"
        else:
            yield from _faults_of_line(truth, decision, pair)


def _faults_of_line(truth: ItemTruth, decision: Decision, pair: Pair) -> Iterator[str]:
    wanted = pair.accepted.get(truth.item)
    said_mm, meant_mm = decision.reading.position_mm, truth.position_mm
    if decision.verdict is not Verdict.ACCEPTED:
        if wanted is True:
            yield f"{truth.item} goes to a person ({', '.join(decision.reasons)}), and should be accepted"
        return
    if wanted is False or truth.expected is Expected.REVIEW or meant_mm is None or said_mm is None:
        yield f"{truth.item} is accepted at {said_mm} mm, and a person should look at it"
    elif not abs(said_mm - meant_mm) <= pair.tolerance_mm:
        yield (
            f"{truth.item} is accepted at {said_mm:.2f} mm, {said_mm - meant_mm:+.2f} mm from what was meant"
        )
