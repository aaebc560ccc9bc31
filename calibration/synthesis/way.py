"""The way from a filled-in sheet to its picture: copied or not, then scanned or photographed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.copiers import Copier, photocopied
from calibration.synthesis.paper import Paper
from calibration.synthesis.passage import Part, Passage
from calibration.synthesis.phones import Phone, View, photographed
from calibration.synthesis.printers import in_colour
from calibration.synthesis.scanners import Picture, ScanMode, Scanner, scan
from calibration.synthesis.streaks import Streak

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """Where every place of the sheet that was filled in comes to lie in the picture."""

    copies: tuple[Passage, ...]
    last: Passage | View
    part: Part | None = None
    """The part of the last frame that the picture shows; all of it when None."""

    def to_picture_px(self, paper_points_mm: Floats) -> Floats:
        """From places on the sheet, shape (n, 2) in mm, to pixel centres of the picture."""
        return self.last.to_picture_px(through_copies(paper_points_mm, self.copies), self.part)


def through_copies(points_mm: Floats, copies: Sequence[Passage]) -> Floats:
    """From places on a sheet to places on the last copy of it, shape (n, 2)."""
    for passage in copies:
        points_mm = passage.to_sensor_mm(points_mm)
    return points_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What makes a picture of a sheet."""

    copiers: tuple[Copier, ...]
    scanner: Scanner
    """Is not asked when there is a phone."""
    phone: Phone | None
    aimed: tuple[Streak, ...] = ()
    """Streaks of the scanner whose places count from the middle of a mark."""


def taken(
    paper: Paper, device: Device, rng: Generator, *, mark_mm: Floats, part_mm: Floats | None = None
) -> tuple[Picture, Way]:
    """Copy the paper as often as there are copiers, then scan or photograph it.

    `mark_mm` is the place, shape (1, 2), at which streaks are aimed. With `part_mm`, places of shape
    (n, 2), only the part that shows them.
    """
    copies: list[Passage] = []
    for copier in device.copiers:
        copies.append(copier.passage(paper))
        around = None if part_mm is None else through_copies(part_mm, copies[:-1])
        paper = photocopied(paper, copier, rng, around)
    around = None if part_mm is None else through_copies(part_mm, copies)
    if (device.phone is not None or device.scanner.mode is ScanMode.COLOUR) and not paper.in_colour:
        paper = in_colour(paper)
    if device.phone is not None:
        view = View(device.phone, paper.size_mm)
        part = None if around is None else view.part_round(around)
        return photographed(paper, device.phone, rng, part), Way(tuple(copies), view, part)
    passage = device.scanner.passage(paper)
    part = None if around is None else passage.part_round(around)
    mark = passage.to_sensor_mm(through_copies(mark_mm, copies))[0]
    streaks = tuple(_at(streak, float(mark[0]), float(mark[1])) for streak in device.aimed)
    scanner = replace(device.scanner, streaks=device.scanner.streaks + streaks)
    return scan(paper, scanner, rng, part), Way(tuple(copies), passage, part)


def _at(streak: Streak, x_mm: float, y_mm: float) -> Streak:
    """The streak whose places count from a place of the sensor's frame."""
    moved = replace(streak, at_mm=streak.at_mm + x_mm - streak.drifted_mm(y_mm))
    return replace(moved, from_mm=streak.from_mm + y_mm, to_mm=streak.to_mm + y_mm)
