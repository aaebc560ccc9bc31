"""The pages of administrators, auditors and team leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.errors import DatabaseError
from scanner.record import Record
from scanner.review.access.roles import Role
from scanner.review.pages.figures import SUMS, counts_shown
from tests.record.builders import FULL, decisions, printed, read
from tests.review.office import Browser, Moments, Office, words_of

NAUGHTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}",
    "\u202egnp.exe",
    "\u200b\ufeff",
    "=cmd|' /C calc'!A0",
    "Ω≈ç√∫ 田中さん 👩‍👩‍👧",
    "\\x1b[31m\x1b[31m",
)


@pytest.fixture
def both(record: Record, tmp_path: Path) -> Iterator[Office]:
    """The page over both kinds of record, one after the other."""
    with Office(record, tmp_path) as made:
        yield made


# --- accounts ----------------------------------------------------------------------------------------------


@pytest.fixture
def admin(office: Office) -> Browser:
    return office.signed_in(Role.ADMIN, name="admin")


def test_roles_and_units_are_changed_and_end_the_session(office: Office, admin: Browser) -> None:
    bo = office.account("bo", Role.REVIEWER, units=frozenset({"North"}))
    browser = office.session_of(bo)
    form = {"role": ["auditor", "team_lead"], "units": " South \r\n\r\nWest <b>\r\n"}

    answer = admin.submit(f"/accounts/{bo.account_id}/access", form)

    assert "was changed" in words_of(admin.get(answer.headers["location"]))
    changed = office.record.account(bo.account_id)
    assert changed is not None
    assert changed.roles == ("auditor", "team_lead")
    assert (changed.units, changed.all_units) == (frozenset({"South", "West <b>"}), False)
    assert browser.get("/account").status_code == 303


def test_nothing_is_changed_by_saving_what_is(office: Office, admin: Browser) -> None:
    bo = office.account("bo", Role.REVIEWER, units=frozenset({"North"}))
    browser = office.session_of(bo)

    admin.submit(f"/accounts/{bo.account_id}/access", {"role": "reviewer", "units": "North"})

    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"role": "emperor"},
        {"role": "reviewer", "units": "x" * 201},
        {"role": "reviewer", "units": "\n".join(map(str, range(201)))},
    ],
    ids=["no role", "no such role", "long name", "many"],
)
def test_what_cannot_be_is_refused(office: Office, admin: Browser, form: dict[str, str]) -> None:
    bo = office.account("bo", Role.REVIEWER, units=frozenset({"North"}))

    assert admin.submit(f"/accounts/{bo.account_id}/access", form).status_code == 422
    assert office.record.account(bo.account_id) == bo


def test_an_account_is_disabled_and_enabled(office: Office, admin: Browser) -> None:
    bo = office.account("bo", Role.REVIEWER)
    browser = office.session_of(bo)

    admin.submit(f"/accounts/{bo.account_id}/disable")
    assert browser.get("/account").status_code == 303
    admin.submit(f"/accounts/{bo.account_id}/enable")

    enabled = office.record.account(bo.account_id)
    assert enabled is not None
    assert enabled.disabled_at is None


def test_nobody_changes_the_own_account(office: Office, admin: Browser) -> None:
    own = office.record.account_named("admin")
    assert own is not None

    for what in ("access", "disable", "enable"):
        assert admin.submit(f"/accounts/{own.account_id}/{what}", {"role": "reviewer"}).status_code == 403
    assert office.record.account(own.account_id) == own


@pytest.mark.parametrize("number", ["0", "-1", "1e3", "x", "9" * 30, "٣"])
def test_an_account_that_is_not_there_is_not_found(admin: Browser, number: str) -> None:
    assert admin.get(f"/accounts/{number}").status_code == 404


def test_what_people_are_called_is_escaped(office: Office, admin: Browser) -> None:
    for number, name in enumerate(NAUGHTY):
        office.account(f"u{number}", Role.REVIEWER, display_name=name, units=frozenset({name}))

    pages = [admin.get("/accounts")]
    pages += [admin.get(f"/accounts/{account.account_id}") for account in office.record.accounts()]

    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "49" not in words_of(page)
        assert "' onmouseover='" not in page.text


# --- the log -----------------------------------------------------------------------------------------------


def test_the_log_is_searched_and_turned_over(both: Office) -> None:
    for number in range(150):
        both.record.append_audit(
            f"user-{number % 2}", "crop.look", f"sheet:J1{number:03}/overall", reading=number
        )
    both.record.append_audit("user-0", "page.look", "page:17")
    auditor = both.signed_in(Role.AUDITOR)

    first = auditor.get("/log", params={"actor": "user-1", "action": "crop."})
    exact = auditor.get("/log", params={"target": "sheet:J1149"})

    assert first.text.count("<tr>") == 1 + 75
    assert "user-0" not in first.text
    assert exact.text.count("<tr>") == 2
    assert "{&#34;reading&#34;:149}" in exact.text
    newest = auditor.get("/log")
    older = newest.text.partition('class="button" href="/log?')[2].partition('"')[0].replace("&amp;", "&")
    rest = auditor.get(f"/log?{older}")
    assert "J1000" not in newest.text
    assert "J1000" in rest.text
    assert auditor.get("/log", params={"action": "crop%"}).text.count("<tr>") == 0
    assert auditor.get("/log", params={"target": "sheet:%"}).text.count("<tr>") == 0


def test_the_log_of_days(office: Office, moments: Moments) -> None:
    office.record.append_audit("user", "first.day", "x")
    moments.pass_s(86_400)
    office.record.append_audit("user", "second.day", "x")
    auditor = office.signed_in(Role.AUDITOR)

    said = auditor.get("/log", params={"since": "2026-12-01", "until": "2026-12-01"}).text
    assert "first.day" in said
    assert "second.day" not in said
    said = auditor.get("/log", params={"since": "2026-12-02", "until": "no day"}).text
    assert "first.day" not in said
    assert "second.day" in said


def test_looking_into_the_log_is_in_the_log(office: Office) -> None:
    auditor = office.signed_in(Role.AUDITOR, name="auditor")
    auditor.get("/log")

    entry = list(office.record.audit_entries())[-1]
    assert (entry.actor, entry.action, entry.target) == ("auditor", "audit.look", "audit")


def test_what_cannot_be_logged_is_not_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.record.append_audit("user", "something.seen", "x")
    auditor = office.signed_in(Role.AUDITOR)

    def full(*_arguments: object, **_facts: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(office.record, "append_audit", full)
    answer = auditor.get("/log")

    assert answer.status_code == 503
    assert "something.seen" not in answer.text


@pytest.mark.parametrize("name", NAUGHTY)
def test_odd_words_in_the_log_are_escaped(office: Office, name: str) -> None:
    office.record.append_audit(name, "odd.word", f"scan:{name}", name=name)
    auditor = office.signed_in(Role.AUDITOR)

    for page in (auditor.get("/log"), auditor.get("/log", params={"actor": name, "target": name})):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text


# --- figures -----------------------------------------------------------------------------------------------


def test_figures_of_the_own_units_without_small_ones(both: Office) -> None:
    for unit, number, back in (("North", 20, 12), ("South", 9, 7), ("West", 3, 3)):
        sheets = printed(both.record, *[replace(FULL, unit=unit, case=f"{unit}-{n}") for n in range(number)])
        for n, sheet_id in enumerate(sheets[:back]):
            read(both.record, sheet_id, decisions(10.0, 20.0, None if n < 6 else 30.0, 40.0), f"{unit}-{n}")
    lead = both.signed_in(Role.TEAM_LEAD, units=frozenset({"North", "West"}))

    words = words_of(lead.get("/figures"))

    sheets_said = words.partition("Sheets Unit")[2].partition("Lines")[0]
    # 20 printed: 8 outstanding, 6 wait, 6 settled. West's 3 would tell of persons.
    assert "North 20 8 6 6 0" in sheets_said
    assert "West – not shown 0 – not shown 0 0" in sheets_said
    assert "South" not in words
    assert "North 42 6 0 0 0" in words


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([20, 8, 6, 6, 0], (20, 8, 6, 6, 0)),
        ([20, 18, 2, 0, 0], (20, None, None, 0, 0)),
        ([20, 8, 9, 3, 0], (20, None, 9, None, 0)),
        ([10, 3, 3, 4, 0], (10, None, None, None, 0)),
        ([4, 4, 0, 0, 0], (None, None, 0, 0, 0)),
        ([0, 0, 0, 0, 0], (0, 0, 0, 0, 0)),
        ([3, 0, 0, 0, 0], (None, 0, 0, 0, 0)),
    ],
)
def test_no_small_count_can_be_worked_out(counts: list[int], shown: tuple[int | None, ...]) -> None:
    assert counts_shown(counts, [range(5)]) == shown


def test_nor_from_what_became_of_the_settled_ones() -> None:
    # Of 20 settled sheets 17 were delivered and 3 rejected: neither, nor both together, may be told.
    assert counts_shown([30, 10, 0, 20, 0, 17, 0, 3, 0], SUMS) == (30, 10, 0, 20, 0, None, 0, None, 0)
    # 2 are void, so the 8 are hidden too; and what they were settled from must not give these away.
    assert counts_shown([20, 0, 10, 8, 2, 8, 0, 0, 0], SUMS) == (20, 0, 10, None, None, None, 0, 0, 0)
