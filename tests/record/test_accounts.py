"""Accounts: each name and each person once, every change in the audit, and sessions that end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scanner.errors import JanaError
from scanner.model.sheet import SheetPurpose
from scanner.record import Account, NewAccount, Record, SessionStage, SignInWay
from tests.record.builders import printed

ISSUER = "https://login.example"
DAY_S = 24 * 3600.0
IDLE_S = 1800.0


class Day:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def people(record_url: str, day: Day) -> Iterator[Record]:
    with Record.open(record_url, clock=day) as opened:
        yield opened


def made(people: Record, name: str = "Äiti.Anna", **more: object) -> Account:
    new = NewAccount(name=name, roles=("reviewer",), password_hash="hash", **more)  # type: ignore[arg-type]
    return people.add_account(new, actor="cli/it")


def begun(people: Record, account: Account, token: str = "t1", **more: str) -> None:  # noqa: S107
    people.begin_session(
        token,
        account.account_id,
        stage=SessionStage.WHOLE,
        way=SignInWay.LOCAL,
        longest_s=DAY_S,
        actor=account.name,
        **more,
    )


def actions(people: Record) -> list[str]:
    return [entry.action for entry in people.audit_entries()][1:]


def test_an_account_is_found_by_any_spelling_of_its_name(people: Record) -> None:
    anna = made(people, units=frozenset({"North", "South"}), language="sv")

    assert people.account_named("äITI.ANNA") == anna
    assert people.account_named("A\u0308iti.anna") == anna
    assert people.account(anna.account_id) == anna
    assert anna.units == {"North", "South"}
    assert (anna.display_name, anna.language) == ("Äiti.Anna", "sv")
    assert people.account_named("anna") is None
    with pytest.raises(JanaError, match="already"):
        made(people, "ÄITI.anna")
    assert people.accounts() == (anna,)


@pytest.mark.parametrize("name", ["", "a b", "reader/1", "cli/anna", "a\nb", "a" * 65, "<b>", "\u202eanna"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(people: Record, name: str) -> None:
    with pytest.raises(JanaError, match="cannot be an account's name"):
        made(people, name)
    assert people.accounts() == ()


def test_a_person_of_a_sign_in_service_has_one_account(people: Record) -> None:
    anna = made(people, "anna", oidc=(ISSUER, "17"))
    bo = made(people, "bo", oidc=(ISSUER, "18"))

    found = people.account_by_oidc(ISSUER, "17")
    assert found is not None
    assert found.account_id == anna.account_id
    assert people.account_by_oidc("https://other.example", "17") is None
    with pytest.raises(JanaError, match="account already"):
        made(people, "cecilia", oidc=(ISSUER, "17"))
    with pytest.raises(JanaError, match="the account anna already"):
        people.set_oidc(bo.account_id, (ISSUER, "17"), actor="cli/it")
    people.set_oidc(anna.account_id, None, actor="cli/it")
    people.set_oidc(bo.account_id, (ISSUER, "17"), actor="cli/it")
    assert people.account_by_oidc(ISSUER, "18") is None


def test_a_code_is_good_once_and_none_before_it_after(people: Record) -> None:
    anna = made(people)
    people.set_totp(anna.account_id, "sealed", actor="cli/it")

    assert [people.use_totp_step(anna.account_id, step) for step in (100, 100, 99, 101)] == [
        True,
        False,
        False,
        True,
    ]
    people.set_totp(anna.account_id, "another", actor="cli/it")
    assert people.use_totp_step(anna.account_id, 101)


def test_own_cases_are_those_of_the_record(people: Record) -> None:
    anna = made(people)
    printed(people, SheetPurpose(case="A-17"), SheetPurpose(case="B-2"))

    for reference in ("A-17", "B-2", "A-17"):
        people.add_account_case(anna.account_id, reference, actor="cli/it")
    people.remove_account_case(anna.account_id, "B-2", actor="cli/it")
    with pytest.raises(JanaError, match="not in this record"):
        people.add_account_case(anna.account_id, "C-3", actor="cli/it")

    found = people.account(anna.account_id)
    assert found is not None
    assert found.cases == {"A-17"}
    assert actions(people).count("account.case_add") == 2
    assert "A-17" not in "".join(entry.detail + entry.target for entry in people.audit_entries())


CHANGES: dict[str, Callable[[Record, int], None]] = {
    "account.password": lambda r, it: r.set_password(it, "other", actor="cli/it"),
    "account.roles": lambda r, it: r.set_roles(it, ["admin", "auditor"], actor="cli/it"),
    "account.units": lambda r, it: r.set_units(it, ["East"], actor="cli/it"),
    "account.totp": lambda r, it: r.set_totp(it, "sealed", actor="cli/it"),
    "account.oidc": lambda r, it: r.set_oidc(it, (ISSUER, "1"), actor="cli/it"),
    "account.disable": lambda r, it: r.disable_account(it, actor="cli/it"),
    "session.end_all": lambda r, it: r.end_sessions(it, actor="cli/it"),
}


@pytest.mark.parametrize("action", CHANGES)
def test_what_a_session_may_do_ends_with_it(people: Record, action: str) -> None:
    anna, bo = made(people), made(people, "bo")
    begun(people, anna)
    begun(people, bo, "t2")

    CHANGES[action](people, anna.account_id)

    assert people.signed_in("t1", idle_s=IDLE_S) is None
    assert people.signed_in("t2", idle_s=IDLE_S) is not None
    assert actions(people)[-1] == action
    assert people.verify().fault is None
    told = "".join(entry.target + entry.detail for entry in people.audit_entries())
    assert anna.name not in told
    assert "other" not in told
    assert "sealed" not in told


def test_a_disabled_account_is_let_in_again_as_it_was(people: Record, day: Day) -> None:
    anna = made(people, units=frozenset({"North"}))
    people.disable_account(anna.account_id, actor="cli/it")
    disabled = people.account(anna.account_id)
    assert disabled is not None
    assert disabled.disabled_at == day.now
    begun(people, anna)  # however it came about
    assert people.signed_in("t1", idle_s=IDLE_S) is None

    people.enable_account(anna.account_id, actor="cli/it")
    assert people.account(anna.account_id) == anna


def test_a_session_ends_by_idleness_and_by_age(people: Record, day: Day) -> None:
    anna = made(people)
    begun(people, anna)
    for _ in range(47):
        day.pass_s(IDLE_S - 1)
        found = people.signed_in("t1", idle_s=IDLE_S)
        assert found is not None
        assert found.account == anna
        people.touch_session("t1", found.session)
    day.pass_s(IDLE_S - 1)
    assert people.signed_in("t1", idle_s=IDLE_S) is not None
    day.pass_s(60)
    assert people.signed_in("t1", idle_s=DAY_S) is None, "a day is over"

    begun(people, anna, "t2")
    day.pass_s(IDLE_S)
    assert people.signed_in("t2", idle_s=IDLE_S) is None


def test_a_use_is_noted_once_a_minute(people: Record, day: Day) -> None:
    anna = made(people)
    begun(people, anna)
    began = day.now
    for seconds, seen_s in ((30, 0), (29, 0), (1, 60), (59, 60)):
        day.pass_s(seconds)
        found = people.signed_in("t1", idle_s=IDLE_S)
        assert found is not None
        people.touch_session("t1", found.session)
        found = people.signed_in("t1", idle_s=IDLE_S)
        assert found is not None
        assert found.session.seen_at == began + timedelta(seconds=seen_s)


def test_a_session_that_gets_further_has_another_token(people: Record) -> None:
    anna = made(people)
    people.begin_session(
        "half",
        anna.account_id,
        stage=SessionStage.PASSWORD,
        way=SignInWay.LOCAL,
        longest_s=300.0,
        actor="anna",
    )
    begun(people, anna, "whole", replaces="half")

    assert people.signed_in("half", idle_s=IDLE_S) is None
    found = people.signed_in("whole", idle_s=IDLE_S)
    assert found is not None
    assert found.session.stage is SessionStage.WHOLE
    people.end_session("whole", actor="anna")
    people.end_session("whole", actor="anna")
    assert people.signed_in("whole", idle_s=IDLE_S) is None
    assert actions(people)[-3:] == ["session.half", "session.begin", "session.end"]


def test_a_hash_is_renewed_unless_the_password_changed_meanwhile(people: Record) -> None:
    anna = made(people)
    people.rehash_password(anna.account_id, "hash", "costlier")
    people.rehash_password(anna.account_id, "hash", "stale")
    found = people.account(anna.account_id)
    assert found is not None
    assert found.password_hash == "costlier"


def test_failed_sign_ins_count_by_key_and_time(people: Record, day: Day) -> None:
    keys = ["a" * 64, "b" * 64]
    people.note_failed_sign_in(keys)
    day.pass_s(60)
    people.note_failed_sign_in(keys[:1])

    start = day.now - timedelta(seconds=61)
    counted = people.failed_sign_ins([*keys, "c" * 64], start)
    assert [counted[key].count for key in (*keys, "c" * 64)] == [2, 1, 0]
    assert counted[keys[0]].last_at == day.now
    assert counted["c" * 64].last_at is None
    assert people.failed_sign_ins(keys, day.now - timedelta(seconds=60))[keys[1]].count == 0

    people.forget_failed_sign_ins(keys[:1])
    assert [people.failed_sign_ins(keys, start)[key].count for key in keys] == [0, 1]
    day.pass_s(2 * DAY_S)
    people.note_failed_sign_in(keys[:1])
    assert people.failed_sign_ins(keys, start)[keys[1]].count == 0, "forgotten after a day"
