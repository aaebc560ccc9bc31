"""Reads instruments and languages from TOML files.

`library/*.toml` are the instruments and `library/languages/*.toml` the words that all sheets
share. An organisation can give files or folders of its own, laid out in the same way.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from forms.errors import FormDefinitionError
from forms.instrument import Ends, FormText, Instrument, Item, ItemText, Phrases, Rater, TotalRule
from forms.placement import place

LIBRARY = Path(__file__).parent / "library"

_Kind = TypeVar("_Kind", TotalRule, Ends)

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def load_library(own: Iterable[Path] = ()) -> dict[str, Instrument]:
    """All instruments by code: those that come with the product, and an organisation's own.

    `own` holds TOML files of instruments, or folders laid out like `forms/library`. An own
    instrument or language stands in for the shipped one of the same code.
    Raises `FormDefinitionError` with file, key and remedy, also when an own form does not fit on
    its page.
    """
    places = (LIBRARY, *own)
    languages = {
        phrases.language: phrases
        for folder in places
        if folder.is_dir()
        for path in sorted((folder / "languages").glob("*.toml"))
        for phrases in [_phrases(_Table.read(path))]
    }
    instruments = {}
    for source in places:
        paths = sorted(source.glob("*.toml")) if source.is_dir() else [source]
        if not paths:
            raise FormDefinitionError(f"{source}: no *.toml in here. Name a folder with instruments.")
        for path in paths:
            instrument = _instrument(_Table.read(path), languages)
            if source != LIBRARY:
                _try_on_paper(instrument, path)
            instruments[instrument.code] = instrument
    return instruments


def load_instrument(path: Path) -> Instrument:
    """One instrument from its file, in the languages that come with the product.

    Raises `FormDefinitionError` with file, key and remedy, also when it does not fit on its page.
    """
    languages = [_phrases(_Table.read(p)) for p in sorted((LIBRARY / "languages").glob("*.toml"))]
    instrument = _instrument(_Table.read(path), {phrases.language: phrases for phrases in languages})
    _try_on_paper(instrument, path)
    return instrument


def _try_on_paper(instrument: Instrument, path: Path) -> None:
    """A form that does not fit is known when it is loaded, not when it is needed."""
    for language in instrument.languages:
        try:
            for rater in (Rater.SELF, Rater.OTHER):
                place(instrument, language, rater)
        except FormDefinitionError as error:
            raise FormDefinitionError(f"{path}: text.{language}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a TOML file that knows where it stands, for the messages."""

    path: Path
    name: str
    """Dotted name of the table; empty at the top."""
    values: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> _Table:
        try:
            with path.open("rb") as file:
                return cls(path, "", tomllib.load(file))
        except OSError as error:
            raise FormDefinitionError(
                f"{path}: cannot be read ({error.strerror}). Check the path."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FormDefinitionError(f"{path}: not valid TOML: {error}. Correct this place.") from error

    def wrong(self, key: str, what: str, remedy: str) -> FormDefinitionError:
        return FormDefinitionError(f"{self.path}: {self._full(key)}: {what}. {remedy}")

    def text(self, key: str, *, may_be_empty: bool = False) -> str:
        value = self.values.get(key, "" if may_be_empty else None)
        if not isinstance(value, str) or not (value.strip() or may_be_empty):
            raise self.wrong(key, "a text is missing here", f'Add {key} = "...".')
        if any(ord(character) < 32 for character in value):
            raise self.wrong(key, "has a line break or another control character", "Write it on one line.")
        return value.strip()

    def whole(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, "a whole number from 1 is missing here", f"Add {key} = 1.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(key, "a list of texts is missing here", f'Add {key} = ["...", "..."].')
        return tuple(value)

    def table(self, key: str) -> _Table:
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "a table is missing here", f"Add [{self._full(key)}].")
        return _Table(self.path, self._full(key), value)

    def only(self, *known: str) -> None:
        """Refuses keys that mean nothing: most often they are misspelt."""
        for key in self.values:
            if key not in known:
                raise self.wrong(key, "is not known here", f"Known are: {', '.join(known)}.")

    def _full(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _instrument(table: _Table, languages: Mapping[str, Phrases]) -> Instrument:
    table.only("code", "version", "name", "total", "ends", "items", "text")
    code = table.text("code")
    if not _KEY.fullmatch(code):
        raise table.wrong("code", f"{code!r} is no code", "Use small letters, digits and _.")
    keys = table.texts("items")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise table.wrong("items", f"{key!r} is no key", "Use small letters, digits and _.")
    if len(set(keys)) < len(keys):
        raise table.wrong("items", "names an item twice", "Give each item a key of its own.")
    texts = table.table("text")
    if not texts.values:
        raise table.wrong("text", "holds no language", "Add [text.en] or another language.")
    return Instrument(
        code=code,
        version=table.whole("version"),
        name=table.text("name"),
        total=_choice(table, "total", TotalRule),
        ends=_choice(table, "ends", Ends),
        items=tuple(Item(key=key) for key in keys),
        texts=tuple(_form_text(texts, language, keys, languages) for language in sorted(texts.values)),
    )


def _choice(table: _Table, key: str, kind: type[_Kind]) -> _Kind:
    value = table.text(key)
    try:
        return kind(value)
    except ValueError as error:
        raise table.wrong(key, f"{value!r} is not known", f"Use one of: {', '.join(kind)}.") from error


def _form_text(
    texts: _Table, language: str, keys: tuple[str, ...], languages: Mapping[str, Phrases]
) -> FormText:
    if language not in languages:
        raise texts.wrong(
            language,
            "is a language whose common words are not known",
            f"Known are: {', '.join(languages)}. Put languages/{language}.toml into a folder of your own.",
        )
    table = texts.table(language)
    table.only("title", "lead", "items", "beside")
    items = table.table("items")
    items.only(*keys)
    own = FormText(
        phrases=languages[language],
        title=table.text("title"),
        lead=table.text("lead"),
        items=tuple(_item_text(items.table(key)) for key in keys),
    )
    return replace(own, beside=_beside(table.table("beside"), own, keys)) if "beside" in table.values else own


def _beside(table: _Table, own: FormText, keys: tuple[str, ...]) -> FormText:
    """The words for who rates another person; what is not said again is as it is for oneself."""
    table.only("title", "lead", "items")
    items = table.table("items") if "items" in table.values else _Table(table.path, table.name, {})
    items.only(*keys)
    return replace(
        own,
        title=table.text("title"),
        lead=table.text("lead"),
        items=tuple(
            _item_text(items.table(key), before) if key in items.values else before
            for key, before in zip(keys, own.items, strict=True)
        ),
    )


def _item_text(table: _Table, before: ItemText | None = None) -> ItemText:
    """The words of an item, or those that differ from what was there `before`."""
    words = ("title", "hint", "low", "high")
    table.only(*words)
    said = {
        word: table.text(word, may_be_empty=word == "hint")
        for word in words
        if before is None or word in table.values
    }
    return ItemText(**said) if before is None else replace(before, **said)


def _phrases(table: _Table) -> Phrases:
    plain = ("instruction", "filled_in_by", "about", "meeting", "day", "specimen")
    table.only("language", *plain, "raters", "subjects", "months", "date_pattern")
    language = table.text("language")
    if not _LANGUAGE.fullmatch(language):
        raise table.wrong("language", f"{language!r} is no language", "Use a code such as fi or pt-BR.")
    months = table.texts("months")
    if len(months) != 12:
        raise table.wrong("months", f"holds {len(months)} names", "Give the twelve months, in order.")
    pattern = table.text("date_pattern")
    if sorted(re.findall(r"{.*?}", pattern)) != ["{day}", "{month}", "{year}"]:
        raise table.wrong(
            "date_pattern", f"{pattern!r} is no date", "Use {day}, {month} and {year}, once each."
        )
    raters, subjects = table.table("raters"), table.table("subjects")
    raters.only(*Rater)
    return Phrases(
        language=language,
        **{key: table.text(key) for key in plain},
        raters=tuple((rater, raters.text(rater)) for rater in Rater),
        subjects=tuple((key, subjects.text(key)) for key in subjects.values),
        months=months,
        date_pattern=pattern,
    )
