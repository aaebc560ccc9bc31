"""Second looks: the same page as for a doubtful mark, but nothing that anybody said is shown."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.record import BlindLook, ChangedMeanwhileError
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.card import MARK, Card, Crop
from scanner.review.pages.whole_page import page_shown
from scanner.review.paper_words import library, paper_words
from scanner.review.stage import Stage, day_begun, nothing_left, pieces, place, shown
from scanner.review.told import NotToldError, blind_value
from scanner.review.visit import Visit

routes = Routes()

SETTLES = only(Role.REVIEWER, Role.PROFESSIONAL, limited=True)

AHEAD = 8
"""Lines that a script gets at once."""


@routes.get("/second", SETTLES)
def second(visit: Visit) -> Response:
    """The line that was drawn first, or the next one behind another."""
    after = place(visit.query("after"))
    looks = _looks(visit, after, AHEAD) or (_looks(visit, 0, AHEAD) if after else ())
    if not looks:
        return nothing_left(visit, _stage(visit))
    first, *behind = (_card(visit, look) for look in looks)
    return shown(visit, _stage(visit), first, behind=behind)


@routes.get("/second/ahead", SETTLES)
def second_ahead(visit: Visit) -> Response:
    """The next ones, for the script."""
    looks = _looks(visit, place(visit.query("after")), AHEAD)
    return pieces(visit, _stage(visit), [_card(visit, look) for look in looks], more=len(looks) == AHEAD)


@routes.post("/second/{look_id}", SETTLES)
def answer_second(visit: Visit) -> Response:
    """Record what somebody sees. Whether it agrees is not told: the next look would not be blind."""
    visitor, look_id = visit.known, place(visit.parameter("look_id"))
    try:
        value = blind_value(visit.form)
    except NotToldError:
        return _not_told(visit, look_id)
    try:
        agrees = visit.record.answer_second_look(visitor.scope, look_id, value, actor=visitor.name)
    except ChangedMeanwhileError:
        # Somebody else has given it, or the value is another one now: there is nothing left to look at.
        agrees = True
    if agrees is None:
        raise HTTPException(404)
    if visit.wants_json:
        return visit.json({})
    return visit.lead_to(f"{visit.path('second')}?after={place(visit.form.get('after', ''))}")


@routes.get("/second/{look_id}/page", SETTLES)
def second_page(visit: Visit) -> Response:
    """The whole page with the line on it, and still nothing that anybody said."""
    look = _look(visit, place(visit.parameter("look_id")))
    back = f"{visit.path('second')}?after={look.look_id - 1}"
    return page_shown(visit, look.sheet_id, look.item, look.page_id, back=back)


def _look(visit: Visit, look_id: int) -> BlindLook:
    found = next(iter(_looks(visit, look_id - 1, 1)), None)
    if found is None or found.look_id != look_id:
        raise HTTPException(404)
    return found


def _looks(visit: Visit, after: int, limit: int) -> tuple[BlindLook, ...]:
    visitor = visit.known
    return visit.record.second_looks(visitor.scope, actor=visitor.name, after=after, limit=limit)


def _stage(visit: Visit) -> Stage:
    visitor = visit.known
    return Stage(
        heading="second.heading",
        empty_title="second.empty_title",
        empty_text="second.empty_text",
        ahead=visit.path("second_ahead"),
        home=visit.path("second"),
        left=visit.record.second_looks_left(visitor.scope, actor=visitor.name),
        done=visit.record.done_since(visitor.name, day_begun(visit.now)),
    )


def _not_told(visit: Visit, look_id: int) -> Response:
    said = visit.texts.of("mark", "not_a_place")
    looks = _looks(visit, look_id - 1, 1)
    if visit.wants_json or not looks:
        return visit.json({"error": said}, status=422)
    return shown(visit, _stage(visit), _card(visit, looks[0]), status=422, error=said)


def _card(visit: Visit, look: BlindLook) -> Card:
    """The line with nothing on it but what is on the paper."""
    instruments = library(visit.site.settings.instruments)
    words = paper_words(instruments, look.instrument, look.version, look.language, look.item)
    return Card(
        template=MARK,
        key=f"look/{look.look_id}",
        dom_id=f"look-{look.look_id}",
        action=visit.path("answer_second", look_id=look.look_id),
        after=look.look_id,
        revision=0,
        reading_id=look.reading_id,
        number=look.item_number,
        count=words.count,
        instrument=words.instrument,
        facts=(),
        words=words,
        reasons="",
        question="",
        said="mark.none",
        place=None,
        score="",
        settled="",
        crops=(Crop(reading_id=look.reading_id, caption="", places=()),),
        choices=(),
        conflict=False,
        looks_blank=False,
        blind=True,
        whole_page=visit.path("second_page", look_id=look.look_id) if look.has_picture else "",
        skip=f"{visit.path('second')}?after={look.look_id}",
    )
