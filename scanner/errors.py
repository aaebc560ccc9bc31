"""Misuse and trouble that a person can mend; the message says what to do next.

Expected outcomes of reading (a page without a code, a torn file) are values, not exceptions:
see `scanner.model.outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class ExitCode(IntEnum):
    """What the command `jana` returns to the shell."""

    DONE = 0
    """Also when pages wait for review or were refused: that is normal work."""
    ERROR = 1
    USAGE = 2
    NOTHING_READ = 3
    """Nothing in the input could be read."""
    SETTINGS = 4
    """Settings or a form definition are wrong."""
    DATABASE = 5
    REFUSED = 6
    """Something was refused, and `--strict` was given."""
    BUG = 70
    INTERRUPTED = 130


class JanaError(Exception):
    """A known error. Its text is shown to the user as it is, or in their language by its code."""

    exit_code = ExitCode.ERROR
    code: str = ""
    """Names its text in every language, see `scanner.texts.known_error`; empty: there is none."""
    values: Mapping[str, object] = MappingProxyType({})
    """What the text speaks of."""


class UsageError(JanaError):
    """The command was called in a way that it cannot mean."""

    exit_code = ExitCode.USAGE


class SettingsError(JanaError):
    """A setting or a form definition is wrong."""

    exit_code = ExitCode.SETTINGS


class DatabaseError(JanaError):
    """The database cannot be reached, or its schema is not one that this version knows."""

    exit_code = ExitCode.DATABASE


class SchemaError(DatabaseError):
    """The record's schema is newer than this version knows: no use in waiting."""
