"""Names and personal identity codes stay out; references that only look a little like them come in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.cases.personal import (
    Personal,
    is_personal_heading,
    looks_like_name,
    mostly_names,
    what_is_personal,
)


@pytest.mark.parametrize(
    "text",
    [
        "131052-308T",
        "131052-308t",
        "010101A123N",
        "010101+123N",
        "150790Y123A",
        "client 131052-308T, North",
        "850709-9805",
        "19850709-9805",
        "850709+9805",
        "8507099805",
        "198507099805",
        "850769-9802",  # a coordination number: the day and sixty
        "somebody@example.org",
    ],
)
def test_what_says_who_somebody_is_is_found(text: str) -> None:
    assert what_is_personal(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A-1042",
        "2026-0311",
        "8507099806",  # the last digit does not fit
        "991399-1234",  # no such month
        "431052-308T",  # no such day
        "1310523308T",
        "X131052-308TX",
        "2026-11-30",
        "123456789012345",
        "Åland-7",
    ],
)
def test_references_come_in(text: str) -> None:
    assert what_is_personal(text) is None


@settings(derandomize=True, deadline=None, database=None)
@given(st.integers(1, 31), st.integers(1, 12), st.integers(0, 99), st.integers(2, 999))
def test_every_finnish_code_is_found(day: int, month: int, year: int, number: int) -> None:
    digits = f"{day:02}{month:02}{year:02}{number:03}"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]
    for sign in "+-YXWVUABCDEF":
        assert what_is_personal(f"{digits[:6]}{sign}{digits[6:]}{check}") == Personal.CODE


@pytest.mark.parametrize("name", ["Virtanen, Matti", "Anna-Liisa Mäkelä", "Per O'Neill", "Åsa Öberg"])
def test_names_look_like_names(name: str) -> None:
    assert looks_like_name(name)


@pytest.mark.parametrize("reference", ["Virtanen", "child 2", "A-17", "older child", "North 3", ""])
def test_pseudonyms_do_not(reference: str) -> None:
    assert not looks_like_name(reference)


def test_a_column_is_of_names_when_most_of_it_is() -> None:
    assert mostly_names(["Matti Virtanen", "", "Åsa Öberg", "x"])
    assert not mostly_names(["North Team", "south", "East 4"])
    assert not mostly_names(["", ""])


@pytest.mark.parametrize("heading", ["name", "hetu", "personnummer", "syntymäaika", "förnamn", "e_mail"])
def test_headings_in_three_languages(heading: str) -> None:
    assert is_personal_heading(heading)
    assert not is_personal_heading("case")
