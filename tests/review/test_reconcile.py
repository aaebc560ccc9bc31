"""The reconciliation on the page: the figures, the list behind each, and that they must add up."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from scanner.model.delivery import Acknowledged, Rejected
from scanner.model.sheet import SheetPurpose
from scanner.record import Record
from scanner.review.access.roles import Role
from scanner.review.pages import reconcile
from scanner.settings_delivery import CsvSettings
from tests.delivery.sending import deliver
from tests.delivery.targets_for_tests import Box
from tests.record.builders import FULL, decisions, printed, read
from tests.record.tampering import unguarded
from tests.review.office import Browser, Office, words_of

if TYPE_CHECKING:
    from httpx import Response

LINK = re.compile(r'href="(/reconcile/(?:sheets|pages)\?[^"]*)">([0-9]+)</a>')
NAUGHTY = '<img src=x onerror="alert(1)"> & =cmd()'


@pytest.fixture
def both(record: Record, tmp_path: Path) -> Iterator[Office]:
    """Over both kinds of record, one after the other."""
    yield from filled(record, tmp_path)


@pytest.fixture
def full(embedded_record: Record, tmp_path: Path) -> Iterator[Office]:
    yield from filled(embedded_record, tmp_path)


def filled(record: Record, tmp_path: Path) -> Iterator[Office]:
    """Six sheets of North, one for every figure; one of South; and one of a unit with an odd name."""
    north = [replace(FULL, case=f"N-{n}", session_date=date(2026, 3, 2 + n % 2)) for n in range(6)]
    of_south = replace(FULL, unit="South", case="S-1")
    ids = printed(record, *north, of_south, SheetPurpose(unit=NAUGHTY))
    for sheet_id in [*ids[:4], ids[6]]:
        read(record, sheet_id, decisions(10.0, 20.0, 30.0, 40.0), f"{sheet_id}.pdf")
    read(record, ids[4], decisions(10.0, None, 30.0, 40.0), f"{NAUGHTY}.pdf")
    record.void(ids[3], reason="mixed up", actor="anna")
    box = Box()
    box.answer = lambda sheet: Rejected(NAUGHTY) if sheet.sheet_id == ids[1] else Acknowledged()
    box.refuse = lambda sheet: "no columns" if sheet.sheet_id == ids[2] else None
    deliver(record, box, tmp_path)
    to = CsvSettings(kind="csv", folder=tmp_path)
    with Office(record, tmp_path, delivery={"box": to, "other": to}) as office:
        yield office


def of_north(office: Office) -> Browser:
    return office.signed_in(Role.REVIEWER, units=frozenset({"North"}))


def links(answer: Response) -> list[tuple[str, int]]:
    """Where each figure of a page leads to, and what it is."""
    assert answer.status_code == 200, answer.text
    return [(path.replace("&amp;", "&"), int(count)) for path, count in LINK.findall(answer.text)]


@pytest.mark.parametrize(("query", "every"), [("", 1), ("?by=unit-day&target=box", 4)])
def test_every_figure_opens_into_a_list_of_so_many(both: Office, query: str, every: int) -> None:
    browser = of_north(both)
    found = links(browser.get(f"/reconcile{query}"))
    assert len(found) > 12
    for path, count in found[::every]:
        assert browser.get(path).text.count('class="name"') == count, path
        if "/sheets?" in path:
            rows = browser.get(path.replace("/sheets?", "/sheets.csv?")).text
            assert len(list(csv.reader(io.StringIO(rows)))) == count + 1


def test_what_is_of_another_unit_is_not_counted(both: Office) -> None:
    words = words_of(of_north(both).get("/reconcile"))
    assert "6 Printed = 1 Not back yet + 1 Waiting for a person + 3 Settled + 1 Void" in words
    assert "5 Seen = 5 Read" in words
    professional = both.signed_in(Role.PROFESSIONAL, units=frozenset(), cases=("S-1",))
    assert "1 Printed = 0 Not back yet" in words_of(professional.get("/reconcile"))
    assert "South" not in of_north(both).get("/reconcile.csv?by=unit").text
    whole = words_of(both.signed_in(Role.REVIEWER).get("/reconcile"))
    assert "8 Printed" in whole


def test_each_target_tells_what_it_has_and_why_it_does_not_want_more(full: Office) -> None:
    browser = of_north(full)
    words = words_of(browser.get("/reconcile"))
    assert "box 1 0 1 1 0" in words
    assert "other 0 3 0 0 0" in words
    assert "3 Settled = 0 Delivered + 1 On the way + 1 Rejected + 1 Cannot be delivered" in words
    rejected = words_of(browser.get("/reconcile/sheets?count=rejected"))
    assert f"box: rejected {NAUGHTY} other: on the way" in rejected
    assert "N-1" in rejected
    undeliverable = words_of(browser.get("/reconcile/sheets?count=undeliverable&target=box"))
    assert "box: cannot be delivered no columns" in undeliverable


def test_odd_names_and_reasons_are_escaped(full: Office) -> None:
    browser = full.signed_in(Role.REVIEWER)
    paths = ("?by=unit", "/sheets?count=printed", "/sheets?count=rejected", "/pages?count=seen")
    for path in paths:
        page = browser.get(f"/reconcile{path}").text
        assert "onerror=" in page
        assert "<img" not in page
    cells = next(csv.DictReader(io.StringIO(browser.get("/reconcile/sheets.csv?count=rejected").text)))
    assert cells["targets"] == f"box: rejected ({NAUGHTY}); other: pending"


@pytest.mark.parametrize(
    "damage", ["DELETE FROM sheet_version", "UPDATE sheet_version SET withdrawn = 'void'"]
)
def test_what_does_not_add_up_is_said(full: Office, embedded_url: str, damage: str) -> None:
    browser, lead = of_north(full), full.signed_in(Role.TEAM_LEAD)
    assert "Everything adds up" in words_of(browser.get("/reconcile"))
    with unguarded(embedded_url) as connection:
        connection.execute(text(damage))
    for path in ("/reconcile", "/reconcile?by=unit-day"):
        words = words_of(browser.get(path))
        assert "do not add up: 3 sheets and 0 pages" in words
        assert "jana audit verify" in words
    assert "do not add up: 4 sheets" in words_of(lead.get("/figures"))


def test_long_lists_are_turned_over(full: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "ON_A_PAGE", 4)
    monkeypatch.setattr(reconcile, "ROWS", 2)
    browser = of_north(full)
    for path, total in (("sheets?count=printed&unit=North", 6), ("pages?count=read", 5)):
        first = browser.get(f"/reconcile/{path}")
        onward = re.findall(r'href="([^"]*after=[0-9]+)"', first.text)[0].replace("&amp;", "&")
        rest = browser.get(onward)
        assert [page.text.count('class="name"') for page in (first, rest)] == [4, total - 4]
        assert "after=" not in re.findall(r'class="button main" href="([^"]*)"', rest.text)
        assert not set(re.findall(r"<code>(.*?)</code>", first.text)) & set(
            re.findall(r"<code>(.*?)</code>", rest.text)
        )
    everybody = full.signed_in(Role.REVIEWER)
    first = everybody.get("/reconcile?by=unit-day")
    assert first.text.count('<th scope="row">') == 2
    assert "from=2" in first.text


def test_that_somebody_looked_is_in_the_log(full: Office) -> None:
    browser = full.signed_in(Role.REVIEWER, name="looker")
    browser.get("/reconcile?by=day")
    browser.get("/reconcile/sheets?count=settled&unit=North&day=2026-03-02&target=box")
    browser.get("/reconcile/sheets.csv?count=void")
    browser.get("/reconcile/pages?count=refused")
    said = [(it.action, it.target, it.detail) for it in full.record.audit_entries() if it.actor == "looker"]
    assert said[-4:] == [
        ("reconcile.look", "sheets", '{"by":"day"}'),
        ("sheets.read", "settled", '{"after":null,"day":"2026-03-02","receiver":"box","unit":"North"}'),
        ("sheets.read", "void", '{"day":null,"receiver":null,"unit":null}'),
        ("pages.read", "refused", '{"after":null}'),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "?by=moon",
        "?target=nobody",
        "/sheets",
        "/sheets?count=everything",
        "/sheets?count=printed&day=yesterday",
        f"/sheets?count=printed&unit={'x' * 201}",
        "/sheets.csv?count=pages",
        "/pages?count=printed",
    ],
)
def test_what_there_is_no_figure_of_is_not_found(office: Office, path: str) -> None:
    assert office.signed_in(Role.REVIEWER).get(f"/reconcile{path}").status_code == 404


def test_a_record_with_nothing_in_it_adds_up(office: Office) -> None:
    browser = office.signed_in(Role.REVIEWER)
    for query in ("", "?by=unit"):
        assert "Everything adds up" in words_of(browser.get(f"/reconcile{query}"))
    assert browser.get("/reconcile.csv?by=day").text.count("\n") == 1
