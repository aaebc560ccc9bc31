"""Who, about whom, when: in words, in their place, and nothing personal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.errors import FormDefinitionError
from forms.geometry import Rect
from forms.instrument import Rater
from forms.purpose import NOTICE_BOX, PURPOSE_BOX, draw_notice, draw_purpose
from tests.forms.printed_forms import LIBRARY, printed, sheet, words

LANGUAGES = LIBRARY["ors"].languages


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Filled in by mother", "About child", "Meeting 3 Date 12 March 2026"]),
        ("fi", ["Täyttäjä äiti", "Arvion kohde lapsi", "Tapaaminen 3 Päivä 12. maaliskuuta 2026"]),
        ("sv", ["Ifyllt av mamma", "Gäller barnet", "Möte 3 Datum 12 mars 2026"]),
    ],
)
def test_says_who_about_whom_and_when(language: str, expected: list[str]) -> None:
    face = sheet(
        "ors",
        language,
        rater=Rater.MOTHER,
        subject="child",
        session=3,
        session_date=date(2026, 3, 12),
    )
    text = " ".join(words(printed([face]))[0].split())
    assert [line for line in expected if line not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unbound_sheet_offers_every_role_and_no_place_for_a_name(language: str) -> None:
    phrases = LIBRARY["ors"].text(language).phrases
    drawing = draw_purpose(phrases)
    said = [text.text for text in drawing.texts]
    roles = [phrases.rater(rater) for rater in Rater]
    assert said == [phrases.filled_in_by, *roles, phrases.meeting, phrases.day]
    assert len(drawing.figures) == len(roles) + 2


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer.x_mm <= inner.x_mm
        and outer.y_mm <= inner.y_mm
        and inner.right_mm <= outer.right_mm
        and inner.bottom_mm <= outer.bottom_mm
    )


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.none() | st.sampled_from(Rater),
    st.none() | st.text(max_size=200),
    st.none() | st.integers(),
    st.none() | st.dates(),
)
def test_stays_in_its_place_whatever_it_is(
    language: str, rater: Rater | None, subject: str | None, session: int | None, day: date | None
) -> None:
    phrases = LIBRARY["ors"].text(language).phrases
    drawing = draw_purpose(phrases, rater=rater, subject=subject, session=session, session_date=day)
    boxes = [*(text.box for text in drawing.texts), *(figure.box for figure in drawing.figures)]
    assert [box for box in boxes if not inside(box, PURPOSE_BOX)] == []
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_characters_without_a_picture_become_question_marks() -> None:
    phrases = LIBRARY["ors"].text("en").phrases
    said = [text.text for text in draw_purpose(phrases, subject="P\u202e7 \n 漢").texts]
    assert "P?7 ?" in said


@pytest.mark.parametrize(
    ("language", "specimen"),
    [
        ("en", "Specimen – not for clinical use"),
        ("fi", "Mallikappale – ei asiakastyöhön"),
        ("sv", "Provexemplar – inte för klientarbete"),
    ],
)
def test_a_sheet_is_a_specimen_until_there_is_a_licence(language: str, specimen: str) -> None:
    licence = "Used under licence 4711 by an example organisation."
    face = sheet("srs", language)
    assert specimen in words(printed([face]))[0]
    licensed = words(printed([face], licence))[0]
    assert specimen not in licensed
    assert licence in " ".join(licensed.split())


def test_a_licence_text_stays_in_its_place() -> None:
    phrases = LIBRARY["ors"].text("en").phrases
    lines = draw_notice(phrases, "Words of a licence. " * 18).texts
    assert len(lines) == 4
    assert all(inside(line.box, NOTICE_BOX) for line in lines)
    with pytest.raises(
        FormDefinitionError, match="the licence text fills 11 lines, its place on the sheet 4"
    ):
        draw_notice(phrases, "Words of a licence. " * 48)
