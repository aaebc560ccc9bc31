"""Marks that wait for a person, put into a record without paper: drawn lines, and readings of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np

from scanner.intake.commit import commit_page
from scanner.model.decision import Decision
from scanner.model.sheet import SheetPurpose
from scanner.reading.crop import CROP_PX_PER_MM, LINE_PX
from scanner.record import Record
from tests.record.builders import READER, doubtful, new_sheet, result, scan

WIDTH_PX, HEIGHT_PX = 928, 176
PURPOSE = SheetPurpose(case="A-17", session=3, subject="client", rater="self", unit="North")


@cache
def drawn_line(*places_mm: float) -> bytes:
    """PNG of a printed line with a stroke at each of these places, as `crop_png` makes them."""
    picture = np.full((HEIGHT_PX, WIDTH_PX), 250, np.uint8)
    left, middle = round((WIDTH_PX - LINE_PX) / 2), HEIGHT_PX // 2
    right = left + round(LINE_PX)
    cv2.line(picture, (left, middle), (right, middle), 30, 3)
    for x in (left, right):
        cv2.line(picture, (x, middle - 20), (x, middle + 20), 30, 3)
    for place in places_mm:
        x = left + round(place * CROP_PX_PER_MM)
        cv2.line(picture, (x - 4, middle + 34), (x + 4, middle - 34), 60, 5)
    return cv2.imencode(".png", picture)[1].tobytes()


DOUBTFUL: tuple[Decision, ...] = (
    doubtful("individual"),
    doubtful("interpersonal", 24.0, 71.0),
    doubtful("social", 52.3),
    doubtful("overall", 88.8),
)
"""A sheet on which nothing is clear: an empty line, two marks, and one mark twice."""


def came_back(
    record: Record,
    lines: Sequence[Decision] = DOUBTFUL,
    *,
    name: str = "stack.pdf",
    purpose: SheetPurpose = PURPOSE,
    language: str = "en",
    sheet_id: str | None = None,
) -> str:
    """A sheet that was printed and read from a file of its own; its identifier."""
    if sheet_id is None:
        sheet = new_sheet(purpose, language)
        record.register([sheet], printed_at=record.moment(), actor="anna")
        sheet_id = sheet.sheet_id
    digest = scan(record, name, content=f"{name} {sheet_id}")
    outcome = result(sheet_id, lines, digest=digest)
    pictures = tuple(
        drawn_line(*(mark.position_mm for mark in decision.reading.candidates)) for decision in lines
    )
    commit_page(record, replace(outcome, crops=pictures), reader_version=READER)
    return sheet_id
