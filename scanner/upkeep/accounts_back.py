"""Accounts after a restore: a backup knows nothing of what was changed since it was made.

Whoever was disabled since could sign in again. Where the record that was replaced could still be asked,
those stay disabled; what else differs is named, for somebody to decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.errors import JanaError
from scanner.record import Account, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsBack:
    """Names of accounts."""

    compared: bool
    """With the record that was there before; else only the backup was known."""
    disabled: tuple[str, ...] = ()
    """Open in the backup and disabled since: they were disabled again."""
    changed: tuple[str, ...] = ()
    """What they may do, or how they sign in, was changed since: it is as before that."""
    gone: tuple[str, ...] = ()
    """Made since: they are not there any more."""
    may_sign_in: tuple[str, ...] = ()
    """Those who can now."""


def accounts_of(url: str) -> tuple[Account, ...] | None:
    """The accounts of the record that is to be replaced; None when it cannot be asked."""
    try:
        with Record.open(url, read_only=True) as record:
            return record.accounts()
    except JanaError:
        return None


def look_after(record: Record, before: tuple[Account, ...] | None, *, actor: str) -> AccountsBack:
    """Disable again who was disabled in the record `before`, and say what else differs from it."""
    known = {it.name: it for it in before or ()}
    disabled, changed = [], []
    for account in record.accounts():
        newer = known.pop(account.name, None)
        if newer is None:
            continue
        if newer.disabled_at is not None and account.disabled_at is None:
            record.disable_account(account.account_id, actor=actor)
            disabled.append(account.name)
        if _access(newer) != _access(account):
            changed.append(account.name)
    return AccountsBack(
        compared=bool(before),
        disabled=tuple(disabled),
        changed=tuple(changed),
        gone=tuple(sorted(known)),
        may_sign_in=tuple(it.name for it in record.accounts() if it.disabled_at is None),
    )


def _access(account: Account) -> tuple[object, ...]:
    """What somebody may do, and how they prove who they are."""
    may = (account.roles, account.all_units, account.units, account.cases)
    return (*may, account.password_hash, account.totp_secret, account.oidc)
