"""People who use the review page: who they are, how they prove it, and what they may see."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from scanner.errors import JanaError
from scanner.record.schema import case
from scanner.record.schema_access import account, account_case, account_unit
from scanner.texts.known_error import known_error


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account that is about to be made. Without a password hash and without OIDC nobody can sign in."""

    name: str
    roles: tuple[str, ...]
    """Words that the review page knows; the record only keeps them."""
    display_name: str = ""
    """How the person is called; the name where it is empty."""
    language: str | None = None
    all_units: bool = False
    units: frozenset[str] = frozenset()
    password_hash: str | None = field(default=None, repr=False)
    must_change_password: bool = False
    oidc: tuple[str, str] | None = None
    """Issuer and subject, who together are one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it stands."""

    account_id: int
    name: str
    display_name: str
    roles: tuple[str, ...]
    """In alphabetical order."""
    language: str | None
    all_units: bool
    units: frozenset[str]
    cases: frozenset[str]
    """References of the person's own cases."""
    password_hash: str | None = field(repr=False)
    must_change_password: bool
    totp_secret: str | None = field(repr=False)
    """Sealed by whoever set it."""
    oidc: tuple[str, str] | None
    created_at: datetime
    disabled_at: datetime | None


def folded(name: str) -> str:
    """The form in which two names are the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def by_name(connection: Connection, name: str) -> Account | None:
    """The account of this name, however its letters are written."""
    return _found(connection, account.c.folded_name == folded(name))


def by_id(connection: Connection, account_id: int) -> Account | None:
    return _found(connection, account.c.id == account_id)


def by_oidc(connection: Connection, issuer: str, subject: str) -> Account | None:
    """The account of a person whom a sign-in service vouches for."""
    return _found(connection, account.c.oidc_issuer == issuer, account.c.oidc_subject == subject)


def every(connection: Connection) -> tuple[Account, ...]:
    """All accounts by name, disabled ones too."""
    rows = connection.execute(select(account).order_by(account.c.folded_name)).all()
    units, cases = _units(connection), _cases(connection)
    return tuple(_account(row, units.get(row.id, []), cases.get(row.id, [])) for row in rows)


def unknown(name: str) -> JanaError:
    return known_error("account_unknown", name=name)


def _found(connection: Connection, *which: Any) -> Account | None:
    row = connection.execute(select(account).where(*which)).first()
    if row is None:
        return None
    return _account(
        row, _units(connection, row.id).get(row.id, []), _cases(connection, row.id).get(row.id, [])
    )


def _account(row: Row[Any], units: Iterable[str], cases: Iterable[str]) -> Account:
    return Account(
        account_id=row.id,
        name=row.name,
        display_name=row.display_name,
        roles=tuple(word for word in row.roles.split(";") if word),
        language=row.language,
        all_units=row.all_units,
        units=frozenset(units),
        cases=frozenset(cases),
        password_hash=row.password_hash,
        must_change_password=row.must_change_password,
        totp_secret=row.totp_secret,
        oidc=None if row.oidc_issuer is None else (row.oidc_issuer, row.oidc_subject),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _units(connection: Connection, account_id: int | None = None) -> dict[int, list[str]]:
    query = select(account_unit.c.account_id, account_unit.c.unit)
    if account_id is not None:
        query = query.where(account_unit.c.account_id == account_id)
    return _grouped(connection, query)


def _cases(connection: Connection, account_id: int | None = None) -> dict[int, list[str]]:
    query = select(account_case.c.account_id, case.c.reference).join(case)
    if account_id is not None:
        query = query.where(account_case.c.account_id == account_id)
    return _grouped(connection, query)


def _grouped(connection: Connection, query: Select[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for of, word in connection.execute(query):
        found.setdefault(of, []).append(word)
    return found
