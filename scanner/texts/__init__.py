"""What a person reads, in English, Finnish and Swedish, keyed by what it is about.

One TOML file for each language, and another for the review page; a test holds them to the same keys
and placeholders, and to every reason that the product knows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "fi", "sv")


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
    folder = Path(__file__).parent
    files = (folder / f"{known}.toml", folder / "review" / f"{known}.toml")
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return Texts(known, tables[0] | tables[1])
