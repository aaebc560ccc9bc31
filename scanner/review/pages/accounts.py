"""Accounts, for whoever looks after them: who there is, what they may do, shut and open again.

Nothing of a client stands here: of a professional's cases only their number. Accounts and passwords
are made on the command line (`jana user`). Nobody changes the own account here: whoever is the only
administrator could not be let in again.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.record import Account
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.visit import Visit

routes = Routes()

LONGEST_UNIT = 200
MOST_UNITS = 200


@routes.get("/accounts", only(Role.ADMIN))
def accounts(visit: Visit) -> Response:
    """All of them by name."""
    return visit.page("accounts.html", accounts=visit.record.accounts())


@routes.get("/accounts/{account_id}", only(Role.ADMIN))
def account(visit: Visit) -> Response:
    """One, with what it may do."""
    return _page(visit, _asked_for(visit))


@routes.post("/accounts/{account_id}/access", only(Role.ADMIN))
def account_access(visit: Visit) -> Response:
    """Give it these roles and units and no others; it has to sign in again."""
    found = _changeable(visit)
    known = set(Role)
    roles = visit.lists.get("role", ())
    units = frozenset(unit for line in visit.form.get("units", "").splitlines() if (unit := line.strip()))
    if not known.issuperset(roles) or not roles:
        return _page(visit, found, said="no_role", status=422)
    if len(units) > MOST_UNITS or any(len(unit) > LONGEST_UNIT for unit in units):
        return _page(visit, found, said="units_too_long", status=422)
    all_units = "all_units" in visit.form
    actor = visit.known.name
    if set(roles) != set(found.roles):
        visit.record.set_roles(found.account_id, roles, actor=actor)
    if units != found.units or all_units != found.all_units:
        visit.record.set_units(found.account_id, units, all_units=all_units, actor=actor)
    return visit.see_other("account", account_id=found.account_id, say="account_changed")


@routes.post("/accounts/{account_id}/disable", only(Role.ADMIN))
def account_disable(visit: Visit) -> Response:
    """Let nobody in by it; whoever is in is out at once."""
    found = _changeable(visit)
    if found.disabled_at is None:
        visit.record.disable_account(found.account_id, actor=visit.known.name)
    return visit.see_other("account", account_id=found.account_id, say="account_disabled")


@routes.post("/accounts/{account_id}/enable", only(Role.ADMIN))
def account_enable(visit: Visit) -> Response:
    """Let the person in again."""
    found = _changeable(visit)
    if found.disabled_at is not None:
        visit.record.enable_account(found.account_id, actor=visit.known.name)
    return visit.see_other("account", account_id=found.account_id, say="account_enabled")


def _asked_for(visit: Visit) -> Account:
    found = visit.record.account(visit.number("account_id"))
    if found is None:
        raise HTTPException(404)
    return found


def _changeable(visit: Visit) -> Account:
    found = _asked_for(visit)
    if found.account_id == visit.known.account_id:
        raise HTTPException(403)
    return found


def _page(visit: Visit, found: Account, *, said: str | None = None, status: int = 200) -> Response:
    own = found.account_id == visit.known.account_id
    return visit.page("account.html", account=found, own=own, all_roles=list(Role), said=said, status=status)
