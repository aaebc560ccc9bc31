"""Making accounts, and changing them.

Every change is in the audit, with the account's number and never its name, and ends the account's
sessions where what a session may do has changed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from scanner.record import web_sessions
from scanner.record.accounts import Account, NewAccount, by_id, by_name, by_oidc, folded, unknown
from scanner.record.audit_chain import Detail
from scanner.record.database import Transaction, add_if_new, insert_or_ignore
from scanner.record.schema import case
from scanner.record.schema_access import account, account_case, account_unit
from scanner.texts.known_error import known_error

LONGEST_NAME = 64
NAME_SIGNS = frozenset("._-@+")
"""What a name may hold beside letters and digits: no slash, which tells a machine from a person."""


def add(tx: Transaction, new: NewAccount, *, actor: str) -> Account:
    """Make an account. Raises JanaError for a name that is taken or none, or a person who has one."""
    name = unicodedata.normalize("NFKC", new.name)
    _require_name(name)
    issuer, subject = new.oidc or (None, None)
    row = {
        "name": name,
        "folded_name": folded(name),
        "display_name": new.display_name.strip() or name,
        "roles": _words(new.roles),
        "language": new.language,
        "all_units": new.all_units,
        "password_hash": new.password_hash,
        "must_change_password": new.must_change_password,
        "oidc_issuer": issuer,
        "oidc_subject": subject,
        "created_at": tx.now,
    }
    adding = insert_or_ignore(tx.connection, account).returning(account.c.id)
    made: int | None = tx.connection.scalar(adding, row)
    if made is None:
        if by_name(tx.connection, name) is not None:
            raise known_error("account_taken", name=name)
        raise known_error("account_person_taken")
    _write_units(tx, made, new.units)
    tx.audit(actor, "account.add", f"account:{made}", roles=_list(new.roles), oidc=int(new.oidc is not None))
    known = by_id(tx.connection, made)
    if known is None:
        raise LookupError("an account is not there after it was written")
    return known


def set_password(
    tx: Transaction, account_id: int, password_hash: str, *, must_change: bool, actor: str
) -> None:
    """Give an account another password; its sessions end."""
    values = {"password_hash": password_hash, "must_change_password": must_change}
    _change(tx, account_id, values, "account.password", actor, ends_sessions=True)


def rehash_password(tx: Transaction, account_id: int, before: str, password_hash: str) -> None:
    """The same password, hashed at a higher cost than it was; whoever changed it meanwhile wins."""
    mine = (account.c.id == account_id, account.c.password_hash == before)
    tx.connection.execute(update(account).where(*mine).values(password_hash=password_hash))


def set_totp(tx: Transaction, account_id: int, sealed_secret: str | None, *, actor: str) -> None:
    """Ask for codes of this secret from now on, or (None) for none any more; the sessions end."""
    values = {"totp_secret": sealed_secret, "totp_last_step": None}
    action = "account.totp" if sealed_secret is not None else "account.totp_off"
    _change(tx, account_id, values, action, actor, ends_sessions=True)


def use_totp_step(tx: Transaction, account_id: int, step: int) -> bool:
    """Note that the code of a step of time was given; False when it, or a later one, was before."""
    newer = account.c.totp_last_step.is_(None) | (account.c.totp_last_step < step)
    using = update(account).where(account.c.id == account_id, newer).values(totp_last_step=step)
    return tx.connection.execute(using.returning(account.c.id)).first() is not None


def set_oidc(tx: Transaction, account_id: int, oidc: tuple[str, str] | None, *, actor: str) -> None:
    """Tie an account to a person of a sign-in service; the sessions end. JanaError when that one has one."""
    issuer, subject = oidc or (None, None)
    if oidc is not None:
        other = by_oidc(tx.connection, *oidc)
        if other is not None and other.account_id != account_id:
            raise known_error("account_person_has", name=other.name)
    values = {"oidc_issuer": issuer, "oidc_subject": subject}
    _change(tx, account_id, values, "account.oidc", actor, ends_sessions=True)


def set_roles(tx: Transaction, account_id: int, roles: Iterable[str], *, actor: str) -> None:
    """Give an account these roles and no others; its sessions end."""
    told = _list(roles)
    _change(tx, account_id, {"roles": _words(told)}, "account.roles", actor, ends_sessions=True, roles=told)


def set_units(tx: Transaction, account_id: int, units: Iterable[str], *, all_units: bool, actor: str) -> None:
    """Let an account see these units, or all; its sessions end."""
    told = _list(units)
    detail: dict[str, Detail] = {"units": told, "all": int(all_units)}
    _change(tx, account_id, {"all_units": all_units}, "account.units", actor, ends_sessions=True, **detail)
    tx.connection.execute(delete(account_unit).where(account_unit.c.account_id == account_id))
    _write_units(tx, account_id, told)


def add_case(tx: Transaction, account_id: int, reference: str, *, actor: str) -> None:
    """Make a case one of the person's own. Raises JanaError for one that is not in this record."""
    row = _case_row(tx.connection, reference)
    if add_if_new(tx.connection, account_case, {"account_id": account_id, "case_id": row}):
        tx.audit(actor, "account.case_add", f"account:{account_id}", case=row)


