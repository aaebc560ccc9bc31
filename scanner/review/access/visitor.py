"""Whoever asks, once the session is known: what a handler may rely on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scanner.model.scope import Scope
from scanner.review.access.roles import Role


class Duty(StrEnum):
    """What somebody has to do before anything else."""

    CODE = "code"
    """The password was right; the code of the second factor is still to come."""
    PASSWORD = "password"  # noqa: S105, no password
    """The password was given by an administrator and must be changed."""
    TOTP = "totp"
    """The settings ask for a second factor, and the account has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """An account in a session."""

    account_id: int
    name: str
    """The account's name: whom the record and the audit name."""
    display_name: str
    roles: frozenset[Role]
    units: frozenset[str] | None
    """Units whose sheets a reviewer settles, and whose figures a team lead sees; None: all of them."""
    cases: frozenset[str]
    """References of a professional's own cases."""
    language: str | None
    """The language chosen; None: what the browser asks for."""
    signed_in_at: datetime
    by_provider: bool
    """Signed in at the organisation's provider: there is no password or second factor of ours to change."""
    has_totp: bool
    duty: Duty | None
    """What has to be done first; None when nothing is in the way."""

    @property
    def scope(self) -> Scope:
        """What of the record the visitor may see: as a reviewer by units, as a professional by cases."""
        return Scope(
            units=self.units if Role.REVIEWER in self.roles else frozenset(),
            cases=self.cases if Role.PROFESSIONAL in self.roles else frozenset(),
        )

    def may_be(self, *roles: Role) -> bool:
        """Whether the visitor has one of these roles."""
        return not self.roles.isdisjoint(roles)
