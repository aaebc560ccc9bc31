"""Contact sheets of line crops, the least certain first, to judge the reader by eye.

One HTML file rather than PNG sheets: it is as sharp as the screen, its captions can be searched, and
a name in it leads back to its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from calibration.judged import JudgedLine, judged
from calibration.report.html import document
from calibration.report.pictures import figure
from calibration.report.run import Run
from calibration.report.worst import Highest, Picture
from calibration.synthesis.conditions import Condition
from calibration.trials import ReadLine, make_page, plan_trial, print_world
from scanner.model.decision import Decision, Verdict
from scanner.model.profile import Profile
from scanner.model.result import SheetResult
from scanner.reading.overlay import overlay_png
from scanner.reading.read import read_page


class Order(StrEnum):
    """What a gallery is sorted by."""

    CONFIDENCE = "confidence"
    """The least certain first."""
    ERROR = "error"
    """The furthest off first; lines where no place was meant before all."""


ABOUT_ORDER = {
    Order.CONFIDENCE: (
        "The least certain first. Where the reader gives no confidence, lines that went to a person come "
        "first, those with more reasons before others, and among those alike the ones whose parts point at "
        "places further apart."
    ),
    Order.ERROR: "The furthest off first; before all, readings where no place was meant.",
}
_NO_ERROR_MM = 1000.0


class Gallery:
    """Looks at every line of a run, and keeps those that come first in its order."""

    def __init__(self, order: Order, status: Verdict | None, most: int) -> None:
        """`status` leaves out all lines with another verdict; `most` bounds the number of pictures."""
        self._order = order
        self._status = status
        self._highest = Highest(most)
        self.seen = 0
        """Lines with a picture that passed by, apart from those left out."""

    def look(self, line: ReadLine) -> None:
        """Keep a line if it comes early enough."""
        if line.decision is None or line.crop is None:
            return
        if self._status is not None and line.decision.verdict is not self._status:
            return
        self.seen += 1
        verdict = judged(line)
        rank = doubt(line.decision) if self._order is Order.CONFIDENCE else error_rank(verdict)
        self._highest.offer(rank, Picture(verdict, line.page, line.crop))

    def pictures(self) -> list[Picture]:
        """In order."""
        return self._highest.sorted()


def doubt(decision: Decision) -> tuple[float, ...]:
    """How uncertain a line is: the higher, the earlier it comes.

    One minus its confidence; without one, whether it went to a person, the number of its reasons, and how
    far apart, in mm, the parts of the leading mark point.
    """
    candidates = decision.reading.candidates
    apart_mm = candidates[0].disagreement_mm if candidates else 0.0
    known = 0.0 if decision.confidence is None else 1 - decision.confidence
    # Lines of one run have all a confidence or none; where some lack it, they come by their reasons.
    asked = decision.verdict is Verdict.REVIEW
    return (known, float(asked), float(len(decision.reasons)), apart_mm)


def error_rank(line: JudgedLine) -> tuple[float, ...]:
    """Size of the error in mm; readings where no place was meant come before all others."""
    error = line.error_mm
    if error is None:
        return (_NO_ERROR_MM if line.said_mm is not None else -1.0,)
    return (abs(error),)


def as_html(gallery: Gallery, order: Order, run: Run) -> str:
    """The pictures that were kept, in their order, as one file that needs nothing else."""
    pictures = gallery.pictures()
    shown = f"{len(pictures):,} of {gallery.seen:,} lines"
    body = [
        f"<h1>Lines as they were read</h1><p class='lead'>{escape(run.in_words)}: {shown}.</p>",
        f"<p class='under'>{ABOUT_ORDER[order]}</p>",
        "<p class='under'><span class='tri meant'>▼</span> where the mark was meant, "
        "<span class='tri read'>▲</span> where it was read.</p>",
        f"<div class='crops'>{''.join(map(figure, pictures))}</div>",
    ]
    return document("Lines as Jana read them", body, f"jana {run.reader_version}")


def make_again(
    names: Iterable[str], conditions: Sequence[Condition], rare_share: float, profile: Profile, out: Path
) -> list[Path]:
    """Make pages of a run again by name, each as the reader got it and with what it saw.

    Writes two PNG files a page into `out`, which must exist. Raises ValueError for a name that no run
    over these conditions can have.
    """
    known = {condition.name: condition for condition in conditions}
    files = []
    with TemporaryDirectory() as folder:
        world = print_world(Path(folder))
        for name in names:
            condition, seed, number = _parts(name)
            if condition not in known:
                raise ValueError(f"there is no condition {condition!r}")
            page = make_page(plan_trial(world, known[condition], seed, number, rare_share))[0]
            outcome = read_page(page, world.known.get, profile)
            layout = world.known[outcome.sheet_id].layout if isinstance(outcome, SheetResult) else None
            stem = name.replace("/", "-")
            files += [out / f"{stem}.png", out / f"{stem}-seen.png"]
            files[-2].write_bytes(cv2.imencode(".png", page.pixels)[1].tobytes())
            files[-1].write_bytes(overlay_png(page, outcome, layout))
    return files


def _parts(name: str) -> tuple[str, int, int]:
    condition, seed, number = (*name.rsplit("/", 2), "", "")[:3]
    if not (seed.isdecimal() and number.isdecimal()):
        raise ValueError(f"{name!r} is no name of a page: it has the form CONDITION/SEED/NUMBER")
    return condition, int(seed), int(number)
