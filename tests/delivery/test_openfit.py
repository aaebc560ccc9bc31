"""OpenFIT's file: what is in it, what is on the list beside it, and that asking twice changes neither."""

from __future__ import annotations

import random
import stat
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from scanner.delivery.openfit_row import Answered
from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Rejected, SettledSheet, Withdrawal
from tests.delivery.openfit_office import (
    BATCH,
    CHILD,
    CLIENT,
    HEADER,
    MOTHERS_VIEW,
    Office,
    rows_of,
)
from tests.delivery.openfit_validator import complaints
from tests.delivery.settled import corrected, settled, withdrawn

ORS = settled()
SRS = settled("J1KCCX8ME2FVCHYR20", "srs", ("8.8", "9.0", "9.1", "9.3"))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def reason(answer: object) -> str:
    assert isinstance(answer, Rejected)
    return answer.reason


def test_both_sheets_of_a_session_are_one_row_to_the_letter(office: Office) -> None:
    answers = office.target().deliver(BATCH, [ORS, SRS])

    assert answers == [Acknowledged(office.file().name)] * 2
    assert complaints(office.file().read_bytes()) == []
    assert office.file().read_text(encoding="utf-8").split("\n")[1:] == [
        "North,anna@example.org,Anna,Berg,,C-7,Maija,Meikäläinen,Female,Adult,K-7,2026-09-01,3,2026-11-30,,"
        "N,6.2,4.8,7.1,5.5,,N,8.8,9.0,9.1,9.3,",
        "",
    ]
    assert not office.exceptions().exists()


def test_the_file_is_ours_alone_and_named_by_its_batch(office: Office) -> None:
    office.target().deliver(BATCH, [ORS, settled("J1X", case="Z", subject="nobody")])

    assert office.file().name == f"helsinki-{BATCH}.csv"
    for path in (office.file(), office.exceptions()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in office.out.iterdir()} == {office.file().name, "exceptions"}


@pytest.mark.parametrize(("style", "answered", "skipped"), [("Y/N", "N", "Y"), ("1/0", "0", "1")])
def test_a_sheet_alone_marks_the_other_as_skipped(
    office: Office, style: str, answered: str, skipped: str
) -> None:
    office.target(skip_style=style).deliver(BATCH, [SRS])

    assert complaints(office.file().read_bytes(), style) == []
    [row] = rows_of(office.file())
    assert (row["ORS_Skip"], row["SRS_Skip"]) == (skipped, answered)
    assert [row[f"ORSQ{at}"] for at in (1, 2, 3, 4)] == [""] * 4


def test_nothing_is_never_nought(office: Office) -> None:
    """All blank is skipped; a mark at the left end is 0.0; partly answered never gets here."""
    blank = settled(values=(None, None, "refused", "lost"))
    left_end = settled("J1KCCX8ME2FVCHYR20", "srs", ("0.0", "0.0", "0.0", "0.0"))
    target = office.target()
    target.deliver(BATCH, [blank, left_end])

    [row] = rows_of(office.file())
    assert [row[f"ORSQ{at}"] for at in (1, 2, 3, 4)] == [""] * 4
    assert [row[f"SRSQ{at}"] for at in (1, 2, 3, 4)] == ["0.0"] * 4
    assert (row["ORS_Skip"], row["SRS_Skip"]) == ("Y", "N")
    assert complaints(office.file().read_bytes()) == []

    partly = settled(values=("6.2", None, "7.1", None))
    assert "no value on line 2, 4" in (target.refuses(partly) or "")
    assert target.deliver("b2", [partly]) == [Rejected(target.refuses(partly) or "")]


def test_the_types_hold_nothing_that_the_template_forbids() -> None:
    good = (Decimal("1.0"), Decimal("2.0"), Decimal("3.0"), Decimal("4.0"))
    assert Answered(good).scores == good
    for bad in (
        good[:3],
        (*good, Decimal(5)),
        (None, *good[1:]),
        (Decimal("10.1"), *good[1:]),
        (0.0, *good[1:]),
    ):
        with pytest.raises(ValueError, match="score"):
            Answered(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (settled(case=None), "not bound"),
        (settled(session=None), "none is made up"),
        (settled(session_date=None), "none is made up"),
        (settled(rater=None), "who filled it in"),
        (settled(instrument="lass", values=("1.0", "2.0", "3.0")), "no columns for lass"),
        (settled(values=("6.2", None, "7.1", "5.5")), "four items or none"),
    ],
)
def test_what_can_never_go_is_said_before(office: Office, sheet: SettledSheet, said: str) -> None:
    assert said in (office.target().refuses(sheet) or "")


def test_nothing_is_refused_that_can_go(office: Office) -> None:
    target = office.target()
    for sheet in (ORS, SRS, settled(instrument="cors"), settled(values=(None,) * 4), withdrawn(ORS)):
        assert target.refuses(sheet) is None


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
    [answer] = office.target().deliver(BATCH, [ORS])

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


def test_two_sheets_of_one_kind_are_listed_and_none_is_chosen(office: Office) -> None:
    again = settled("J1AGAIN")
    answers = office.target().deliver(BATCH, [ORS, again, SRS])
    assert all("more than one ors" in reason(answer) for answer in answers)

    office.has(again)
    assert "J1AGAIN" in reason(office.target().deliver("b2", [ORS])[0])


