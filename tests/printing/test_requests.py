"""Every table of requests is understood, or refused with the wrong rows named; never anything else."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.definition import load_library
from forms.instrument import Rater
from scanner.printing.requests import COLUMNS, RequestsError, purpose_from_texts, read_requests

LIBRARY = load_library()
quick = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
words = st.text(st.characters(categories=["L", "Nd"]), max_size=12)
rows = st.fixed_dictionaries(
    {
        "instrument": st.sampled_from(sorted(LIBRARY)),
        "language": st.sampled_from(["", "en", "fi", "sv"]),
        "case": words,
        "session": st.one_of(st.just(""), st.integers(1, 999_999).map(str)),
        "session_date": st.one_of(st.just(""), st.dates(min_value=date(1990, 1, 1)).map(date.isoformat)),
        "subject": words,
        "rater": st.sampled_from(["", *Rater]),
        "unit": words,
    }
)


@quick
@given(st.lists(rows, min_size=1, max_size=5), st.permutations(COLUMNS))
def test_good_rows_are_taken_over_in_any_order_of_columns(
    tmp_path: Path, wanted: list[dict[str, str]], order: list[str]
) -> None:
    path = tmp_path / "r.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, order)
        writer.writeheader()
        writer.writerows(wanted)

    table = read_requests(path, LIBRARY, "sv")

    assert table.ignored == ()
    for row, request in zip(wanted, table.requests, strict=True):
        purpose = request.purpose
        assert request.instrument.code == row["instrument"]
        assert request.language == (row["language"] or "sv")
        assert (purpose.case, purpose.subject, purpose.unit, purpose.rater) == tuple(
            row[name] or None for name in ("case", "subject", "unit", "rater")
        )
        assert str(purpose.session or "") == row["session"]
        assert (purpose.session_date.isoformat() if purpose.session_date else "") == row["session_date"]


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_known_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b"instrument,case\n" + content)
    try:
        table = read_requests(path, LIBRARY, "en")
    except RequestsError:
        return
    assert table.requests


@pytest.mark.parametrize("spoken", ["fi", "sv", "de"])
def test_the_language_is_the_asked_one_else_the_users_else_one_there_is(tmp_path: Path, spoken: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text("instrument,language\nors,EN\nors,\n")

    first, second = read_requests(path, LIBRARY, spoken).requests

    assert first.language == "en"
    assert second.language == (spoken if spoken != "de" else "en")


def test_a_purpose_from_the_command_line_is_held_to_the_same_rules() -> None:
    given_texts = {
        "case": " A ",
        "session": "2",
        "session_date": "",
        "subject": "",
        "rater": "Self",
        "unit": "",
    }
    purpose = purpose_from_texts(**given_texts)

    assert (purpose.case, purpose.session, purpose.rater) == ("A", 2, "self")
    with pytest.raises(RequestsError, match="rater must be"):
        purpose_from_texts(**{**given_texts, "rater": "uncle"})


def test_long_texts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    out = io.StringIO()
    csv.writer(out).writerows([("instrument", "case"), ("ors", "x" * 121), ("ors", "x" * 120)])
    path.write_text(out.getvalue())

    with pytest.raises(RequestsError, match="line 2: case must be at most 120") as caught:
        read_requests(path, LIBRARY, "en")
    assert "line 3" not in str(caught.value)
