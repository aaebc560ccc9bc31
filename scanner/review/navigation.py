"""The pages that the head of every page leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.review.access.rules import RuledRoute
from scanner.review.access.visitor import Visitor

PLACES = (
    "start",
    "review",
    "second",
    "unidentified",
    "unbound",
    "reconcile",
    "figures",
    "accounts",
    "audit_log",
)
"""Names of routes, in this order; each has its word in the table `nav`. One that is not there is left out."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of them."""

    name: str
    path: str
    current: bool


def places(routes: Mapping[str, RuledRoute], visitor: Visitor | None, here: str) -> tuple[Place, ...]:
    """Where this visitor may go; nowhere before everything asked for at the sign-in is done."""
    if visitor is None or visitor.duty is not None:
        return ()
    known = [routes[name] for name in PLACES if name in routes]
    return tuple(
        Place(route.name, route.path, route.path == here)
        for route in known
        if route.rule.admits(visitor.roles)
    )
