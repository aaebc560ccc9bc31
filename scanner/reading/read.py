"""The order of the stages, and nothing else."""

from __future__ import annotations

from importlib import metadata

from scanner.model.outcome import Refusal
from scanner.model.page import ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import EmptyPage, PageOutcome, SheetResult
from scanner.model.sheet import SheetLookup
from scanner.reading.crop import crop_png
from scanner.reading.decide import decide
from scanner.reading.descreen import descreened
from scanner.reading.fineness import coarsened
from scanner.reading.identify import identify
from scanner.reading.measure import measure
from scanner.reading.register import register

READER_VERSION = metadata.version("jana")


def read_page(page: ScannedPage, lookup: SheetLookup, profile: Profile) -> PageOutcome:
    """Read one page: pixels -> descreen -> coarsen -> identify -> register -> measure -> decide."""
    coarse, divisor = coarsened(descreened(page))
    identified = identify(coarse, lookup)
    if isinstance(identified, EmptyPage | Refusal):
        return identified
    registered = register(identified)
    if isinstance(registered, Refusal):
        return registered
    measured = measure(registered)
    decisions = tuple(decide(reading, profile) for reading, _ in measured)
    return SheetResult(
        source=page.source,
        sheet_id=registered.sheet.sheet_id,
        turn=registered.turn,
        mapping=registered.mapping.scaled(divisor).as_model(),
        residual_mm=registered.residual_mm,
        decisions=decisions,
        profile_id=profile.profile_id,
        reader_version=READER_VERSION,
        crops=tuple(crop_png(strip) for _, strip in measured),
    )
