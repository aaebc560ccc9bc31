"""What can be wrong with a form's definition or with a stored layout."""

from __future__ import annotations


class FormDefinitionError(Exception):
    """An instrument cannot be printed as it is defined; the message says where and what to do."""


class LayoutFormatError(ValueError):
    """A stored layout that this version cannot read; the message says why."""
