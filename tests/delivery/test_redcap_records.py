"""Records of a REDCap project: one for a session, never one sheet over another, and fields that all exist."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.definition import load_library
from scanner.delivery.redcap import Redcap, RedcapFiles
from scanner.delivery.redcap_fields import SheetFields, record_name, row_of
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Rejected, SettledSheet
from scanner.settings_receivers import RedcapSettings
from tests.delivery.redcap_double import RedcapDouble
from tests.delivery.redcap_project import (
    ORS,
    RECORD,
    SRS,
    TOKEN,
    by_session,
    deliver,
    dictionary,
    double,
    server,
    target,
    target_of,
)
from tests.delivery.serving import DoubleServer
from tests.delivery.settled import corrected, settled, withdrawn
from tests.record.builders import QUICK

__all__ = ["by_session", "double", "server", "target"]


def test_a_session_is_one_record(by_session: Redcap, double: RedcapDouble) -> None:
    mothers = settled("J1M", "ors", ("1.0",) * 4, rater="mother")
    answers = deliver(by_session, ORS, SRS, mothers)
    assert answers == [Acknowledged(RECORD), Acknowledged(RECORD), Acknowledged("A-1042:3:client:mother")]
    record = double.records[RECORD]
    assert (record["ors_sheet"], record["srs_sheet"]) == (ORS.sheet_id, SRS.sheet_id)
    assert (record["ors_total"], record["srs_total"]) == ("23.6", "36.2")

    deliver(by_session, corrected(ORS, social=None))
    assert (record["ors_social"], record["srs_total"]) == ("", "36.2")


def test_a_second_sheet_of_a_kind_overwrites_nothing(by_session: Redcap, double: RedcapDouble) -> None:
    again = settled("J1AGAIN", values=("1.0",) * 4)
    assert [type(answer) for answer in deliver(by_session, ORS, again)] == [Rejected] * 2
    deliver(by_session, ORS)
    [answer] = deliver(by_session, again)
    assert isinstance(answer, Rejected)
    assert ORS.sheet_id in answer.reason
    assert double.records[RECORD]["ors_total"] == "23.6"


def test_after_a_withdrawal_another_sheet_takes_the_place(by_session: Redcap, double: RedcapDouble) -> None:
    again = settled("J1AGAIN", values=("1.0",) * 4)
    deliver(by_session, ORS)
    answers = deliver(by_session, withdrawn(ORS), again)
    assert [type(answer) for answer in answers] == [Acknowledged] * 2
    assert double.records[RECORD]["ors_sheet"] == "J1AGAIN"
    # Late, or for the second time: what stands there now is not its own.
    assert isinstance(deliver(by_session, withdrawn(ORS))[0], Acknowledged)
    assert double.records[RECORD]["ors_total"] == "4.0"

    deliver(by_session, withdrawn(again))
    assert [type(answer) for answer in deliver(by_session, ORS)] == [Acknowledged]
    assert double.records[RECORD]["ors_total"] == "23.6"


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (settled(case=None), "not bound"),
        (settled(session=None), "none is made up"),
        (settled(rater=None), "who filled it in"),
        (settled(case="x" * 101), "longer than 100"),
    ],
)
def test_sheets_without_a_session_are_refused_where_it_is_the_record(
    by_session: Redcap, target: Redcap, sheet: SettledSheet, said: str
) -> None:
    assert said in (by_session.refuses(sheet) or "")
    assert target.refuses(sheet) is None


def test_a_project_without_our_fields_is_said(
    server: DoubleServer, double: RedcapDouble, tmp_path: Path
) -> None:
    del double.fields["ors_withdrawn"]
    with (
        target_of(server, tmp_path, record="session") as target,
        pytest.raises(TargetDownError, match="data dictionary"),
    ):
        deliver(target, ORS)


parts = st.none() | st.text("aA-1:~%/ .ä", min_size=1, max_size=6)


@QUICK
@given(st.lists(st.tuples(parts, st.integers(1, 30), parts), min_size=2, max_size=2, unique=True))
def test_records_of_different_sessions_have_different_names(
    known: list[tuple[str | None, int, str | None]],
) -> None:
    one, two = (
        record_name(settled(case=case, session=session, subject=subject), "session")
        for case, session, subject in known
    )
    assert one != two or {(a or "", b, c or "") for a, b, c in known} == {
        (known[0][0] or "", known[0][1], known[0][2] or "")
    }
    assert not set(one) - set("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-:~.")


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_the_dictionary_has_every_field_of_every_form(language: str) -> None:
    project = RedcapDouble(dictionary(language), TOKEN)
    for instrument in load_library(()).values():
        items = tuple(item.key for item in instrument.items)
        assert set(SheetFields(instrument.code, items).all()) <= set(project.fields)
    rows = list(csv.DictReader(io.StringIO(dictionary(language))))
    assert len({row["Form Name"] for row in rows}) == 1 + len(load_library(()))
    assert [row["Variable / Field Name"] for row in rows if row["Identifier?"] == "y"] == [
        "case_ref",
        "subject",
    ]


def test_rows_have_no_field_that_the_dictionary_lacks(double: RedcapDouble) -> None:
    for sheet in (ORS, SRS, withdrawn(ORS), settled(values=(None,) * 4)):
        row = row_of(sheet, "sheet", "record_id")
        assert set(row) - {f"{sheet.instrument}_complete"} <= set(double.fields)


def test_files_for_the_import_page(tmp_path: Path, double: RedcapDouble) -> None:
    settings = RedcapSettings(kind="redcap", folder=tmp_path / "out")
    target = RedcapFiles("study", settings)
    answers = target.deliver("b1", [ORS, SRS, corrected(settled("J1C"), social=None)])
    path = tmp_path / "out" / "study-b1.csv"

    assert answers == [Acknowledged("study-b1.csv")] * 3
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [row["record_id"] for row in rows] == [ORS.sheet_id, SRS.sheet_id, "J1C"]
    assert not any(double._wrong(dict(row)) for row in rows)
    assert (rows[2]["ors_social"], rows[2]["ors_social_why"]) == ("", "blank")
    assert path.stat().st_mode & 0o777 == 0o600

    path.write_text("imported already")
    target.deliver("b1", [ORS])
    assert path.read_text() == "imported already"


def test_a_file_holds_no_formula(tmp_path: Path) -> None:
    target = RedcapFiles("study", RedcapSettings(kind="redcap", folder=tmp_path))
    assert "case" in (target.refuses(settled(case="=1+1")) or "")
    assert target.refuses(ORS) is None
