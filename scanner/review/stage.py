"""The page round a mark: how much is left, the mark, and what the script needs to fetch and send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from scanner.review.card import Card
from scanner.review.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One way of working through marks."""

    heading: str
    """Key of the page's title."""
    empty_title: str
    empty_text: str
    """Keys of what is said when nothing is left."""
    ahead: str
    """Path of the marks that come next."""
    home: str
    undo: str = ""
    """Path; empty where nothing can be taken back."""
    undo_of: str = ""
    """What a press of the button takes back, so that a double click takes back no more than that."""
    left: int
    done: int


def shown(
    visit: Visit,
    stage: Stage,
    card: Card,
    *,
    behind: Sequence[Card] = (),
    status: int = 200,
    error: str = "",
    **more: object,
) -> Response:
    """The page with this mark on it, and with those `behind` it for the script."""
    return visit.page("mark.html", status=status, stage=stage, mark=card, behind=behind, error=error, **more)


def nothing_left(visit: Visit, stage: Stage) -> Response:
    """The page when all is done."""
    return visit.page("nothing_left.html", stage=stage)


def pieces(visit: Visit, stage: Stage, cards: list[Card], *, more: bool) -> Response:
    """The next marks as pieces of a page, for the script; `more`: there may be others behind them."""
    return visit.json(
        {
            "marks": [visit.fragment("_mark.html", mark=card) for card in cards],
            "cursor": cards[-1].after if more else None,
            "left": stage.left,
            "done": stage.done,
        }
    )


def place(text: str) -> int:
    """A place in the queue as a query or a form names it; the front for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def day_begun(moment: datetime) -> datetime:
    """The last midnight where this server is."""
    return moment.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
