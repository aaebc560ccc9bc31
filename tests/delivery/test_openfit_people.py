"""The organisation's files for OpenFIT: whatever is wrong in them is listed by line, and without names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged
from tests.delivery.openfit_office import BATCH, CHILD, CLIENT, HEADER, MOTHERS_VIEW, Office, reason, rows_of
from tests.delivery.openfit_validator import complaints
from tests.delivery.settled import settled

ORS = settled()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "names nobody"),
        ((CHILD,), "does not have this case"),
        ((CLIENT.replace("client", "brother"),), "others of the case, on line 2"),
        ((CLIENT, CHILD, CLIENT.replace("Maija", "Minna")), "more than once, on lines 2 and 4"),
        ((CHILD, CLIENT.replace("Maija", "")), "line 3: Client_FirstName is empty"),
        ((CLIENT.replace("2026-09-01", "1.9.2026"),), "line 2: Case_Date must look like"),
        ((CLIENT.replace("2026-09-01", "2026-12-24"),), "before the Case_Date in line 2"),
        ((CLIENT.replace("Maija", "=cmd|' /C calc'!A0"),), "line 2: Client_FirstName begins as a formula"),
        ((CLIENT.replace("Maija", '"Mai\nja"'),), "control character"),
        ((CLIENT, CHILD.replace("C-8", "C-7").replace("K-8", "K-7")), "two people have the same"),
        ((CLIENT + ",surplus",), "more cells"),
    ],
)
def test_a_key_file_with_a_fault_lists_it_by_line_and_without_names(
    office: Office, rows: tuple[str, ...], said: str
) -> None:
    office.people(*rows)
    if not rows:
        with pytest.raises(TargetDownError, match=said):
            office.target().deliver(BATCH, [ORS])
        return
    [answer] = office.delivered([ORS])

    assert said in reason(answer)
    [listed] = rows_of(office.exceptions())
    assert (listed["sheet_id"], listed["case"], listed["reason"]) == (ORS.sheet_id, "A-1042", reason(answer))
    assert not office.file().exists()
    written = office.exceptions().read_text(encoding="utf-8")
    assert not any(name in written for name in ("Maija", "Minna", "Meikäläinen", "anna@example.org"))


def test_one_persons_trouble_does_not_hold_up_another(office: Office) -> None:
    kalle = settled("J1P", "cors", case="B-0311", subject="child", session=1)
    answers = office.target().deliver(BATCH, [settled("J1Q", subject="nobody"), kalle])

    assert isinstance(answers[1], Acknowledged)
    assert "does not have this person" in reason(answers[0])
    assert [row["Client_LastName"] for row in rows_of(office.file())] == ["Öhman"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_key_file_from_a_spreadsheet(office: Office, encoding: str, separator: str) -> None:
    text = f"{HEADER}\r\n{CLIENT}\r\n".replace(",", separator)
    office.key_file.write_bytes(text.encode(encoding))
    office.target().deliver(BATCH, [ORS])
    assert rows_of(office.file())[0]["Client_LastName"] == "Meikäläinen"


def test_the_files_encoding_is_a_setting_and_what_it_lacks_is_listed(office: Office) -> None:
    office.people(CLIENT, CHILD.replace("Öhman", "Łukasz"))
    lukasz = settled("J1P", "cors", case="B-0311", subject="child", session=1)
    answers = office.target(encoding="latin-1").deliver(BATCH, [ORS, lukasz])

    assert isinstance(answers[0], Acknowledged)
    assert "line 3: a letter that latin-1 does not have" in reason(answers[1])
    assert complaints(office.file().read_bytes(), encoding="latin-1") == []


def test_each_rater_has_an_account_of_its_own(office: Office) -> None:
    own = settled("J1P", "cors", case="B-0311", subject="child", session=1)
    mothers = settled("J1Q", "cors", ("1.0",) * 4, case="B-0311", subject="child", session=1, rater="mother")
    answers = office.target().deliver(BATCH, [own, mothers])
    assert isinstance(answers[0], Acknowledged)
    assert "no row for what the mother says" in reason(answers[1])

    office.people(CHILD, MOTHERS_VIEW)
    assert office.target().deliver("b2", [own, mothers]) == [Acknowledged(office.file("b2").name)] * 2
    rows = {row["Client_ID"]: row for row in rows_of(office.file("b2"))}
    assert (rows["C-8"]["ORSQ1"], rows["C-8-M"]["ORSQ1"]) == ("6.2", "1.0")
    assert complaints(office.file("b2").read_bytes()) == []


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("K-7,3,2026-11-29", "session 3 is taken by another day, 2026-11-29, in OpenFIT"),
        ("K-7,2,2026-11-30", "there already as session 2 in OpenFIT"),
        ("K-7,2,2026-12-01", "counts by date"),
        ("K-7,9,2026-10-01", "counts by date"),
        ("K-7,3,2026-11-30", None),
        ("K-7,2,2026-11-23", None),
        ("K-8,3,2026-11-29", None),
    ],
)
def test_sessions_that_openfit_has_are_not_overrun(office: Office, known: str, said: str | None) -> None:
    office.sessions(known)
    [answer] = office.target().deliver(BATCH, [ORS])
    if said is None:
        assert isinstance(answer, Acknowledged)
    else:
        assert said in reason(answer)


def test_numbers_must_fit_among_themselves(office: Office) -> None:
    earlier = settled("J1E", session=4, session_date=date(2026, 11, 2))
    assert all("counts by date" in reason(a) for a in office.target().deliver(BATCH, [ORS, earlier]))


@pytest.mark.parametrize(
    "content", ["Case_ID,Session_ID\nK-7,3\n", "Case_ID,Session_ID,Session_Date\nK-7,x,y\n"]
)
def test_a_sessions_file_that_cannot_be_used_stops_everything(office: Office, content: str) -> None:
    office.sessions_file.write_text(content)
    with pytest.raises(TargetDownError, match=r"sessions\.csv"):
        office.target().deliver(BATCH, [ORS])
    assert not office.out.exists()
