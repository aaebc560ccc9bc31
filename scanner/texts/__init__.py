"""What a person reads, in English, Finnish and Swedish, keyed by what it is about.

One TOML file for each language and place: the command line beside this file, rows of tables in `rows/`, the
review page in `review/`, `settling/` and `accounting/`, errors that people meet on both in `errors/`. A test
holds the languages to the same keys and placeholders, and to every reason that the product knows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "fi", "sv")
PLACES = tuple(Path(name) for name in ("", "review", "settling", "accounting", "rows", "errors"))
"""Folders with a file for each language. No two may have a table of the same name."""


@dataclass(frozen=True)
class Texts:
    """The texts of one language."""

    language: str
    tables: dict[str, dict[str, str]]

    def of(self, table: str, key: str, **values: object) -> str:
        """The text for `key`, with its placeholders filled in. Raises KeyError for an unknown key.

        Where one of something is said otherwise than many, `key_one` stands beside `key`, and is taken
        when `count` is 1. All our languages have these two forms.
        """
        known = self.tables[table]
        one = f"{key}_one"
        return known[one if values.get("count") == 1 and one in known else key].format(**values)


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Texts:
    """The texts of a language, in English where it is none of ours."""
    known = language if language in LANGUAGES else "en"
    tables: dict[str, dict[str, str]] = {}
    for place in PLACES:
        path = Path(__file__).parent / place / f"{known}.toml"
        tables |= tomllib.loads(path.read_text(encoding="utf-8"))
    return Texts(known, tables)
