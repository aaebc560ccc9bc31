"""Errors that people meet in their own language: the text is looked up by the error's code."""

from __future__ import annotations

from scanner.errors import JanaError
from scanner.texts import Texts, texts


def known_error(code: str, **values: object) -> JanaError:
    """An error whose text stands in the table `known_error` of every language, with these values.

    As an exception it says it in English, as all others do; `said` has it in another language.
    """
    error = JanaError(texts("en").of("known_error", code, **values))
    error.code, error.values = code, values
    return error


def said(spoken: Texts, error: JanaError) -> str:
    """What an error says in a language; in English where it has no code."""
    return spoken.of("known_error", error.code, **error.values) if error.code else str(error)
