"""The printed code as somebody types it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from forms.identifier import ALPHABET, LENGTH, PREFIX, SheetId, SheetIdError

PASSED_OVER = "-–·"
"""Between the groups; blanks too."""
MEANT = str.maketrans("OIL", "011")
MOST_LETTERS = 5
"""Strange characters that are named; the rest of a text that is no code at all would tell nothing."""


@dataclass(frozen=True, slots=True)
class CodeTrouble:
    """Why a text is no code, as a key of the table `loose` with the values of its text."""

    key: str
    values: dict[str, object]


def typed_code(text: str) -> SheetId | CodeTrouble:
    """The identifier that somebody typed, or what to look at again."""
    code = "".join(c for c in text.upper() if not c.isspace() and c not in PASSED_OVER).translate(MEANT)
    strange = sorted({c for c in code if c not in ALPHABET})
    if strange:
        return CodeTrouble("code_letters", {"letters": ", ".join(strange[:MOST_LETTERS])})
    if not code.startswith(PREFIX[: len(code)]):
        return CodeTrouble("code_start", {})
    if len(code) < LENGTH:
        return CodeTrouble("code_short", {"count": LENGTH - len(code)})
    if len(code) > LENGTH:
        return CodeTrouble("code_long", {"count": len(code) - LENGTH})
    try:
        return SheetId(code)
    except SheetIdError:
        return CodeTrouble("code_wrong", {})
