"""The log of every change and every look, for whoever watches over it. Ids only, and no pictures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from scanner.record import audit_search
from scanner.record.audit_search import AuditFilter
from scanner.review.access.reach import number_of
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.visit import Visit

routes = Routes()

ON_A_PAGE = 100
FIELDS = ("actor", "action", "target", "since", "until")
LONGEST_FIELD = 200


@routes.get("/log", only(Role.AUDITOR))
def audit_log(visit: Visit) -> Response:
    """The newest entries that fit, or those before one. That somebody looked is an entry too."""
    asked = {name: visit.query(name).strip()[:LONGEST_FIELD] for name in FIELDS}
    since, until = _day(asked["since"]), _day(asked["until"])
    wanted = AuditFilter(
        actor=asked["actor"],
        action=asked["action"],
        target=asked["target"],
        since=since,
        until=None if until is None else until + timedelta(days=1),
    )
    before = number_of(visit.query("before"))
    found = visit.record.look(
        lambda connection: audit_search.page(connection, wanted, before=before, limit=ON_A_PAGE + 1)
    )
    shown = found[:ON_A_PAGE]
    visit.log("audit.look", "audit", newest=shown[0].sequence if shown else None, entries=len(shown))
    older = None
    if len(found) > ON_A_PAGE:
        older = f"{visit.path('audit_log')}?{urlencode(asked | {'before': shown[-1].sequence})}"
    return visit.page("audit_log.html", entries=shown, asked=asked, older=older)


def _day(text: str) -> datetime | None:
    """The beginning of a day in UTC; None for what is no day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
