"""Which language to speak, and the words that a template asks for."""

from __future__ import annotations

from collections.abc import Callable

from scanner.texts import LANGUAGES, Texts, texts

NAMES = {"en": "English", "fi": "Suomi", "sv": "Svenska"}
"""The languages, each as it calls itself."""

Translate = Callable[..., str]


def chosen(account: str | None, cookie: str | None, accepts: str, default: str) -> Texts:
    """The texts to use: of the account's language, the cookie's, the browser's, or the settings'."""
    for language in (account, cookie, _asked_for(accepts), default):
        if language in LANGUAGES:
            return texts(language)
    return texts(default)


def translator(spoken: Texts) -> Translate:
    """`t("table.key", name=value)` for templates. Raises KeyError for a key that is not there."""

    def translate(key: str, /, **values: object) -> str:
        table, _, name = key.partition(".")
        return spoken.of(table, name, **values)

    return translate


def _asked_for(accepts: str) -> str | None:
    """The first of our languages in an Accept-Language header, by its weights."""
    wishes = []
    for place, part in enumerate(accepts[:500].split(",")):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip()[:2].lower()
        weight = _weight(parameter)
        if language in LANGUAGES and weight > 0:
            wishes.append((-weight, place, language))
    return min(wishes)[2] if wishes else None


def _weight(parameter: str) -> float:
    """Of a language; 0: not wanted, or not to be understood."""
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