def remove_case(tx: Transaction, account_id: int, reference: str, *, actor: str) -> None:
    """Take a case from the person's own. Raises JanaError for one that is not in this record."""
    row = _case_row(tx.connection, reference)
    mine = (account_case.c.account_id == account_id, account_case.c.case_id == row)
    removing = delete(account_case).where(*mine).returning(account_case.c.case_id)
    if tx.connection.execute(removing).first() is not None:
        tx.audit(actor, "account.case_remove", f"account:{account_id}", case=row)


def set_language(tx: Transaction, account_id: int, language: str | None, *, actor: str) -> None:
    """The language in which the person is spoken to; None: that of the settings."""
    _change(tx, account_id, {"language": language}, "account.language", actor, ends_sessions=False)


def disable(tx: Transaction, account_id: int, *, actor: str) -> None:
    """Let nobody in by this account; its sessions end at once. What it did stays its doing."""
    _change(tx, account_id, {"disabled_at": tx.now}, "account.disable", actor, ends_sessions=True)


def enable(tx: Transaction, account_id: int, *, actor: str) -> None:
    """Let the person in again."""
    _change(tx, account_id, {"disabled_at": None}, "account.enable", actor, ends_sessions=False)


def _change(
    tx: Transaction,
    account_id: int,
    values: dict[str, Any],
    action: str,
    actor: str,
    *,
    ends_sessions: bool,
    **detail: Detail,
) -> None:
    changing = update(account).where(account.c.id == account_id).values(values)
    if tx.connection.execute(changing.returning(account.c.id)).first() is None:
        raise unknown(f"number {account_id}")
    if ends_sessions:
        web_sessions.end_all(tx, account_id)
    tx.audit(actor, action, f"account:{account_id}", **detail)


def _write_units(tx: Transaction, account_id: int, units: Iterable[str]) -> None:
    rows = [{"account_id": account_id, "unit": unit} for unit in _list(units)]
    if rows:
        tx.connection.execute(insert(account_unit), rows)


def _case_row(connection: Connection, reference: str) -> int:
    row: int | None = connection.scalar(select(case.c.id).where(case.c.reference == reference))
    if row is None:
        raise known_error("account_case", case=reference)
    return row


def _require_name(name: str) -> None:
    fits = 0 < len(name) <= LONGEST_NAME and all(sign.isalnum() or sign in NAME_SIGNS for sign in name)
    if not fits:
        raise known_error(
            "account_name", name=repr(name), longest=LONGEST_NAME, signs=" ".join(sorted(NAME_SIGNS))
        )


def _list(words: Iterable[str]) -> list[str]:
    return sorted(set(words))


def _words(words: Iterable[str]) -> str:
    return ";".join(_list(words))
