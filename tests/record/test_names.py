"""Names that people may see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.record import escaped_name
from tests.record.builders import QUICK


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"stack 1.pdf", "stack 1.pdf"),
        ("perhetyö 🙂.pdf".encode(), "perhetyö 🙂.pdf"),
        ("perhety\xf6.pdf".encode("latin-1"), "perhety\\xf6.pdf"),
        (b"two\nlines\x1b[2J", "two\\u000alines\\u001b[2J"),
        ("invoice\u202efdp.exe".encode(), "invoice\\u202efdp.exe"),
        (b"a\\b", "a\\\\b"),
        (b"", ""),
    ],
)
def test_a_name_is_one_harmless_line(name: bytes, shown: str) -> None:
    assert escaped_name(name) == shown


STRANGE = [
    b"\xff",
    b"\xed\xa0\x80",
    b"\\",
    b"\n",
    *(c.encode() for c in "ä\u202e\u200d\ufeff\U000e0001\u2028🙂"),
]


@QUICK
@given(st.lists(st.binary(max_size=4) | st.sampled_from(STRANGE)).map(b"".join))
def test_nothing_in_a_shown_name_moves_the_cursor_or_hides(name: bytes) -> None:
    for character in escaped_name(name):
        assert unicodedata.category(character)[0] != "C"
        assert character not in "\u2028\u2029"


PIECES = st.sampled_from([b"\\", b"x", b"f", b"6", b"\xf6", b"u", b"0", b"a", b"\n", b"\xc3\xb6"])


@QUICK
@given(st.lists(PIECES, max_size=7).map(b"".join), st.lists(PIECES, max_size=7).map(b"".join))
def test_two_names_never_look_alike(one: bytes, other: bytes) -> None:
    assert (escaped_name(one) == escaped_name(other)) == (one == other)


def test_an_escape_that_was_typed_differs_from_one_of_ours() -> None:
    assert escaped_name(b"\\xf6") != escaped_name(b"\xf6")
