"""Doubtful marks, one at a time: the next one, the ones after it, a decision, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.model.decision import Status
from scanner.model.score import printed_position
from scanner.record import ChangedMeanwhileError, EventKind, MissingReason, WaitingMark, taking_back
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.card import CHANGED, Card, card, value_text
from scanner.review.told import NotToldError, Told
from scanner.review.visit import Visit

routes = Routes()

SETTLES = only(Role.REVIEWER, Role.PROFESSIONAL)
SETTLES_ONE = only(Role.REVIEWER, Role.PROFESSIONAL, limited=True)

AHEAD = 8
"""Marks that a script gets at once."""


@routes.get("/review", SETTLES)
def review(visit: Visit) -> Response:
    """The mark that has waited longest, or the next one behind a place in the queue (`after`)."""
    scope, after = visit.known.scope, _place(visit.query("after"))
    waiting = visit.record.waiting(scope, after=after, limit=1)
    if not waiting and after:
        waiting = visit.record.waiting(scope, limit=1)
    return _shown(visit, card(visit, waiting[0])) if waiting else nothing_left(visit)


@routes.get("/review/ahead", SETTLES)
def ahead(visit: Visit) -> Response:
    """The next marks behind a place in the queue, as pieces of a page; for the script."""
    marks = visit.record.waiting(visit.known.scope, after=_place(visit.query("after")), limit=AHEAD)
    left, done = _tally(visit)
    return visit.json(
        {
            "marks": [visit.fragment("_mark.html", mark=card(visit, mark)) for mark in marks],
            "cursor": marks[-1].place if len(marks) == AHEAD else None,
            "left": left,
            "done": done,
        }
    )


@routes.get("/review/{sheet_id}/{item}", SETTLES_ONE)
def one_mark(visit: Visit) -> Response:
    """One mark, whether it waits or not."""
    return _shown(visit, card(visit, _mark(visit)))


@routes.post("/review/{sheet_id}/{item}", SETTLES_ONE)
def decide(visit: Visit) -> Response:
    """Record what somebody says of a mark, unless it changed since it was looked at."""
    mark = _mark(visit)
    try:
        told = Told.by(visit.form)
        value = told.value(mark)
    except NotToldError:
        return _not_told(visit, mark)
    if told.revision != mark.revision:
        return _moved_on(visit, mark, told, value)
    try:
        visit.record.decide(
            mark.sheet_id,
            mark.item,
            value,
            actor=visit.known.name,
            seen_revision=told.revision,
            reading_id=told.reading_id,
        )
    except ChangedMeanwhileError:
        return _moved_on(visit, _mark(visit), told, value)
    return _settled(visit)


@routes.post("/review/undo", SETTLES)
def undo(visit: Visit) -> Response:
    """Take back the last decision that this visitor made since signing in."""
    visitor = visit.known
    last = visit.record.look(
        lambda connection: taking_back.last_own(connection, visitor.name, visitor.signed_in_at)
    )
    if last is None or visit.record.mark(visitor.scope, last.sheet_id, last.item) is None:
        return _nothing_to_undo(visit)
    visit.record.undo(last.sheet_id, last.item, actor=visitor.name, seen_revision=last.seen_revision)
    if not visit.wants_json:
        return visit.see_other("one_mark", sheet_id=last.sheet_id, item=last.item, say="undone")
    mark = visit.record.mark(visitor.scope, last.sheet_id, last.item)
    if mark is None:
        raise HTTPException(404)
    shown = card(visit, mark)
    return visit.json({"key": shown.key, "html": visit.fragment("_mark.html", mark=shown)})


@routes.get("/crops/{reading_id}", SETTLES_ONE)
def crop(visit: Visit) -> Response:
    """The picture of a line; each look is in the log."""
    reading_id = int(visit.parameter("reading_id"))
    png = visit.record.look_at_crop(visit.known.scope, reading_id, actor=visit.known.name)
    if png is None:
        raise HTTPException(404)
    return visit.png(png)


def nothing_left(visit: Visit) -> Response:
    """All is done."""
    return visit.page(
        "nothing_left.html",
        heading="mark.heading",
        title="mark.empty_title",
        text="mark.empty_text",
        done=_tally(visit)[1],
        undo=visit.path("undo"),
    )


def day_begun(moment: datetime) -> datetime:
    """The last midnight where this server is."""
    return moment.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


def _mark(visit: Visit) -> WaitingMark:
    mark = visit.record.mark(visit.known.scope, visit.parameter("sheet_id"), visit.parameter("item"))
    if mark is None:
        raise HTTPException(404)
    return mark


def _tally(visit: Visit) -> tuple[int, int]:
    """Marks that are left, and what this visitor has settled today."""
    since = day_begun(visit.now)
    return visit.record.marks_left(visit.known.scope), visit.record.done_since(visit.known.name, since)


def _shown(visit: Visit, shown: Card, *, status: int = 200, error: str = "", **more: object) -> Response:
    left, done = _tally(visit)
    return visit.page(
        "mark.html",
        status=status,
        heading="mark.heading",
        mark=shown,
        left=left,
        done=done,
        blind=False,
        ahead=visit.path("ahead"),
        home=visit.path("review"),
        undo=visit.path("undo"),
        error=error,
        **more,
    )


def _settled(visit: Visit) -> Response:
    """On to the next one; who skipped some goes on behind them."""
    if visit.wants_json:
        return visit.json({})
    return visit.lead_to(f"{visit.path('review')}?after={_place(visit.form.get('after', ''))}")


def _not_told(visit: Visit, mark: WaitingMark) -> Response:
    said = visit.texts.of("mark", "not_a_place")
    if visit.wants_json:
        return visit.json({"error": said}, status=422)
    return _shown(visit, card(visit, mark), status=422, error=said)


def _nothing_to_undo(visit: Visit) -> Response:
    if visit.wants_json:
        return visit.json({"error": visit.texts.of("mark", "nothing_to_undo")}, status=404)
    return visit.see_other("review", say="nothing_to_undo", bad=True)


def _moved_on(visit: Visit, mark: WaitingMark, told: Told, value: object) -> Response:
    """The mark is not what was looked at. Both values are shown, unless they are one and the same."""
    place = None if isinstance(value, MissingReason) else printed_position(float(str(value)))
    missing = value if isinstance(value, MissingReason) else None
    if (mark.position_mm, mark.missing_reason) == (place, missing) and _is_own(visit, mark):
        # A double click, or a second try after the first one's answer was lost.
        return _settled(visit)
    shown = replace(card(visit, mark), template=CHANGED, crops=card(visit, mark).crops[-1:])
    mine = value_text(visit.texts, place, missing)
    context = {
        "mark": shown,
        "now_value": value_text(visit.texts, mark.position_mm, mark.missing_reason),
        "now_by": visit.texts.of("changed", "scan") if mark.actor.startswith("reader/") else mark.actor,
        "my_value": mine,
        "my_verdict": missing.value if missing else f"at:{place}",
        "my_place": "",
    }
    if visit.wants_json:
        return visit.json({"html": visit.fragment(CHANGED, **context)}, status=409)
    del context["mark"]
    return _shown(visit, shown, status=409, **context)


def _is_own(visit: Visit, mark: WaitingMark) -> bool:
    """The value that stands was decided by this very visitor."""
    decided = mark.kind is EventKind.DECISION and mark.status is not Status.REVIEW
    return decided and mark.decided_by == visit.known.name


def _place(text: str) -> int:
    """A place in the queue; the front for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
