"""Instruments: what is asked, in which order, and in which words.

An instrument is data. Its definition is read by `forms.definition`; nothing here knows how many
items there are, how a page looks, or which languages exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from forms.errors import FormDefinitionError


class Rater(StrEnum):
    """Who holds the pen."""

    SELF = "self"
    MOTHER = "mother"
    FATHER = "father"
    GUARDIAN = "guardian"
    OTHER = "other"
    PROFESSIONAL = "professional"


class TotalRule(StrEnum):
    """How the items make a total."""

    SUM = "sum"
    """The sum of the rounded items; no total unless every item has a value."""
    NONE = "none"
    """The items stand for themselves."""


class Ends(StrEnum):
    """What stands at the two ends of a line."""

    WORDS = "words"
    FACES = "faces"
    """A frowning and a smiling face, with the words under them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line on the sheet."""

    key: str
    """Name of the item in data; stable over versions and languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemText:
    """The words of one item in one language."""

    title: str
    hint: str
    """A few words that help to understand the title; may be empty."""
    low: str
    """At the left end of the line."""
    high: str
    """At the right end of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The words of one language that are the same on every sheet."""

    language: str
    """Code of the language, such as `fi`."""
    instruction: str
    """What to do with the pen."""
    filled_in_by: str
    about: str
    meeting: str
    day: str
    """Captions of who, about whom, which meeting, and when."""
    specimen: str
    """Stands on a sheet that is printed without a licence text."""
    raters: tuple[tuple[Rater, str], ...]
    """A word for every rater."""
    subjects: tuple[tuple[str, str], ...]
    """Words for common references to the person a rating is about; others are printed as they are."""
    months: tuple[str, ...]
    """Twelve, in the form that the date needs."""
    date_pattern: str
    """With `{day}`, `{month}` and `{year}`."""

    def rater(self, rater: Rater) -> str:
        return dict(self.raters)[rater]

    def subject(self, reference: str) -> str:
        """The word for a common reference, in whatever case it is written, or else the reference."""
        return dict(self.subjects).get(reference.strip().casefold(), reference)

    def date(self, day: date) -> str:
        """The day in words, such as `12 March 2026`."""
        return self.date_pattern.format(day=day.day, month=self.months[day.month - 1], year=day.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormText:
    """All words of an instrument in one language."""

    phrases: Phrases
    title: str
    """The question that the sheet asks."""
    lead: str
    """One sentence: which time or which meeting it asks about."""
    items: tuple[ItemText, ...]
    """In the order of the instrument's items."""
    beside: FormText | None = None
    """For somebody who rates another person, a mother her child; None: the words are right for them too."""

    @property
    def language(self) -> str:
        return self.phrases.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One questionnaire. Hashable, so that what is computed from it can be kept."""

    code: str
    """Name in commands and data, such as `ors`."""
    version: int
    """Grows when items or words change their meaning."""
    name: str
    """Short name in print, such as `ORS`."""
    total: TotalRule
    ends: Ends
    items: tuple[Item, ...]
    """Top to bottom."""
    texts: tuple[FormText, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(text.language for text in self.texts)

    def text(self, language: str, rater: Rater | None = None) -> FormText:
        """The words in a language for whoever rates. Raises `FormDefinitionError` when there are none."""
        for text in self.texts:
            if text.language == language:
                return text if rater in (None, Rater.SELF) else text.beside or text
        raise FormDefinitionError(
            f"instrument {self.code} has no language {language!r}; it has {', '.join(self.languages)}. "
            f"Ask for one of these, or add a [text.{language}] to its definition."
        )
