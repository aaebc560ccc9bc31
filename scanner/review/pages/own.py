"""The visitor's own account, as it stands in the record."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from scanner.record import Account
from scanner.review.visit import Visit


def account_of(visit: Visit) -> Account:
    """The account of whoever asks."""
    account = visit.record.account(visit.known.account_id)
    if account is None:
        raise HTTPException(401)
    return account
