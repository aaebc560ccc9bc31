"""The record's methods about people: accounts, their sessions, sign-ins that failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanner.record import account_changes, accounts, sign_in_failures, web_sessions
from scanner.record.accounts import Account, NewAccount
from scanner.record.opened import OpenedRecord
from scanner.record.web_sessions import SessionStage, SignInWay, WebSession


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds, and whose it is."""

    session: WebSession
    account: Account


class AccessMethods(OpenedRecord):
    """Accounts are named by their number: what a person is called is for people."""

    def moment(self) -> datetime:
        """Now, by the clock that everything in the record bears."""
        return self._database.now()

    # Accounts

    def add_account(self, new: NewAccount, *, actor: str) -> Account:
        """Make an account; see `account_changes.add` for what is refused."""
        return self.write(lambda tx: account_changes.add(tx, new, actor=actor))

    def accounts(self) -> tuple[Account, ...]:
        """All by name, disabled ones too."""
        return self.look(accounts.every)

    def account(self, account_id: int) -> Account | None:
        return self.look(lambda connection: accounts.by_id(connection, account_id))

    def account_named(self, name: str) -> Account | None:
        """However its letters are written."""
        return self.look(lambda connection: accounts.by_name(connection, name))

    def account_by_oidc(self, issuer: str, subject: str) -> Account | None:
        """The account of a person whom a sign-in service vouches for."""
        return self.look(lambda connection: accounts.by_oidc(connection, issuer, subject))

    def set_password(
        self, account_id: int, password_hash: str, *, must_change: bool = False, actor: str
    ) -> None:
        """Give an account another password; its sessions end."""
        self.write(
            lambda tx: account_changes.set_password(
                tx, account_id, password_hash, must_change=must_change, actor=actor
            )
        )

    def rehash_password(self, account_id: int, before: str, password_hash: str) -> None:
        """The same password, hashed at a higher cost than it was; whoever changed it meanwhile wins."""
        self.write(lambda tx: account_changes.rehash_password(tx, account_id, before, password_hash))

    def set_totp(self, account_id: int, sealed_secret: str | None, *, actor: str) -> None:
        """Ask for codes of this secret from now on, or (None) for none any more; the sessions end."""
        self.write(lambda tx: account_changes.set_totp(tx, account_id, sealed_secret, actor=actor))

    def use_totp_step(self, account_id: int, step: int) -> bool:
        """Note that the code of a step of time was given; False when it, or a later one, was before."""
        return self.write(lambda tx: account_changes.use_totp_step(tx, account_id, step))

    def set_oidc(self, account_id: int, oidc: tuple[str, str] | None, *, actor: str) -> None:
        """Tie an account to a person (issuer, subject) of a sign-in service; the sessions end."""
        self.write(lambda tx: account_changes.set_oidc(tx, account_id, oidc, actor=actor))

    def set_roles(self, account_id: int, roles: Iterable[str], *, actor: str) -> None:
        """Give an account these roles and no others; its sessions end."""
        told = tuple(roles)
        self.write(lambda tx: account_changes.set_roles(tx, account_id, told, actor=actor))

    def set_units(
        self, account_id: int, units: Iterable[str], *, all_units: bool = False, actor: str
    ) -> None:
        """Let an account see these units, or all; its sessions end."""
        told = tuple(units)
        self.write(
            lambda tx: account_changes.set_units(tx, account_id, told, all_units=all_units, actor=actor)
        )

    def add_account_case(self, account_id: int, reference: str, *, actor: str) -> None:
        """Make a case one of the person's own. Raises JanaError for one that is not in this record."""
        self.write(lambda tx: account_changes.add_case(tx, account_id, reference, actor=actor))

    def remove_account_case(self, account_id: int, reference: str, *, actor: str) -> None:
        """Take a case from the person's own. Raises JanaError for one that is not in this record."""
        self.write(lambda tx: account_changes.remove_case(tx, account_id, reference, actor=actor))

    def set_account_language(self, account_id: int, language: str | None, *, actor: str) -> None:
        """The language in which the person is spoken to; None: that of the settings."""
        self.write(lambda tx: account_changes.set_language(tx, account_id, language, actor=actor))

    def disable_account(self, account_id: int, *, actor: str) -> None:
        """Let nobody in by this account; its sessions end at once. What it did stays its doing."""
        self.write(lambda tx: account_changes.disable(tx, account_id, actor=actor))

    def enable_account(self, account_id: int, *, actor: str) -> None:
        """Let the person in again."""
        self.write(lambda tx: account_changes.enable(tx, account_id, actor=actor))

    # Sessions

    def begin_session(
        self,
        token_digest: str,
        account_id: int,
        *,
        stage: SessionStage,
        way: SignInWay,
        longest_s: float,
        actor: str,
        replaces: str | None = None,
    ) -> None:
        """Begin a session in place of the one whose digest is `replaces`; see `web_sessions.begin`."""
        self.write(
            lambda tx: web_sessions.begin(
                tx,
                token_digest,
                account_id,
                stage=stage,
                way=way,
                longest_s=longest_s,
                actor=actor,
                replaces=replaces,
            )
        )

    def signed_in(self, token_digest: str, *, idle_s: float) -> SignedIn | None:
        """The session of a token with its account; None when it is over, or the account is disabled."""
        now = self.moment()
        with self._database.reading() as connection:
            session = web_sessions.get(connection, token_digest, now=now, idle_s=idle_s)
            account = None if session is None else accounts.by_id(connection, session.account_id)
        if session is None or account is None or account.disabled_at is not None:
            return None
        return SignedIn(session, account)

    def touch_session(self, token_digest: str, session: WebSession) -> None:
        """Note that a session was used just now; writes once a minute only."""
        if session.seen_at + timedelta(seconds=web_sessions.TOUCH_S) <= self.moment():
            self.write(lambda tx: web_sessions.touch(tx, token_digest))

    def end_session(self, token_digest: str, *, actor: str) -> None:
        """End one session; one that has ended already may be named."""
        self.write(lambda tx: web_sessions.end(tx, token_digest, actor=actor))

    def end_sessions(self, account_id: int, *, actor: str) -> None:
        """End every session of an account."""
        self.write(lambda tx: web_sessions.end_every(tx, account_id, actor=actor))

    # Sign-ins that failed

    def note_failed_sign_in(self, keys: Sequence[str]) -> None:
        """A sign-in failed; it counts for each of these keys (hex digests)."""
        self.write(lambda tx: sign_in_failures.note(tx, keys))

    def failed_sign_ins(self, keys: Sequence[str], since: datetime) -> dict[str, sign_in_failures.Failures]:
        """For each key, how many failed since a moment."""
        return self.look(lambda connection: sign_in_failures.of_keys(connection, keys, since))

    def forget_failed_sign_ins(self, keys: Sequence[str]) -> None:
        """A sign-in succeeded: what failed under these keys counts no more."""
        self.write(lambda tx: sign_in_failures.forget(tx, keys))
