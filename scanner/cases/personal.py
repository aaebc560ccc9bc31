"""What must not come in: names, personal identity codes, and whatever else says who a client is.

The record knows its clients by pseudonymous references only. A table that says more is refused as a
whole, because whoever exported it would otherwise go on doing so. What is found is never repeated in
the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

_ENGLISH_HEADINGS = (
    "name first_name firstname given_name last_name lastname surname family_name full_name client_name "
    "client_firstname client_lastname birth_date birthdate birthday date_of_birth dob birth_year gender sex "
    "ssn social_security_number national_id personal_id personal_identity_code address street postal_code "
    "zip phone telephone mobile email e_mail"
)
_FINNISH_HEADINGS = (
    "nimi etunimi sukunimi asiakkaan_nimi kutsumanimi syntymäaika syntymäpäivä syntymävuosi sukupuoli hetu "
    "henkilötunnus henkilötunniste sotu osoite katuosoite postinumero puhelin puhelinnumero sähköposti"
)
_SWEDISH_HEADINGS = (
    "namn förnamn efternamn tilltalsnamn födelsedatum födelsedag födelseår kön personnummer "
    "personbeteckning samordningsnummer adress gatuadress postnummer telefon telefonnummer e_post epost"
)
PERSONAL_COLUMNS = frozenset(f"{_ENGLISH_HEADINGS} {_FINNISH_HEADINGS} {_SWEDISH_HEADINGS}".split())
"""Headings of columns that say who somebody is, in lower case with underscores."""

_FINNISH = re.compile(r"(?<!\w)(\d{2})(\d{2})\d{2}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?!\w)", re.IGNORECASE)
_SWEDISH = re.compile(r"(?<!\w)(?:\d{2})?\d{2}(\d{2})(\d{2})([-+]?)\d{4}(?!\w)")
_SEVERAL_DIGITS = re.compile(r"\d{6}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*,?")

COORDINATION_DAYS = 60
"""Added to the day in the number of somebody who is not registered in Sweden."""


def is_personal_heading(heading: str) -> bool:
    """Whether a column of that name (lower case, underscores) is about who somebody is."""
    return heading in PERSONAL_COLUMNS


class Personal(StrEnum):
    """What gives somebody away wherever it stands, as the texts know it."""

    CODE = "code"
    EMAIL = "email"


def what_is_personal(text: str) -> Personal | None:
    """What a text seems to hold that must not come in; None when it looks harmless."""
    # Most cells are short or without what these need, and a table has a million of them.
    if _SEVERAL_DIGITS.search(text) and _has_identity_code(text):
        return Personal.CODE
    return Personal.EMAIL if "@" in text and _EMAIL.search(text) else None


def looks_like_name(text: str) -> bool:
    """Two words or more, of letters only, each with a capital: `Virtanen, Matti`."""
    words = text.split()
    return len(words) >= 2 and all(_NAME_WORD.fullmatch(word) and word[0].isupper() for word in words)


def mostly_names(texts: Iterable[str]) -> bool:
    """Whether a column holds names, whatever it is called."""
    given = [text for text in texts if text]
    return bool(given) and sum(map(looks_like_name, given)) * 2 > len(given)


def _has_identity_code(text: str) -> bool:
    if any(_is_day(int(found[1]), int(found[2])) for found in _FINNISH.finditer(text)):
        return True
    return any(_is_swedish(found) for found in _SWEDISH.finditer(text))


def _is_swedish(found: re.Match[str]) -> bool:
    month, number = int(found[1]), int(found[2])
    if not (_is_day(number, month) or _is_day(number - COORDINATION_DAYS, month)):
        return False
    # Without the sign between them a number of ten or twelve digits may be anything: ask its last digit.
    return bool(found[3]) or _check_digit_holds(found[0][-10:])


def _is_day(number: int, month: int) -> bool:
    return 1 <= number <= 31 and 1 <= month <= 12


def _check_digit_holds(digits: str) -> bool:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
