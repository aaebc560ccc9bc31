"""Taking decisions back by the form, without a script."""

from __future__ import annotations

import re

from scanner.record import MissingReason, Record
from scanner.review.access.roles import Role
from tests.review.marks import came_back
from tests.review.office import Browser, Office, words_of

OF = re.compile(r'name="of" value="([^"]*)"')


def undo_form(browser: Browser) -> dict[str, str]:
    """What the button of the page posts."""
    found = OF.search(browser.get("/review").text)
    assert found is not None
    return {"of": found.group(1)}


def waiting(record: Record, sheet: str) -> list[bool]:
    return [state.status.value == "review" for state in record.show(sheet).current]


def test_a_form_that_is_posted_twice_takes_one_decision_back(office: Office) -> None:
    sheet = came_back(office.record)
    anna = office.signed_in(Role.REVIEWER, name="anna")
    for item in ("individual", "interpersonal"):
        office.record.decide(sheet, item, MissingReason.BLANK, actor="anna", seen_revision=1)
    form = undo_form(anna)

    answers = [anna.submit("/review/undo", form) for _ in range(2)]

    assert {answer.headers["location"] for answer in answers} == {f"/review/{sheet}/interpersonal"}
    assert waiting(office.record, sheet) == [False, True, True, True]
    assert "taken back" in words_of(anna.get(answers[1].headers["location"]))
    assert anna.submit("/review/undo", undo_form(anna)).headers["location"] == f"/review/{sheet}/individual"
    assert waiting(office.record, sheet) == [True, True, True, True]


def test_a_form_that_somebody_overtook_takes_nothing_back(office: Office) -> None:
    sheet = came_back(office.record)
    anna = office.signed_in(Role.REVIEWER, name="anna")
    office.record.decide(sheet, "overall", MissingReason.BLANK, actor="anna", seen_revision=1)
    form = undo_form(anna)
    office.record.decide(sheet, "overall", MissingReason.REFUSED, actor="bertil", seen_revision=2)

    answer = anna.submit("/review/undo", form)

    assert answer.headers["location"] == f"/review/{sheet}/overall"
    assert office.record.show(sheet).current[3].missing_reason is MissingReason.REFUSED


def test_a_form_that_means_nothing_of_ours_takes_nothing_back(office: Office) -> None:
    sheet = came_back(office.record)
    anna = office.signed_in(Role.REVIEWER, name="anna")
    office.record.decide(sheet, "overall", MissingReason.BLANK, actor="anna", seen_revision=1)

    for of in ("x", "/", "J1/../1", f"{sheet}/overall/99"):
        assert anna.submit("/review/undo", {"of": of}).status_code == 303

    assert waiting(office.record, sheet) == [True, True, True, False]
