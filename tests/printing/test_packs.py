"""Who gets which form at a meeting, in which order, and what is not printed twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from forms.definition import load_library
from scanner.model.case import AgeBand, CaseFacts, Meeting, SessionFacts
from scanner.printing.packs import Pack, Shelf, Wishes, pack_for
from scanner.settings_packs import PackRules

SHELF = Shelf(load_library(), PackRules(), "fi")
DAY = date(2026, 11, 30)


def meeting(band: AgeBand | None, **plan: object) -> Meeting:
    return Meeting(
        case="A-17",
        session=3,
        facts=CaseFacts(unit="North", age_band=band),
        plan=replace(SessionFacts(session_date=DAY), **plan),  # type: ignore[arg-type]
    )


def sheets(pack: Pack) -> list[tuple[str, str | None, str | None]]:
    return [(one.instrument.code, one.purpose.subject, one.purpose.rater) for one in pack.requests]


def test_a_familys_pack_is_ordered_person_by_person() -> None:
    pack = pack_for(meeting(AgeBand.CHILD), Wishes(raters=("self", "mother", "father")), SHELF)

    assert sheets(pack) == [
        ("cors", "child", "self"),
        ("csrs", "child", "self"),
        ("cors", "child", "mother"),
        ("srs", "child", "mother"),
        ("cors", "child", "father"),
        ("srs", "child", "father"),
    ]
    purpose = pack.requests[0].purpose
    assert (purpose.case, purpose.session, purpose.session_date, purpose.unit) == ("A-17", 3, DAY, "North")
    assert {request.language for request in pack.requests} == {"fi"}


@pytest.mark.parametrize(
    ("band", "client", "codes"),
    [
        (AgeBand.ADULT, "client", ("ors", "srs")),
        (AgeBand.ADOLESCENT, "client", ("ors", "srs")),
        (AgeBand.CHILD, "child", ("cors", "csrs")),
    ],
)
def test_the_age_band_chooses_the_forms(band: AgeBand, client: str, codes: tuple[str, str]) -> None:
    pack = pack_for(meeting(band), Wishes(), SHELF)
    assert sheets(pack) == [(code, client, "self") for code in codes]


def test_own_sheets_are_about_the_one_who_fills_them_in_and_ask_about_the_meeting_once() -> None:
    planned = meeting(AgeBand.CHILD, raters=("self", "mother"), own=("mother", "father"))
    assert sheets(pack_for(planned, Wishes(), SHELF)) == [
        ("cors", "child", "self"),
        ("csrs", "child", "self"),
        ("cors", "child", "mother"),
        ("ors", "mother", "self"),
        ("srs", "mother", "self"),
        ("ors", "father", "self"),
        ("srs", "father", "self"),
    ]


def test_the_command_line_goes_before_the_plan_and_the_plan_before_the_rules() -> None:
    planned = meeting(
        AgeBand.ADOLESCENT, raters=("self", "guardian"), instruments=("ors",), language="sv", subject="older"
    )
    assert sheets(pack_for(planned, Wishes(), SHELF)) == [
        ("ors", "older", "self"),
        ("ors", "older", "guardian"),
    ]
    assert pack_for(planned, Wishes(), SHELF).requests[0].language == "sv"

    asked = Wishes(raters=("self",), instruments=("srs", "lass"), language="en", subject="twin")
    pack = pack_for(planned, asked, SHELF)
    assert sheets(pack) == [("srs", "twin", "self"), ("lass", "twin", "self")]
    assert {request.language for request in pack.requests} == {"en"}


def test_the_rules_are_the_organisations() -> None:
    shelf = replace(SHELF, rules=PackRules(child=("cors",), beside_child=("ors",)))
    pack = pack_for(meeting(AgeBand.CHILD), Wishes(raters=("self", "mother")), shelf)
    assert sheets(pack) == [("cors", "child", "self"), ("ors", "child", "mother")]


def test_what_is_printed_is_left_out_unless_asked_for_again() -> None:
    printed = frozenset({("cors", "child", "self"), ("srs", "child", "mother"), ("cors", "child", None)})
    half = replace(meeting(AgeBand.CHILD, raters=("self", "mother")), printed=printed)

    pack = pack_for(half, Wishes(), SHELF)
    assert sheets(pack) == [("csrs", "child", "self"), ("cors", "child", "mother")]
    assert pack.printed_before == 2
    assert len(pack_for(half, Wishes(again=True), SHELF).requests) == 4


@pytest.mark.parametrize(
    ("band", "wishes", "said"),
    [
        (None, Wishes(), "age band is not known"),
        (AgeBand.ADULT, Wishes(instruments=("ors", "nonsense")), "there is no instrument 'nonsense'"),
        (AgeBand.ADULT, Wishes(language="tlh"), "ors has no language 'tlh'"),
    ],
)
def test_what_cannot_be_said_is_not_guessed(band: AgeBand | None, wishes: Wishes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pack_for(meeting(band), wishes, SHELF)


def test_without_an_age_band_forms_may_be_named() -> None:
    pack = pack_for(meeting(None), Wishes(instruments=("lass",)), SHELF)
    assert sheets(pack) == [("lass", "client", "self")]