def test_the_partner_comes_from_the_record_when_it_went_before(office: Office) -> None:
    """A correction of the ORS must not blank the SRS that is there."""
    office.has(SRS)
    office.target().deliver(BATCH, [corrected(ORS, social="1.5")])
    [row] = rows_of(office.file())
    assert [row[f"ORSQ{at}"] for at in (1, 2, 3, 4)] == ["6.2", "4.8", "1.5", "5.5"]
    assert [row[f"SRSQ{at}"] for at in (1, 2, 3, 4)] == ["8.8", "9.0", "9.1", "9.3"]


def test_a_partner_of_somebody_else_is_none(office: Office) -> None:
    office.has(settled("J1M", "srs", ("1.0",) * 4, subject="mother"))
    office.has(settled("J1N", "srs", ("1.0",) * 4, rater="professional"))
    office.target().deliver(BATCH, [ORS])
    assert rows_of(office.file())[0]["SRS_Skip"] == "Y"


def test_a_sheet_waits_for_its_partner_and_not_for_ever(office: Office) -> None:
    target = office.target()
    assert target.waits(ORS) is None, "nobody printed an SRS"
    office.has(SRS, is_settled=False)
    assert "waits for the srs" in (target.waits(ORS) or "")
    assert office.target(wait_for_partner_h=0).waits(ORS) is None
    assert target.waits(withdrawn(ORS)) is None
    office.now += timedelta(hours=23)
    assert target.waits(ORS) is None

    office.beside.clear()
    office.has(SRS)
    office.now -= timedelta(hours=23)
    assert target.waits(ORS) is None, "it is settled: both go in one row"


def test_what_was_withdrawn_is_on_the_list_and_not_in_the_file(office: Office) -> None:
    answers = office.target().deliver(BATCH, [withdrawn(ORS, Withdrawal.WRONG_PERSON), SRS])
    assert "by hand (wrong person)" in reason(answers[0])
    assert isinstance(answers[1], Acknowledged)
    assert rows_of(office.file())[0]["ORS_Skip"] == "Y"


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


def test_the_same_batch_again_writes_nothing_and_answers_the_same(office: Office) -> None:
    batch = [ORS, SRS, settled("J1Q", subject="nobody"), withdrawn(settled("J1W", session=2))]
    answers = office.target().deliver(BATCH, batch)
    before = (office.file().read_bytes(), office.file().stat().st_ino, office.exceptions().read_bytes())
    office.people(CHILD)  # the world went on meanwhile

    assert office.target().deliver(BATCH, batch) == answers
    assert before == (
        office.file().read_bytes(),
        office.file().stat().st_ino,
        office.exceptions().read_bytes(),
    )


def test_a_list_of_a_try_that_failed_is_not_taken_for_the_files_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.people(CHILD)
    kalle = settled("J1P", "cors", case="B-0311", subject="child", session=1)
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if "exceptions" not in str(target):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(TargetDownError, match="No space left"):
        office.target().deliver(BATCH, [ORS, kalle])
    monkeypatch.undo()
    assert [path for path in office.out.rglob("*") if path.is_file()] == [office.exceptions()]

    office.people(CLIENT, CHILD)
    for _ in range(2):
        assert [type(a) for a in office.target().deliver(BATCH, [ORS, kalle])] == [Acknowledged] * 2


def test_a_folder_that_cannot_be_written_to_is_down(office: Office) -> None:
    office.out.write_text("a file is in the way")
    with pytest.raises(TargetDownError, match="openfit"):
        office.target().deliver(BATCH, [ORS])


def test_a_link_in_a_shared_folder_is_not_followed(office: Office, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    office.out.mkdir()
    (office.out / f".{office.file().name}.part").symlink_to(victim)
    office.target().deliver(BATCH, [ORS])
    assert victim.read_text() == "untouched"
    assert len(rows_of(office.file())) == 1


def test_a_preview_shows_no_names_and_writes_nothing(office: Office) -> None:
    shown = "\n".join(office.target().preview([ORS, settled("J1Q", subject="nobody")]))
    assert "K-7" in shown
    assert "J1Q: the key file does not have this person" in shown
    assert not any(name in shown for name in ("Maija", "Meikäläinen", "anna@example.org", "Berg"))
    assert not office.out.exists()


def test_a_thousand_mixed_sheets_pass_the_validator(office: Office) -> None:
    """Whatever comes, the file holds to the rules, and every sheet is in it or on the list."""
    chance = random.Random(6)
    people = [
        CLIENT.replace("A-1042", f"A-{n}").replace("C-7", f"C-{n}").replace("K-7", f"K-{n}")
        for n in range(60)
    ]
    office.people(*people, people[7])
    sheets = []
    for at in range(1000):
        session = chance.randint(1, 8)
        values = [None if chance.random() < 0.03 else f"{chance.randint(0, 100) / 10:.1f}" for _ in range(4)]
        sheets.append(
            settled(
                f"J1{at}",
                chance.choice(["ors", "srs"]),
                values,
                case=f"A-{chance.randint(0, 63)}",
                session=session,
                session_date=date(2026, 9, 1) + timedelta(days=7 * session),
            )
        )
    target = office.target()
    going = [sheet for sheet in sheets if target.refuses(sheet) is None]
    answers = target.deliver(BATCH, going)

    assert complaints(office.file().read_bytes()) == []
    listed = {row["sheet_id"] for row in rows_of(office.exceptions())}
    assert listed == {s.sheet_id for s, a in zip(going, answers, strict=True) if isinstance(a, Rejected)}
    halves = sum((row["ORS_Skip"] == "N") + (row["SRS_Skip"] == "N") for row in rows_of(office.file()))
    answered = [s for s in going if s.sheet_id not in listed and s.total is not None]
    assert halves == len(answered) > 200
