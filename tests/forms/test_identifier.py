"""Identifiers: what is typed tolerantly is read rightly, and what is wrong is noticed."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.identifier import ALPHABET, LENGTH, SheetId, SheetIdError, check_characters

CHARACTERS = st.sampled_from(ALPHABET)
IDENTIFIERS = st.text(CHARACTERS, min_size=13, max_size=13).map(
    lambda drawn: SheetId(f"J1{drawn}{check_characters(f'J1{drawn}')}")
)
quick = settings(derandomize=True, max_examples=100, deadline=None)


def test_new_identifiers_are_valid_and_differ_in_every_random_place() -> None:
    fresh = [SheetId.new() for _ in range(300)]
    assert len(set(fresh)) == len(fresh)
    assert all(re.fullmatch(r"J1[0-9A-HJKMNP-TV-Z]{16}", sheet_id.text) for sheet_id in fresh)
    for place in range(2, 15):
        assert len({sheet_id.text[place] for sheet_id in fresh}) > 25


def test_check_characters_make_a_reed_solomon_word() -> None:
    """The word, as a polynomial over GF(32), is zero at 1, alpha and alpha squared."""
    power = [1]
    for _ in range(30):
        doubled = power[-1] << 1
        power.append(doubled ^ 0b100101 if doubled & 32 else doubled)
    assert len(set(power)) == 31

    def times(a: int, b: int) -> int:
        return power[(power.index(a) + power.index(b)) % 31] if a and b else 0

    for _ in range(50):
        for root in power[:3]:
            value = 0
            for character in SheetId.new().text:
                value = times(value, root) ^ ALPHABET.index(character)
            assert value == 0


@quick
@given(IDENTIFIERS, st.data())
def test_one_and_two_wrong_characters_are_noticed(sheet_id: SheetId, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(2, LENGTH - 1), min_size=1, max_size=2, unique=True))
    characters = list(sheet_id.text)
    for place in places:
        characters[place] = data.draw(st.sampled_from(ALPHABET.replace(characters[place], "")))
    with pytest.raises(SheetIdError, match="check characters"):
        SheetId.parse("".join(characters))


@quick
@given(IDENTIFIERS, st.integers(2, LENGTH - 1), st.integers(2, LENGTH - 1))
def test_two_characters_that_changed_places_are_noticed(sheet_id: SheetId, one: int, other: int) -> None:
    characters = list(sheet_id.text)
    characters[one], characters[other] = characters[other], characters[one]
    swapped = "".join(characters)
    if swapped == sheet_id.text:
        assert SheetId.parse(swapped) == sheet_id
    else:
        with pytest.raises(SheetIdError):
            SheetId.parse(swapped)


@quick
@given(IDENTIFIERS, st.data())
def test_reads_what_a_person_types(sheet_id: SheetId, data: st.DataObject) -> None:
    typed = ""
    for character in sheet_id.text:
        looks = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        typed += data.draw(st.sampled_from(looks)) + data.draw(st.sampled_from(["", " ", "-", "\n", " – "]))
    assert SheetId.parse(typed) == sheet_id


def test_is_printed_in_groups_of_three() -> None:
    sheet_id = SheetId.new()
    groups = sheet_id.grouped().split(" ")
    assert [len(group) for group in groups] == [3] * 6
    assert "".join(groups) == sheet_id.payload == str(sheet_id)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has 18 characters, this one has 0"),
        ("J1ABC", "has 18 characters, this one has 5"),
        ("J1UUUUUUUUUUUUUUUU", "has no 'U'"),
        ("X10000000000000000", "begins with J1"),
        ("https://example.org", "has 18 characters, this one has 19"),
        ("J1ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ", "has no 'Ä'"),
    ],
)
def test_says_why_a_text_is_no_identifier(text: str, why: str) -> None:
    with pytest.raises(SheetIdError, match=why):
        SheetId.parse(text)


@quick
@given(st.text(max_size=40))
def test_any_text_is_an_identifier_or_an_error(text: str) -> None:
    with suppress(SheetIdError):
        assert SheetId.parse(text).text in text.upper()
