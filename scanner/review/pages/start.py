"""The first page: what there is to do for this visitor, and how the day goes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from scanner.record import Agreement, sheet_lists
from scanner.review.access.roles import Role
from scanner.review.access.rules import SIGNED_IN_OWN, Routes
from scanner.review.access.visitor import Visitor
from scanner.review.stage import day_begun
from scanner.review.visit import Visit

routes = Routes()


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of thing that waits."""

    name: str
    """Of its texts in the table `start`."""
    path: str
    count: int


@routes.get("/", SIGNED_IN_OWN)
def start(visit: Visit) -> Response:
    """Work for those who settle marks; for the others, the ways on are those of the navigation."""
    visitor = visit.known
    settles = visitor.may_be(Role.REVIEWER, Role.PROFESSIONAL)
    return visit.page(
        "start.html",
        settles=settles,
        work=_work(visit, visitor) if settles else (),
        done=visit.record.done_since(visitor.name, day_begun(visit.now)) if settles else 0,
        agreements=_agreements(visit, visitor) if settles else (),
    )


def _work(visit: Visit, visitor: Visitor) -> tuple[Work, ...]:
    record, scope = visit.record, visitor.scope
    unbound = record.look(lambda connection: sheet_lists.unbound_left(connection, scope))
    binds = (Work("unbound", visit.path("unbound"), unbound),) if visitor.may_be(Role.REVIEWER) else ()
    return (
        Work("marks", visit.path("review"), record.marks_left(scope)),
        Work("pages", visit.path("unidentified"), record.unidentified_left(scope)),
        Work("second", visit.path("second"), record.second_looks_left(scope, actor=visitor.name)),
        *binds,
    )


def _agreements(visit: Visit, visitor: Visitor) -> tuple[tuple[str, Agreement], ...]:
    both = visit.record.agreements(visitor.scope)
    return (("machine", both.machine), ("people", both.people))
