"""Every route states who may ask it. A route without a rule cannot be made, and is refused at start-up.

Handlers stand in modules by subject, each with its `Routes`:

    routes = Routes()

    @routes.post("/review/{sheet_id}/{item}", only(Role.REVIEWER, limited=True))
    def decide(visit: Visit) -> Response: ...

The handler's name is the route's name. What a path names of the record (`LIMITING`) is looked up by
the gate before the handler is called: outside of what the visitor may see it is not found. A list leads
to nothing by its path: its handler asks the record for what is of the visitor's scope or units alone, and
the matrix test asks it with another unit's things in the record. Whoever has units or cases of their own
(`BOUND`) may ask only routes that say that they are limited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from scanner.review.access.roles import Role
from scanner.review.access.visitor import Duty

if TYPE_CHECKING:
    from scanner.review.visit import Visit

Handler = Callable[["Visit"], Response]

LIMITING = ("sheet_id", "reading_id", "page_id", "look_id")
"""Names of path parameters that lead to something of one unit and one case."""

BOUND = frozenset({Role.REVIEWER, Role.PROFESSIONAL, Role.TEAM_LEAD})
"""Roles that see something of certain units or cases."""

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may ask a route."""

    public: bool = False
    """Somebody who is not signed in, too."""
    roles: frozenset[Role] = frozenset()
    """One of these is needed; none named: any account will do."""
    limited: bool = False
    """What it shows or counts is of the visitor's units and cases only: the gate sees to it for what the path
    names, the handler for what it lists."""
    duties: frozenset[Duty] = frozenset()
    """Also for somebody who has one of these to do first. Nobody else may ask before the duty is done."""

    def admits(self, roles: frozenset[Role]) -> bool:
        """Whether an account with these roles may ask."""
        return not self.roles or not self.roles.isdisjoint(roles)


ANYBODY = Rule(public=True)
SIGNED_IN = Rule()
SIGNED_IN_OWN = Rule(limited=True)
"""Any account, of what is its own."""
ALWAYS = Rule(duties=frozenset(Duty))
"""Whoever is signed in, whatever has to be done first."""


def also_for(*duties: Duty) -> Rule:
    """For whoever is signed in, also while one of these has to be done first."""
    return Rule(duties=frozenset(duties))


def only(*roles: Role, limited: bool = False) -> Rule:
    """For accounts with one of these roles. With `limited` only what is of their units and cases."""
    if not roles:
        raise ValueError("name at least one role")
    return Rule(roles=frozenset(roles), limited=limited)


@dataclass(frozen=True, slots=True)
class RuledRoute:
    """One method of one path."""

    path: str
    method: str
    """`GET` (which answers HEAD too) or `POST`."""
    name: str
    rule: Rule
    handler: Handler

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(PARAMETER.findall(self.path))


class Routes:
    """Routes of one subject, in the order in which they are tried."""

    def __init__(self) -> None:
        self._routes: list[RuledRoute] = []

    def __iter__(self) -> Iterator[RuledRoute]:
        return iter(self._routes)

    def get(self, path: str, rule: Rule) -> Callable[[Handler], Handler]:
        """A page, a picture, or data; it changes nothing but the log."""
        return self._add(path, "GET", rule)

    def post(self, path: str, rule: Rule) -> Callable[[Handler], Handler]:
        """A form. The gate has checked its token before the handler is called."""
        return self._add(path, "POST", rule)

    def _add(self, path: str, method: str, rule: Rule) -> Callable[[Handler], Handler]:
        def adding(handler: Handler) -> Handler:
            name: str = getattr(handler, "__name__")  # noqa: B009, a callable need not have one
            route = RuledRoute(path, method, name, rule, handler)
            _refuse_unclear(route)
            self._routes.append(route)
            return handler

        return adding


def all_routes(*subjects: Routes) -> tuple[RuledRoute, ...]:
    """The routes of all subjects. Raises ValueError when two have one name, or one method and path."""
    routes = tuple(route for subject in subjects for route in subject)
    for kind in ({route.name for route in routes}, {(route.method, route.path) for route in routes}):
        if len(kind) != len(routes):
            raise ValueError("two routes of the review page have the same name, or the same path")
    return routes


def _refuse_unclear(route: RuledRoute) -> None:
    """Raises ValueError when a rule says that it does not matter whose the things are, and it does."""
    if not route.rule.roles.isdisjoint(BOUND) and not route.rule.limited:
        raise ValueError(f"{route.path} is for people with units or cases: its rule must be limited")
    leads = any(name in LIMITING for name in route.parameters)
    if leads and not route.rule.limited:
        raise ValueError(f"{route.path} leads to a record: its rule must be limited")
    if route.parameters and route.rule.limited and not leads:
        raise ValueError(f"{route.path} has no parameter by which its rule could be limited")
