"""The identifier of a printed sheet, and the check characters that guard it.

`J1` + 13 random characters + 3 check characters, all in Crockford's base 32 (no I, L, O, U).
65 random bits, so that identifiers never repeat and tell nothing. The check characters make the
18 symbols a word of a Reed-Solomon code over GF(32): any one or two wrong characters are noticed
(in truth any three), and of longer errors all but about one in 32,768. A swap of two characters
is two wrong ones, and is noticed too.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html); the index is the symbol's value."""

PREFIX = "J1"
RANDOM_CHARACTERS = 13
CHECK_CHARACTERS = 3
LENGTH = len(PREFIX) + RANDOM_CHARACTERS + CHECK_CHARACTERS
GROUP = 3
"""Characters in a group of the printed code."""

_FIELD_POLYNOMIAL = 0b100101
"""x^5 + x^2 + 1, primitive over GF(2); alpha = 2 generates the field's 31 non-zero elements."""

_READ_AS = {"O": "0", "I": "1", "L": "1"}
"""Crockford's rule for letters that are not in the alphabet but look as if they were."""


class SheetIdError(ValueError):
    """A text that is no identifier of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class SheetId:
    """A valid identifier. Made by `new` or `parse`; the constructor checks too."""

    text: str
    """18 characters in upper case, without groups: as stored, and the QR code's payload."""

    def __post_init__(self) -> None:
        _check(self.text)

    @classmethod
    def new(cls) -> SheetId:
        """A fresh identifier with 65 bits from the system's secret source."""
        body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
        return cls(body + check_characters(body))

    @classmethod
    def parse(cls, text: str) -> SheetId:
        """The identifier that a person typed or a reader saw.

        Case, blanks, hyphens and the letters O, I and L for the digits 0 and 1 do not matter.
        Raises `SheetIdError` for anything else that differs from a valid identifier.
        """
        characters = (c for c in text.upper() if not c.isspace() and c not in "-–·")
        return cls("".join(_READ_AS.get(c, c) for c in characters))

    @property
    def payload(self) -> str:
        """What the QR code holds."""
        return self.text

    def grouped(self) -> str:
        """The printed code, in groups of three: `J1A BCD EFG HJK MNP QRS`."""
        return " ".join(self.text[i : i + GROUP] for i in range(0, LENGTH, GROUP))

    def __str__(self) -> str:
        return self.text


def check_characters(body: str) -> str:
    """The three check characters of a body of 15 characters.

    The generator is (x - 1)(x - alpha)(x - alpha^2) over GF(32), so the distance of the code is 4.
    """
    remainder = [0] * CHECK_CHARACTERS
    for character in body:
        feedback = _VALUE[character] ^ remainder[0]
        shifted = (*remainder[1:], 0)
        remainder = [held ^ product for held, product in zip(shifted, _FEEDBACK[feedback], strict=True)]
    return "".join(ALPHABET[value] for value in remainder)


def _check(text: str) -> None:
    if len(text) != LENGTH:
        raise SheetIdError(f"an identifier has {LENGTH} characters, this one has {len(text)}")
    strange = sorted({c for c in text if c not in ALPHABET})
    if strange and text[0] == PREFIX[0]:
        raise SheetIdError(f"an identifier has no {', '.join(map(repr, strange))}")
    if not text.startswith(PREFIX):
        raise SheetIdError(f"an identifier of this version begins with {PREFIX}")
    if check_characters(text[:-CHECK_CHARACTERS]) != text[-CHECK_CHARACTERS:]:
        raise SheetIdError("the check characters do not fit: a character is wrong, look again")


def _times(a: int, b: int) -> int:
    """Product in GF(32): carry-less multiplication modulo the field's polynomial."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _FIELD_POLYNOMIAL
        b >>= 1
    return product


def _generator() -> tuple[int, ...]:
    """Coefficients of the generator below its leading 1, highest power first."""
    polynomial = [1]
    root = 1
    for _ in range(CHECK_CHARACTERS):
        shifted = [*polynomial, 0]
        scaled = [0, *(_times(c, root) for c in polynomial)]
        polynomial = [a ^ b for a, b in zip(shifted, scaled, strict=True)]
        root = _times(root, 2)
    return tuple(polynomial[1:])


_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_FEEDBACK = tuple(tuple(_times(value, factor) for factor in _generator()) for value in range(32))
"""What each symbol that leaves the shift register adds to it."""
