"""Sessions: how long they last, and what ends them."""

from __future__ import annotations

from scanner.review.access.roles import Role
from tests.review.office import Moments, Office


def test_whoever_is_signed_in_sees_the_own_account(office: Office) -> None:
    anna = office.signed_in(Role.REVIEWER, name="anna")

    assert "anna" in anna.get("/account").text


def test_nobody_is_led_to_the_sign_in(office: Office) -> None:
    answer = office.browser().get("/account")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Faccount")


def test_a_session_ends_when_nothing_is_done(office: Office, moments: Moments) -> None:
    anna = office.signed_in(Role.REVIEWER)

    for _ in range(3):
        moments.pass_s(1700)
        assert anna.get("/account").status_code == 200
    moments.pass_s(1801)

    assert anna.get("/account").status_code == 303


def test_a_session_ends_however_often_it_is_used(office: Office, moments: Moments) -> None:
    anna = office.signed_in(Role.REVIEWER)

    for _ in range(35):
        moments.pass_s(1000)
        assert anna.get("/account").status_code == 200
    moments.pass_s(1000)

    assert anna.get("/account").status_code == 303
