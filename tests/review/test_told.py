"""What a form says of a mark is taken to the letter, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.scope import EVERYTHING
from scanner.record import MissingReason, Record, WaitingMark
from scanner.review.told import NotToldError, Told, blind_value, typed_place
from tests.record.builders import QUICK, decisions, doubtful, printed, read


@pytest.fixture
def mark(embedded_record: Record) -> WaitingMark:
    """Two marks; on another scan the line is empty."""
    (sheet,) = printed(embedded_record)
    read(embedded_record, sheet, (doubtful("individual", 24.0, 71.0),))
    read(embedded_record, sheet, decisions(None), "again.pdf")
    found = embedded_record.mark(EVERYTHING, sheet, "individual")
    assert found is not None
    return found


def told(verdict: str, place: str = "") -> Told:
    return Told.by({"verdict": verdict, "place": place, "revision": "1", "reading": "7"})


def test_every_way_to_say_something(mark: WaitingMark) -> None:
    two, empty = mark.readings
    assert told("accept").value(mark) == Decimal(24)
    assert told("place", " 6,25 ").value(mark) == Decimal("62.500")
    assert told("at:71.000").value(mark) == Decimal(71)
    assert told(f"take:{two.reading_id}").value(mark) == Decimal(24)
    assert told(f"take:{empty.reading_id}").value(mark) is MissingReason.BLANK
    for reason in MissingReason:
        assert told(reason.value).value(mark) is reason


@pytest.mark.parametrize("verdict", ["", "at:", "at:100.001", "at:-1", "take:", "take:99999", "x:1"])
def test_what_is_no_decision_is_none(mark: WaitingMark, verdict: str) -> None:
    with pytest.raises(NotToldError):
        told(verdict, "5").value(mark)


@pytest.mark.parametrize(
    "text", ["", "10.1", "11", "-1", "1e0", "٣", "6.2.1", "6,2 mm", "NaN", "0x1", "1" * 50]
)
def test_what_is_no_place_is_none(text: str) -> None:
    with pytest.raises(NotToldError):
        typed_place(text)


@pytest.mark.parametrize("revision", ["", "-1", "1.0", "²", "9" * 30])
def test_a_decision_names_what_was_looked_at(revision: str) -> None:
    with pytest.raises(NotToldError):
        Told.by({"verdict": "accept", "revision": revision})


@QUICK
@given(st.decimals(0, 10, places=4))
def test_a_typed_score_is_the_place_on_the_line(score: Decimal) -> None:
    assert typed_place(str(score)) == (score * 10).quantize(Decimal("0.001"), "ROUND_HALF_UP")
    assert typed_place(str(score).replace(".", ",")) == typed_place(str(score))


def test_a_second_look_takes_nothing_from_others() -> None:
    assert blind_value({"verdict": "illegible", "place": "5"}) is MissingReason.ILLEGIBLE
    assert blind_value({"verdict": "place", "place": "5"}) == Decimal(50)
    with pytest.raises(NotToldError):
        blind_value({"verdict": "accept"})
