"""The review page in a test: its application, accounts, and browsers that are signed in.

A browser is Starlette's test client: it speaks to the real application, keeps cookies and follows no
redirect by itself. `Office.signed_in` makes a real account and a real session in the record.
"""

from __future__ import annotations

import re
import secrets
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from argon2 import PasswordHasher

from scanner.record import Account, NewAccount, Record, SessionStage, SignInWay
from scanner.review.access.passwords import Passwords
from scanner.review.access.roles import Role
from scanner.review.access.sessions import digest_of
from scanner.review.app import SUBJECTS, ReviewApp, create_app
from scanner.review.site import HERE, Serving
from scanner.settings import Settings
from scanner.settings_review import ReviewRules

with warnings.catch_warnings():
    # It would rather have another HTTP library than the one that we have; it works with both.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from httpx import Response

PASSWORD = "meadow pencil harbour"
NAME = "review.example.org"
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


class Moments:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@cache
def quick_passwords() -> Passwords:
    """The real thing at the least cost, so that tests are not about waiting."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@cache
def password_hash() -> str:
    return quick_passwords().hashed(PASSWORD)


class Browser(TestClient):
    """One person's browser."""

    def hold(self, name: str, value: str) -> None:
        """Have a cookie, as if the page had given it."""
        self.cookies.set(name, value, domain=self.base_url.host, path="/")

    def token(self, path: str) -> str:
        """The forms' token on a page."""
        return token_of(self.get(path))

    def submit(self, path: str, form: dict[str, Any] | None = None, *, page: str = "/account") -> Response:
        """Post a form as the browser would, with the token from `page`."""
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": str(self.base_url).rstrip("/")}
        answer: Response = self.post(
            path, data={"csrf_token": self.token(page), **(form or {})}, headers=headers
        )
        return answer


def token_of(page: Response) -> str:
    found = TOKEN.search(page.text)
    assert found is not None, f"no form on {page.url}: {page.status_code}"
    return found.group(1)


def words_of(page: Response) -> str:
    """What a page says, without its tags."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))


class Office:
    """A record with its review page."""

    def __init__(
        self,
        record: Record,
        home: Path,
        *,
        secure: bool = False,
        rules: ReviewRules | None = None,
        subjects: Any = SUBJECTS,
        delivery: Mapping[str, Any] | None = None,
    ) -> None:
        self.record = record
        review, targets = rules or ReviewRules(), dict(delivery or {})
        self.settings = Settings(home=home, language="en", review=review, delivery=targets)
        serving = Serving(names=(NAME,), secure=True) if secure else HERE
        self.address = f"https://{NAME}" if secure else "http://127.0.0.1:8350"
        self.app: ReviewApp = create_app(
            record, self.settings, serving=serving, passwords=quick_passwords(), subjects=subjects
        )
        self._browsers = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._browsers.close()

    def browser(self, *, address: str = "192.0.2.7") -> Browser:
        """A browser of somebody who is not signed in, at an address of the net."""
        made = Browser(
            self.app,
            base_url=self.address,
            raise_server_exceptions=False,
            follow_redirects=False,
            client=(address, 50000),
        )
        # Entered, so that one event loop serves all of its requests.
        return self._browsers.enter_context(made)

    def account(
        self,
        name: str = "anna",
        *roles: Role,
        units: frozenset[str] | None = None,
        cases: tuple[str, ...] = (),
        password: bool = True,
        **more: Any,
    ) -> Account:
        """An account with these roles; `units` None: all of them."""
        account = self.record.add_account(
            NewAccount(
                name=name,
                roles=tuple(roles),
                all_units=units is None,
                units=units or frozenset(),
                password_hash=password_hash() if password else None,
                **more,
            ),
            actor="test",
        )
        for case in cases:
            self.record.add_account_case(account.account_id, case, actor="test")
        return account

    def signed_in(self, *roles: Role, **account: Any) -> Browser:
        """The browser of a new account with these roles, in a session of its own."""
        name = account.pop("name", None) or f"person-{secrets.token_hex(4)}"
        return self.session_of(self.account(name, *roles, **account))

    def session_of(
        self,
        account: Account,
        *,
        stage: SessionStage = SessionStage.WHOLE,
        way: SignInWay = SignInWay.LOCAL,
    ) -> Browser:
        """A browser in a session of this account."""
        token = secrets.token_urlsafe(32)
        self.record.begin_session(
            digest_of(token),
            account.account_id,
            stage=stage,
            way=way,
            longest_s=self.settings.review.longest_s,
            actor=account.name,
        )
        browser = self.browser()
        browser.hold(self.app.site.cookies.name_of("jana-session"), token)
        return browser
