"""Signing in with what this record knows: a name, a password, and a code where the account has one."""

from __future__ import annotations

from scanner.record import Account, Record
from scanner.review.access import totp
from scanner.review.access.keys import ServerKey
from scanner.review.access.passwords import Passwords
from scanner.review.access.throttle import Throttle


class SignIn:
    """Compares what somebody gives with what the record keeps; wrong tries are counted."""

    def __init__(self, record: Record, passwords: Passwords, key: ServerKey, throttle: Throttle) -> None:
        self._record = record
        self._passwords = passwords
        self._key = key
        self._throttle = throttle

    def by_password(
        self, name: str, password: str, *, address: str, device_cookie: str | None
    ) -> Account | None:
        """The account; None when name or password is wrong, or the account is disabled or has no password.

        Which of these it is nobody learns, not by the time it takes either. Raises TooManyError and
        BusyError (see `throttle`).
        """
        with self._throttle.place():
            account = self._record.account_named(name)
            device = self._throttle.device_of(device_cookie, account.account_id if account else None)
            counters = self._throttle.for_password(name, address, device)
            self._throttle.require_room(counters)
            usable = account is not None and account.disabled_at is None
            password_hash = account.password_hash if account is not None and usable else None
            # Compared also where there is no account, so that it takes as long.
            right = self._passwords.matches(password_hash, password)
            if account is None or not right:
                self._throttle.failed(counters)
                return None
            self._throttle.succeeded(counters)
            self._hash_anew(account, password)
            return account

    def knows_password(
        self, account: Account, password: str, *, address: str, device_cookie: str | None
    ) -> bool:
        """Whether who is signed in knows the password: asked before it, or the second factor, changes."""
        again = self.by_password(account.name, password, address=address, device_cookie=device_cookie)
        return again is not None and again.account_id == account.account_id

    def takes_code(self, account: Account, code: str, *, device_cookie: str | None) -> bool:
        """Whether this is a code of the account's second factor that nobody has used; it is used up now.

        Raises TooManyError.
        """
        counters = self._throttle.for_code(
            account.account_id, self._throttle.device_of(device_cookie, account.account_id)
        )
        self._throttle.require_room(counters)
        if account.totp_secret is not None:
            secret = totp.opened(self._key, account.totp_secret, account_id=account.account_id)
            step = totp.step_of(secret, code, at=self._record.moment())
            if step is not None and self._record.use_totp_step(account.account_id, step):
                self._throttle.succeeded(counters)
                return True
        self._throttle.failed(counters)
        return False

    def _hash_anew(self, account: Account, password: str) -> None:
        """Keep the password at today's cost, once we have it."""
        before = account.password_hash
        if before is not None and self._passwords.outdated(before):
            self._record.rehash_password(account.account_id, before, self._passwords.hashed(password))
