"""The words that stand on the paper beside a line, in the paper's own language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forms.definition import load_library
from forms.errors import FormDefinitionError
from forms.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWords:
    """What a sheet says of one of its lines."""

    instrument: str
    """Short name in print, such as `ORS`."""
    language: str
    """Of the words below; empty when they are only the names of data."""
    count: int
    """Lines on the sheet; 0 when the instrument is not known any more."""
    title: str
    hint: str
    low: str
    high: str


@lru_cache(maxsize=4)
def library(own: tuple[Path, ...]) -> dict[str, Instrument]:
    """All instruments by code, read once. Raises FormDefinitionError as `load_library` does."""
    return load_library(own)


def paper_words(
    instruments: dict[str, Instrument], code: str, version: int, language: str, item: str
) -> PaperWords:
    """The words of a line; where the definition has gone or changed its version, the data's own names."""
    instrument = instruments.get(code)
    keys = [] if instrument is None else [known.key for known in instrument.items]
    if instrument is None or instrument.version != version or item not in keys:
        title = item.replace("_", " ").capitalize()
        return PaperWords(
            instrument=code.upper(), language="", count=len(keys), title=title, hint="", low="", high=""
        )
    try:
        text = instrument.text(language)
    except FormDefinitionError:
        text = instrument.texts[0]
    words = text.items[keys.index(item)]
    return PaperWords(
        instrument=instrument.name,
        language=text.language,
        count=len(keys),
        title=words.title,
        hint=words.hint,
        low=words.low,
        high=words.high,
    )
