"""Sessions: the browser holds a random token, the record its digest and all that the session may do.

A session is looked up at every request, with its account: whoever is disabled is out at once. Signing
in, and every step further, begins a new session under a new token.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from starlette.responses import Response

from scanner.record import Account, Record, SessionStage, SignInWay, WebSession
from scanner.review.access import cookies
from scanner.review.access.cookies import Cookies
from scanner.review.access.roles import Role
from scanner.review.access.visitor import Duty, Visitor
from scanner.settings_review import ReviewRules

TOKEN_BYTES = 32


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, record: Record, rules: ReviewRules, cookies: Cookies) -> None:
        self._record = record
        self._rules = rules
        self._cookies = cookies

    def visitor(self, token: str | None) -> Visitor | None:
        """Whoever has this token in a session that is neither over nor of a disabled account."""
        if token is None:
            return None
        digest = digest_of(token)
        found = self._record.signed_in(digest, idle_s=self._rules.idle_s)
        if found is None:
            return None
        self._record.touch_session(digest, found.session)
        return visitor_of(found.account, found.session, require_totp=self._rules.require_totp)

    def begin(
        self,
        response: Response,
        account: Account,
        *,
        stage: SessionStage,
        way: SignInWay,
        replaces: str | None,
    ) -> None:
        """Begin a session under a new token, which the response carries; `replaces` is the old token."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._record.begin_session(
            digest_of(token),
            account.account_id,
            stage=stage,
            way=way,
            longest_s=self._rules.longest_s,
            actor=account.name,
            replaces=None if replaces is None else digest_of(replaces),
        )
        self._cookies.set(response, cookies.SESSION, token)

    def end(self, response: Response, token: str | None, *, actor: str) -> None:
        """End a session, here and in the browser."""
        if token is not None:
            self._record.end_session(digest_of(token), actor=actor)
        self._cookies.drop(response, cookies.SESSION)


def digest_of(token: str) -> str:
    """What the record keeps of a token."""
    return sha256(token.encode()).hexdigest()


def visitor_of(account: Account, session: WebSession, *, require_totp: bool) -> Visitor:
    """What an account may do in this session. Roles that this version does not know give nothing."""
    return Visitor(
        account_id=account.account_id,
        name=account.name,
        display_name=account.display_name,
        roles=frozenset(role for role in Role if role in account.roles),
        units=None if account.all_units else account.units,
        cases=account.cases,
        language=account.language,
        signed_in_at=session.created_at,
        by_provider=session.way is SignInWay.OIDC,
        has_totp=account.totp_secret is not None,
        duty=_duty(account, session, require_totp),
    )


def _duty(account: Account, session: WebSession, require_totp: bool) -> Duty | None:
    """The code comes first: with the password alone nobody may change anything."""
    if session.stage is not SessionStage.WHOLE:
        return Duty.CODE
    if session.way is not SignInWay.LOCAL:
        return None
    if account.must_change_password:
        return Duty.PASSWORD
    return Duty.TOTP if require_totp and account.totp_secret is None else None
