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
    Office,
    reason,
    rows_of,
)
from tests.delivery.openfit_validator import complaints
from tests.delivery.settled import corrected, settled, withdrawn

ORS = settled()
SRS = settled("J1KCCX8ME2FVCHYR20", "srs", ("8.8", "9.0", "9.1", "9.3"))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_both_sheets_of_a_session_are_one_row_to_the_letter(office: Office) -> None:
    answers = office.target().deliver(BATCH, [ORS, SRS])

    assert answers == [Acknowledged(office.file().name)] * 2
    assert complaints(office.file().read_bytes()) == []
    assert office.file().read_text(encoding="utf-8").split("\n")[1:] == [
        "North,anna@example.org,Anna,Berg,,C-7,Maija,Meikäläinen,Female,Adult,K-7,2026-09-01,3,2026-11-30,,"
        "N,6.2,4.8,7.1,5.5,,N,8.8,9.0,9.1,9.3,",
        "",
    ]


def test_the_file_is_ours_alone_and_named_by_its_batch(office: Office) -> None:
    office.delivered([ORS, settled("J1X", case="Z", subject="nobody")])

    assert office.file().name == f"helsinki-{BATCH}.csv"
    for path in (office.file(), office.exceptions()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {path.name for path in office.out.iterdir()} == {office.file().name, "exceptions", ".jana"}


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
    assert target.waits([ORS])[0] is None, "nobody printed an SRS"
    office.has(SRS, is_settled=False)
    assert "waits for the srs" in (target.waits([ORS])[0] or "")
    assert office.target(wait_for_partner_h=0).waits([ORS]) == [None]
    assert target.waits([withdrawn(ORS)]) == [None]
    office.now += timedelta(hours=23)
    assert target.waits([ORS])[0] is None

    office.beside.clear()
    office.has(SRS)
    office.now -= timedelta(hours=23)
    assert target.waits([ORS])[0] is None, "it is settled: both go in one row"


def test_what_was_withdrawn_is_on_the_list_and_not_in_the_file(office: Office) -> None:
    answers = office.target().deliver(BATCH, [withdrawn(ORS, Withdrawal.WRONG_PERSON), SRS])
    assert "by hand (wrong person)" in reason(answers[0])
    assert isinstance(answers[1], Acknowledged)
    assert rows_of(office.file())[0]["ORS_Skip"] == "Y"


def test_the_same_batch_again_writes_nothing_and_answers_the_same(office: Office) -> None:
    batch = [ORS, SRS, settled("J1Q", subject="nobody"), withdrawn(settled("J1W", session=2))]
    answers = office.target().deliver(BATCH, batch)
    before = (office.file().read_bytes(), office.file().stat().st_ino)
    office.people(CHILD)  # the world went on meanwhile

    assert office.target().deliver(BATCH, batch) == answers
    assert before == (office.file().read_bytes(), office.file().stat().st_ino)


def test_what_somebody_has_taken_is_not_put_down_again(office: Office) -> None:
    """The process died before it could write down that the file is there; OpenFIT has it by now."""
    batch = [ORS, settled("J1Q", subject="nobody")]
    answers = office.target().deliver(BATCH, batch)
    office.file().unlink()
    office.people(CHILD)

    assert office.target().deliver(BATCH, batch) == answers
    assert not office.file().exists()
    assert [type(answer) for answer in answers] == [Acknowledged, Rejected]


def test_the_list_has_all_that_is_not_there_as_it_stands(office: Office) -> None:
    nobody = settled("J1Q", subject="nobody")
    office.delivered([ORS, nobody])
    assert [row["sheet_id"] for row in rows_of(office.exceptions())] == ["J1Q"]

    office.refused = [(settled("J1P", values=("6.2", None, "7.1", "5.5")), "partly answered")]
    office.target().take_stock()
    [row] = rows_of(office.exceptions())
    assert (row["sheet_id"], row["instrument"], row["reason"]) == ("J1P", "ors", "partly answered")
    written = office.exceptions().stat().st_ino
    office.target().take_stock()
    assert office.exceptions().stat().st_ino == written, "nothing has changed"


def test_however_many_sheets_their_partners_are_looked_up_once(office: Office) -> None:
    batch = [settled(f"J1{at}", session=at) for at in range(1, 30)]
    office.target().waits(batch)
    assert office.looks == 1
    office.target().deliver(BATCH, batch)
    assert office.looks == 2


def test_a_folder_that_cannot_be_written_to_is_down(office: Office) -> None:
    office.out.write_text("a file is in the way")
    with pytest.raises(TargetDownError, match="openfit"):
        office.target().deliver(BATCH, [ORS])


def test_a_link_in_a_shared_folder_is_not_followed(office: Office, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    beside = office.out / ".jana"
    beside.mkdir(parents=True)
    for name in (f"{office.file().name}.part", f".{office.file().name}.put.new"):
        (beside / name).symlink_to(victim)
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
    going = [sheet for sheet in sheets if office.target().refuses(sheet) is None]
    answers = office.delivered(going)

    assert complaints(office.file().read_bytes()) == []
    listed = {row["sheet_id"] for row in rows_of(office.exceptions())}
    assert listed == {s.sheet_id for s, a in zip(going, answers, strict=True) if isinstance(a, Rejected)}
    halves = sum((row["ORS_Skip"] == "N") + (row["SRS_Skip"] == "N") for row in rows_of(office.file()))
    answered = [s for s in going if s.sheet_id not in listed and s.total is not None]
    assert halves == len(answered) > 200
