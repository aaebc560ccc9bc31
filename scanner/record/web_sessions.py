"""Sessions of the review page, on the server's side: a browser holds a token, the record its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from scanner.record.database import Transaction
from scanner.record.schema_access import web_session

TOUCH_S = 60
"""A session's last use is noted no more often than this: each time is a write."""


class SessionStage(StrEnum):
    """How far somebody has come in signing in."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    """The password was right; something else (a code, a new password) is still asked for."""
    WHOLE = "whole"


class SignInWay(StrEnum):
    """How somebody signed in."""

    LOCAL = "local"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """A session that has not ended."""

    account_id: int
    stage: SessionStage
    way: SignInWay
    created_at: datetime
    seen_at: datetime
    """To about a minute."""
    expires_at: datetime
    """However often it is used."""


def begin(
    tx: Transaction,
    token_digest: str,
    account_id: int,
    *,
    stage: SessionStage,
    way: SignInWay,
    longest_s: float,
    actor: str,
    replaces: str | None = None,
) -> None:
    """Begin a session, in place of the one whose token is given up (`replaces`, its digest).

    A session that has got further than it was begins anew, under another token. Sessions that are over
    are cleared away on the way.
    """
    over = web_session.c.expires_at <= tx.now
    tx.connection.execute(delete(web_session).where(over | (web_session.c.token_digest == replaces)))
    row = {
        "token_digest": token_digest,
        "account_id": account_id,
        "stage": stage.value,
        "way": way.value,
        "created_at": tx.now,
        "seen_at": tx.now,
        "expires_at": tx.now + timedelta(seconds=longest_s),
    }
    tx.connection.execute(insert(web_session), row)
    action = "session.begin" if stage is SessionStage.WHOLE else "session.half"
    tx.audit(actor, action, f"account:{account_id}", way=way.value)


def get(connection: Connection, token_digest: str, *, now: datetime, idle_s: float) -> WebSession | None:
    """The session of a token; None when there is none, or when it is over by one of its limits."""
    row = connection.execute(select(web_session).where(web_session.c.token_digest == token_digest)).first()
    if row is None or row.expires_at <= now or row.seen_at + timedelta(seconds=idle_s) <= now:
        return None
    return WebSession(
        account_id=row.account_id,
        stage=SessionStage(row.stage),
        way=SignInWay(row.way),
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


def touch(tx: Transaction, token_digest: str) -> None:
    """Note that a session was used just now."""
    stale = web_session.c.seen_at <= tx.now - timedelta(seconds=TOUCH_S)
    mine = web_session.c.token_digest == token_digest
    tx.connection.execute(update(web_session).where(mine, stale).values(seen_at=tx.now))


def end(tx: Transaction, token_digest: str, *, actor: str) -> None:
    """End one session; one that has ended already may be named."""
    ending = delete(web_session).where(web_session.c.token_digest == token_digest)
    account_id = tx.connection.scalar(ending.returning(web_session.c.account_id))
    if account_id is not None:
        tx.audit(actor, "session.end", f"account:{account_id}")


def end_all(tx: Transaction, account_id: int) -> None:
    """End every session of an account; what it was for is in the audit already."""
    tx.connection.execute(delete(web_session).where(web_session.c.account_id == account_id))


def end_every(tx: Transaction, account_id: int, *, actor: str) -> None:
    """The same at somebody's wish."""
    end_all(tx, account_id)
    tx.audit(actor, "session.end_all", f"account:{account_id}")
