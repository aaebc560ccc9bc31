"""What the record refuses is said in the language of whoever asked."""

from __future__ import annotations

import pytest

from scanner.model.sheet import SheetPurpose
from scanner.review.access.roles import Role
from scanner.texts import texts
from tests.record.builders import decisions, printed, read
from tests.review.examples import OWN, belongings
from tests.review.office import Office, words_of


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_errors_of_the_record_are_in_the_language_of_the_page(office: Office, language: str) -> None:
    of = belongings(office.record, OWN)
    (mothers,) = printed(office.record, SheetPurpose(unit=OWN, rater="mother"))
    read(office.record, mothers, decisions(10.0, 20.0, 30.0, 40.0))
    browser = office.signed_in(Role.REVIEWER, units=frozenset({OWN}), language=language)
    known = texts(language)

    nothing_said = browser.submit(f"/pages/{of.lost.page_id}/take-back")
    differs = browser.submit(f"/sheets/{mothers}/bind", {"case": "A-1", "unit": OWN, "rater": "father"})

    assert (nothing_said.status_code, differs.status_code) == (422, 422)
    assert known.of("known_error", "page_nothing_said") in words_of(nothing_said)
    values = {"sheet": mothers, "name": "rater", "printed": "mother", "given": "father"}
    assert known.of("known_error", "bind_differs", **values) in words_of(differs)
