"""Names of files as people may see them."""

from __future__ import annotations

import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that control a display, or show nothing, instead of being text."""


def escaped_name(name: bytes) -> str:
    r"""A file name as one line of harmless, unambiguous text.

    Bytes that are not UTF-8 become `\xNN`; characters that move the cursor, turn the direction
    of writing or cannot be seen become `\uNNNN` (or `\UNNNNNNNN`); a backslash is doubled, so
    that two names never look alike. Everything else, emoji too, stays as it is.
    """
    text = name.decode("utf-8", "surrogateescape")
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character == "\\":
        return "\\\\"
    if unicodedata.category(character) not in HIDDEN:
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
