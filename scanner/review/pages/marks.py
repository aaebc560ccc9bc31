"""Doubtful marks, one at a time: the next one, the ones after it, a decision, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.model.decision import Status
from scanner.record import ChangedMeanwhileError, EventKind, MissingReason, WaitingMark, taking_back
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.card import CHANGED, Card, card, value_text
from scanner.review.stage import Stage, day_begun, nothing_left, pieces, place, shown
from scanner.review.told import NotToldError, Told
from scanner.review.visit import Visit

routes = Routes()

SETTLES = only(Role.REVIEWER, Role.PROFESSIONAL, limited=True)

AHEAD = 8
"""Marks that a script gets at once."""


@routes.get("/review", SETTLES)
def review(visit: Visit) -> Response:
    """The mark that has waited longest, or the next one behind a place in the queue (`after`)."""
    scope, after = visit.known.scope, place(visit.query("after"))
    waiting = visit.record.waiting(scope, after=after, limit=AHEAD)
    if not waiting and after:
        waiting = visit.record.waiting(scope, limit=AHEAD)
    if not waiting:
        return nothing_left(visit, _stage_with_undo(visit))
    first, *behind = (card(visit, mark) for mark in waiting)
    return _shown(visit, first, behind=behind)


@routes.get("/review/ahead", SETTLES)
def ahead(visit: Visit) -> Response:
    """The next marks behind a place in the queue, as pieces of a page; for the script."""
    marks = visit.record.waiting(visit.known.scope, after=place(visit.query("after")), limit=AHEAD)
    return pieces(visit, _stage(visit), [card(visit, mark) for mark in marks], more=len(marks) == AHEAD)


@routes.get("/review/{sheet_id}/{item}", SETTLES)
def one_mark(visit: Visit) -> Response:
    """One mark, whether it waits or not."""
    return _shown(visit, card(visit, _mark(visit)))


@routes.post("/review/{sheet_id}/{item}", SETTLES)
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
            second_look_share=visit.site.rules.second_look_share,
        )
    except ChangedMeanwhileError:
        return _moved_on(visit, _mark(visit), told, value)
    return _settled(visit)


@routes.post("/review/undo", SETTLES)
def undo(visit: Visit) -> Response:
    """Take back the last decision that this visitor made since signing in.

    A form says which one that was when its page was made (`of`); a script always means the last one.
    """
    visitor = visit.known
    last, meant = _last_own(visit), visit.form.get("of", "")
    if meant and meant != _named(last):
        return _undone_before(visit, meant)
    if last is None or visit.record.mark(visitor.scope, last.sheet_id, last.item) is None:
        return _nothing_to_undo(visit)
    visit.record.undo(last.sheet_id, last.item, actor=visitor.name, seen_revision=last.seen_revision)
    if not visit.wants_json:
        return visit.see_other("one_mark", sheet_id=last.sheet_id, item=last.item, say="undone")
    mark = visit.record.mark(visitor.scope, last.sheet_id, last.item)
    if mark is None:
        raise HTTPException(404)
    back = card(visit, mark)
    return visit.json({"key": back.key, "html": visit.fragment("_mark.html", mark=back)})


def _last_own(visit: Visit) -> taking_back.OwnDecision | None:
    visitor = visit.known
    return visit.record.look(
        lambda connection: taking_back.last_own(connection, visitor.name, visitor.signed_in_at)
    )


def _named(decision: taking_back.OwnDecision | None) -> str:
    return "" if decision is None else f"{decision.sheet_id}/{decision.item}/{decision.seen_revision}"


def _undone_before(visit: Visit, meant: str) -> Response:
    """The second half of a double click, or an old page: what it meant is no longer the last decision."""
    sheet_id, _, rest = meant.partition("/")
    mark = visit.record.mark(visit.known.scope, sheet_id, rest.partition("/")[0])
    if mark is None:
        return _nothing_to_undo(visit)
    say = "undone" if mark.status is Status.REVIEW else None
    return visit.see_other("one_mark", sheet_id=mark.sheet_id, item=mark.item, say=say)


@routes.get("/crops/{reading_id}", SETTLES)
def crop(visit: Visit) -> Response:
    """The picture of a line; each look is in the log."""
    reading_id = int(visit.parameter("reading_id"))
    png = visit.record.look_at_crop(visit.known.scope, reading_id, actor=visit.known.name)
    if png is None:
        raise HTTPException(404)
    return visit.png(png)


def _mark(visit: Visit) -> WaitingMark:
    mark = visit.record.mark(visit.known.scope, visit.parameter("sheet_id"), visit.parameter("item"))
    if mark is None:
        raise HTTPException(404)
    return mark


def _stage(visit: Visit) -> Stage:
    since = day_begun(visit.now)
    return Stage(
        heading="mark.heading",
        empty_title="mark.empty_title",
        empty_text="mark.empty_text",
        ahead=visit.path("ahead"),
        home=visit.path("review"),
        undo=visit.path("undo"),
        left=visit.record.marks_left(visit.known.scope),
        done=visit.record.done_since(visit.known.name, since),
    )


def _stage_with_undo(visit: Visit) -> Stage:
    return replace(_stage(visit), undo_of=_named(_last_own(visit)))


def _shown(visit: Visit, of: Card, **more: Any) -> Response:
    return shown(visit, _stage_with_undo(visit), of, **more)


def _settled(visit: Visit) -> Response:
    """On to the next one; who skipped some goes on behind them."""
    if visit.wants_json:
        return visit.json({})
    return visit.lead_to(f"{visit.path('review')}?after={place(visit.form.get('after', ''))}")


def _not_told(visit: Visit, mark: WaitingMark) -> Response:
    said = visit.texts.of("mark", "not_a_place")
    if visit.wants_json:
        return visit.json({"error": said}, status=422)
    return _shown(visit, card(visit, mark), status=422, error=said)


def _nothing_to_undo(visit: Visit) -> Response:
    if visit.wants_json:
        return visit.json({"error": visit.texts.of("mark", "nothing_to_undo")}, status=404)
    return visit.see_other("review", say="nothing_to_undo", bad=True)


def _moved_on(visit: Visit, mark: WaitingMark, told: Told, value: Decimal | MissingReason) -> Response:
    """The mark is not what was looked at. Both values are shown, unless they are one and the same."""
    missing = value if isinstance(value, MissingReason) else None
    at = None if isinstance(value, MissingReason) else value
    if (mark.position_mm, mark.missing_reason) == (at, missing) and _is_own(visit, mark):
        # A double click, or a second try after the first one's answer was lost.
        return _settled(visit)
    newest = card(visit, mark)
    both = replace(newest, template=CHANGED, crops=newest.crops[-1:])
    texts = visit.texts
    values = {
        "now_value": value_text(texts, mark.position_mm, mark.missing_reason),
        "now_by": texts.of("changed", "scan") if mark.actor.startswith("reader/") else mark.actor,
        "my_value": value_text(texts, at, missing),
        "my_verdict": f"at:{at}" if missing is None else missing.value,
    }
    if visit.wants_json:
        return visit.json({"html": visit.fragment(CHANGED, mark=both, **values)}, status=409)
    return _shown(visit, both, status=409, **values)


def _is_own(visit: Visit, mark: WaitingMark) -> bool:
    """The value that stands was decided by this very visitor."""
    decided = mark.kind is EventKind.DECISION and mark.status is not Status.REVIEW
    return decided and mark.decided_by == visit.known.name
