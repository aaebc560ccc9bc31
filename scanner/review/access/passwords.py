"""Passwords: what is good enough for one, and argon2id.

Hashing takes 64 MiB and some tenths of a second by intention, so only a few are hashed at once:
many who knock at the same time must not take the machine's memory.
"""

from __future__ import annotations

import threading
import unicodedata
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 15
LONGEST = 1000
"""Characters. The upper bound only keeps hashing from being given megabytes."""

AT_ONCE = 2

LEAST_OF_OWN = 8
"""Characters that must be left when what everybody guesses is taken out."""

LEAST_DIFFERENT = 6

GUESSED = (
    *("password", "passwort", "passord", "lösenord", "losenord", "salasana", "tunnussana", "letmein"),
    *("qwerty", "qwertz", "asdfgh", "zxcvbn", "iloveyou", "welcome", "tervetuloa", "välkommen", "dragon"),
    *("monkey", "football", "jalkapallo", "sunshine", "princess", "administrator", "admin", "correcthorse"),
    *(
        "batterystaple",
        "1234567890",
        "0123456789",
        "12345678",
        "123456",
        "1234",
        "abcdefgh",
        "abcd",
        "abc123",
    ),
    *("suomi", "finland", "helsinki", "sverige", "stockholm", "summer", "winter", "kesä", "talvi", "sommar"),
    *("jana", "review", "2024", "2025", "2026", "2027", "!", "0000", "1111"),
)
"""Parts of passwords that stand at the head of every list of guesses."""


class PasswordTrouble(StrEnum):
    """Why a password is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    HAS_NAME = "has_name"
    """It is little more than the account's name."""
    GUESSED = "guessed"
    """It is little more than what everybody tries first, or made of a few characters only."""


def trouble_with(password: str, *, name: str) -> PasswordTrouble | None:
    """What speaks against a new password; None when it is good. There are no rules of composition."""
    said = _normal(password)
    if len(said) < SHORTEST:
        return PasswordTrouble.TOO_SHORT
    if len(said) > LONGEST:
        return PasswordTrouble.TOO_LONG
    folded = said.casefold()
    own = _normal(name).casefold()
    if own and own in folded and len(folded.replace(own, "")) < LEAST_OF_OWN:
        return PasswordTrouble.HAS_NAME
    for part in GUESSED:
        folded = folded.replace(part, "")
    if len(folded) < LEAST_OF_OWN or len(set(folded)) < LEAST_DIFFERENT:
        return PasswordTrouble.GUESSED
    return None


class Passwords:
    """Hashes and compares. May be used by several threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # What is compared where there is no account: a password that nobody has, at the same cost.
        self._nobody = self.hashed("nobody, and never anybody")

    def hashed(self, password: str) -> str:
        """The hash to keep, with its salt and its parameters in it."""
        with self._turns:
            return self._hasher.hash(_normal(password))

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password. Takes the same time where there is none to compare with."""
        known = password_hash or self._nobody
        with self._turns:
            try:
                same = self._hasher.verify(known, _normal(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False
        return same and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether it was hashed with other parameters than today's, so that it should be hashed anew."""
        return self._hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)
