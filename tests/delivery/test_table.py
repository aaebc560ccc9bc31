"""A table in another database: SQLite and PostgreSQL, written to by the same words."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.schema import CreateTable

from scanner.delivery.table import ForeignTable, _table
from scanner.delivery.target import TargetDownError
from scanner.errors import SettingsError
from scanner.model.delivery import Acknowledged, Rejected, SettledSheet, Withdrawal
from scanner.record.database import parsed
from scanner.settings_delivery import TableSettings
from tests.delivery.settled import settled


@pytest.fixture(params=["embedded", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
def target(url: str) -> Iterator[ForeignTable]:
    made = ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(url)))
    yield made
    made.close()


def ask(url: str, query: str, **values: object) -> list[tuple[Any, ...]]:
    engine = create_engine(parsed(url))
    try:
        with engine.begin() as connection:
            asked = connection.execute(text(query), values)
            return [tuple(row) for row in asked] if asked.returns_rows else []
    finally:
        engine.dispose()


def scores(url: str, sheet: SettledSheet) -> list[float | None]:
    query = "SELECT score FROM jana_results WHERE sheet_id = :of ORDER BY item_number"
    rows = ask(url, query, of=sheet.sheet_id)
    return [None if score is None else float(score) for (score,) in rows]


def test_a_sheet_is_a_row_for_each_item(target: ForeignTable, url: str) -> None:
    sheet = settled(values=("6.2", None, "0.0", "refused"))
    assert target.deliver("abc", [sheet]) == [Acknowledged()]
    assert scores(url, sheet) == [6.2, None, 0.0, None]
    rows = ask(
        url,
        'SELECT item, item_number, sheet_version, withdrawn, "case", session, missing_reason, total, '
        "decided_by FROM jana_results ORDER BY item_number",
    )
    assert rows[1] == ("interpersonal", 2, 1, None, "A-1042", 3, "blank", None, "anna")
    (moment,) = ask(url, "SELECT settled_at FROM jana_results")[0]
    shown = moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else str(moment)
    assert shown[:19].replace("T", " ") == "2026-11-30 14:05:07"


def test_numbers_and_days_are_kept_as_such(empty_postgres_url: str) -> None:
    target = ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(empty_postgres_url)))
    target.deliver("abc", [settled()])
    row = ask(empty_postgres_url, "SELECT position_mm, score, total, session_date FROM jana_results LIMIT 1")[
        0
    ]
    assert row == (Decimal("62.000"), Decimal("6.2"), Decimal("23.6"), date(2026, 11, 30))
    target.close()


def test_the_same_again_changes_nothing(target: ForeignTable, url: str) -> None:
    sheet = settled()
    target.deliver("abc", [sheet])
    ask(url, "UPDATE jana_results SET unit = 'as it was' WHERE item_number = 1")
    assert target.deliver("abc", [sheet]) == [Acknowledged()]
    assert ask(url, "SELECT count(*) FROM jana_results WHERE unit = 'as it was'") == [(1,)]
    assert len(scores(url, sheet)) == 4


def test_a_newer_version_takes_the_place_of_the_older_and_never_the_other_way(
    target: ForeignTable, url: str
) -> None:
    old = settled()
    new = replace(settled(values=("1.0", "2.0", "3.0", "blank")), version=2)
    target.deliver("a", [old])
    target.deliver("b", [new])
    assert scores(url, new) == [1.0, 2.0, 3.0, None]
    assert target.deliver("a", [old]) == [Acknowledged()]
    assert scores(url, new) == [1.0, 2.0, 3.0, None]


def test_a_withdrawn_sheet_is_marked_and_stays(target: ForeignTable, url: str) -> None:
    target.deliver("a", [settled()])
    target.deliver("b", [replace(settled(), version=2, withdrawn=Withdrawal.VOID)])
    assert scores(url, settled()) == [6.2, 4.8, 7.1, 5.5]
    assert ask(url, "SELECT DISTINCT sheet_version, withdrawn FROM jana_results") == [(2, "void")]


def test_one_that_the_database_rejects_holds_up_no_other(target: ForeignTable, url: str) -> None:
    target.deliver("a", [settled()])
    nothing: Any = None
    bad = replace(settled(sheet_id="J1BBBBBBBBBBBBBBBB"), instrument=nothing)
    good = settled(sheet_id="J1CCCCCCCCCCCCCCCC")
    first, second = target.deliver("b", [bad, good])
    assert isinstance(first, Rejected)
    assert "null" in first.reason.lower()
    assert second == Acknowledged()
    assert scores(url, good) == [6.2, 4.8, 7.1, 5.5]


def test_words_that_do_not_fit_are_not_cut_off(target: ForeignTable) -> None:
    assert target.refuses(settled()) is None
    assert target.refuses(replace(settled(), unit="x" * 255)) is None
    assert target.refuses(replace(settled(), unit="x" * 256)) == "its unit is longer than 255 characters"


def test_two_at_once_write_each_sheet_once(url: str) -> None:
    sheets = [settled(sheet_id=f"J1{number:016d}") for number in range(20)]

    def write(_: int) -> str:
        target = ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(url)))
        try:
            target.deliver("abc", sheets)
        except TargetDownError as error:
            return str(error)
        finally:
            target.close()
        return "written"

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(write, range(3)))
    assert "written" in said
    assert ask(url, "SELECT count(*) FROM jana_results") == [(80,)]


def test_a_database_that_is_away_is_a_target_that_is_down_and_its_password_no_secret_told() -> None:
    address = "postgresql://jana:geheim@127.0.0.1:1/warehouse"
    target = ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(address), timeout_s=5))
    with pytest.raises(TargetDownError) as caught:
        target.deliver("a", [settled()])
    assert "geheim" not in str(caught.value)
    target.close()


def test_a_database_that_is_slow_is_down_and_gets_it_later(target: ForeignTable, url: str) -> None:
    """Somebody holds the table for longer than we wait."""
    target.deliver("a", [settled()])
    impatient = ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(url), timeout_s=0.5))
    newer = replace(settled(), version=2)
    engine = create_engine(parsed(url))
    with closing(impatient), engine.connect() as other:
        held = "LOCK TABLE jana_results" if "postgres" in url else "UPDATE jana_results SET score = score"
        other.execute(text(held))
        with pytest.raises(TargetDownError, match=r"timeout|locked"):
            impatient.deliver("b", [newer])
        other.rollback()
        assert impatient.deliver("b", [newer]) == [Acknowledged()]
    engine.dispose()
    assert ask(url, "SELECT DISTINCT sheet_version FROM jana_results") == [(2,)]


def test_a_table_of_somebody_elses_is_left_alone(target: ForeignTable, url: str) -> None:
    ask(url, "CREATE TABLE jana_results (something integer)")
    with pytest.raises(TargetDownError, match="sheet_id"):
        target.deliver("a", [settled()])


@pytest.mark.parametrize("address", ["nonsense", "oracle+nothing://host/name"])
def test_a_url_that_is_none_is_said_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ForeignTable("warehouse", TableSettings(kind="table", url=SecretStr(address)))
    assert "host/name" not in str(caught.value).replace("user@host/name", "")


def test_the_url_may_be_in_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"sqlite:///{tmp_path / 'w.sqlite'}\n")
    settings = TableSettings(kind="table", url_file=file)
    file.chmod(0o604)
    with pytest.raises(SettingsError, match="chmod"):
        ForeignTable("warehouse", settings)
    file.chmod(0o600)
    target = ForeignTable("warehouse", settings)
    assert target.deliver("a", [settled()]) == [Acknowledged()]
    target.close()


@pytest.mark.parametrize("table", ["jana; DROP TABLE x", "1st", ""])
def test_a_table_has_a_plain_name(table: str) -> None:
    with pytest.raises(ValidationError):
        TableSettings(kind="table", url=SecretStr("sqlite:///x"), table=table)


@pytest.mark.parametrize("name", ["mysql", "mssql"])
def test_other_databases_understand_the_table(name: str) -> None:
    dialect = import_module(f"sqlalchemy.dialects.{name}").dialect()
    settings = TableSettings(kind="table", url=SecretStr("sqlite:///x"), schema_name="research")
    made = str(CreateTable(_table(settings)).compile(dialect=dialect))
    assert "score NUMERIC(3, 1)" in made
    assert "sheet_id VARCHAR(18) NOT NULL" in made
