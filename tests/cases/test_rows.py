"""A table of cases from any program is understood row by row, or refused in clear words."""

from __future__ import annotations

import codecs
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.definition import load_library
from scanner.cases.rows import CaseTable, Known, read_cases
from scanner.cases.table import TableError
from scanner.model.case import AgeBand, CaseFacts, CaseOutcome, CaseRow, SessionFacts
from scanner.texts import LANGUAGES, texts
from scanner.texts.row_error import RowError

KNOWN = Known(load_library(), {"default", "long"})
quick = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def table(folder: Path, content: str | bytes) -> CaseTable:
    path = folder / "cases.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_cases(path, KNOWN)


FULL = (
    "Language;Case;unit;AGE-BAND;opened;closed;Outcome;retention class;professional;session;session date;"
    "session_time;subject;raters;own;instruments\r\n"
    'sv;A-17;Länsi;Child;1.9.2026;;open;long;anna;3;30.11.2026;9.30;child-2;"self, mother;FATHER";mother;'
    "CORS srs\r\n"
)


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("latin-1", "latin-1")]
)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_columns_in_any_order_letters_and_separators(
    tmp_path: Path, encoding: str, told: str, separator: str
) -> None:
    inner = FULL.replace('"self, mother;FATHER"', "self mother FATHER")
    read = table(tmp_path, inner.replace(";", separator).encode(encoding))

    assert (read.encoding, read.separator, read.spoken_dates) == (told, separator, 1)
    assert (read.troubles, read.ignored) == ((), ())
    assert read.rows == (
        CaseRow(
            line=2,
            case="A-17",
            facts=CaseFacts(
                unit="Länsi",
                age_band=AgeBand.CHILD,
                opened=date(2026, 9, 1),
                outcome=CaseOutcome.OPEN,
                retention_class="long",
            ),
            session=3,
            meeting=SessionFacts(
                session_date=date(2026, 11, 30),
                session_time="09:30",
                subject="child-2",
                raters=("self", "mother", "father"),
                own=("mother",),
                instruments=("cors", "srs"),
                language="sv",
            ),
            professional="anna",
        ),
    )


def test_raters_may_stand_between_quotes(tmp_path: Path) -> None:
    (row,) = table(tmp_path, FULL).rows
    assert row.meeting.raters == ("self", "mother", "father")


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    read = table(tmp_path, 'case,unit\r\n\r\nA,"North"\n,,\nB,South,East\n"C",\n')

    assert [row.case for row in read.rows] == ["A", "C"]
    assert [(trouble.line, trouble.words) for trouble in read.troubles] == [
        (5, "more cells than the header has columns")
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("unit=North", "no case"),
        ("case=A,age_band=teenager", "age_band must be one of adult, adolescent, child, not 'teenager'"),
        ("case=A,outcome=gone", "outcome must be one of open, closed_planned, closed_unplanned"),
        ("case=A,opened=31.2.2026", "opened is no day of the calendar: 31.2.2026"),
        ("case=A,closed=2026-02-30", "closed is no day of the calendar"),
        ("case=A,session=1,session_date=30/11/2026", "session_date must look like 2026-11-30"),
        ("case=A,session=1,session_time=25:00", "session_time must look like 09:30"),
        ("case=A,session=0", "session must be a whole number from 1, not '0'"),
        ("case=A,session_date=2026-11-30", "session_date without a session"),
        ("case=A,raters=self", "raters without a session"),
        ("case=A,session=1,raters=self uncle", "raters must be of self, mother, father"),
        ("case=A,session=1,own=self", "own must be of mother, father, guardian, other, not 'self'"),
        ("case=A,session=1,instruments=ors nonsense", "there is no instrument 'nonsense'"),
        ("case=A,session=1,language=tlh", "there are no forms in 'tlh'; there are en, fi, sv"),
        ("case=A,retention_class=short", "no retention class 'short' (they have: default, long)"),
        ("case=Matti Virtanen", "case looks like a name: use a pseudonymous reference"),
        ("case=131052-308T", "case looks like a personal identity code"),
        ("case=A,unit=131052-308T", "unit looks like a personal identity code"),
        ("case=A,session=1,subject=Matti Virtanen", "subject looks like a name"),
        ("case=A,age_band=131052-308T", "age_band looks like a personal identity code"),
        ("case=A,session=1,raters=19850709-9805", "raters looks like a personal identity code"),
        ("case=A,outcome=matti@example.org", "outcome looks like an e-mail address"),
        ("case=A,professional=-", "professional cannot be emptied by a table"),
        ("case=A,subject=-", "subject without a session"),
        ("case=A\x1b[31m", "case must be at most 120 printable characters"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_are_understood(tmp_path: Path, row: str, said: str) -> None:
    cells = dict(cell.split("=", 1) for cell in row.split(","))
    header = ["case", *(name for name in cells if name != "case")]
    wrong = ",".join(cells.get(name, "") for name in header)
    good = ",".join(["B", *([""] * (len(header) - 1))])
    read = table(tmp_path, f"{','.join(header)}\n{good}\n{wrong}\n{good}\n")

    assert [row.line for row in read.rows] == [2, 4]
    (trouble,) = read.troubles
    assert trouble.line == 3
    assert said in trouble.words
    for personal in ("131052", "9805", "matti", "Matti"):
        assert personal not in trouble.words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "needs a header with at least `case`"),
        ("unit,opened\nNorth,\n", "needs a header with at least `case`"),
        ("case,unit\n", "a header and no rows"),
        ("case,Case\nA,B\n", "names a column twice: case"),
        ('case,unit\n"A,B\n', "no good CSV at line"),
        ("case,unit\nA,B\n".encode("utf-16-be"), "is no text"),
        ("case,unit\nA,B\n".encode("utf-16") + b"x", "in the middle of a letter"),
        (b"PK\x03\x04\x00\x00 a spreadsheet that was not saved as CSV", "is no text"),
        ("case,unit,,unit\nA,B,,C\n", "names a column twice: unit"),
        ("case,First Name\nA,\n", "holds personal data (first_name)"),
        ("case;Sukunimi;hetu\nA;;\n", "holds personal data (hetu, sukunimi)"),
        ("case\tpersonnummer\nA\t\n", "personnummer"),
        ("case,remark\nA,131052-308T\nB,\n", "holds personal data (remark)"),
        ("case,\nA,19850709-9805\n", "holds personal data (column 2)"),
        ("case,worker\nA,Anna Korhonen\nB,Åsa Öberg\n", "holds personal data (worker)"),
    ],
)
def test_a_file_that_cannot_be_or_must_not_be_taken(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(TableError) as caught:
        table(tmp_path, content)
    assert said in str(caught.value)
    for personal in ("131052", "9805", "Korhonen"):
        assert personal not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        'sep=;\r\ncase;unit\r\nA;"North"\r\n',
        '"sep=;"\r\ncase;unit\r\nA;North\r\n',
        "SEP=\t\ncase;unit\nA;North\n",
        "\n;;\ncase;unit;;\nA;North;;\n;;;\n;;;\n\n",
        "case;unit\rA;North\r",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_add_is_passed_over(tmp_path: Path, content: str, encoding: str) -> None:
    read = table(tmp_path, content.encode(encoding))
    assert (read.separator, read.troubles, read.ignored) == (";", (), ())
    assert [(row.case, row.facts.unit) for row in read.rows] == [("A", "North")]
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert "North" in lines[read.rows[0].line - 1], "the line of the file"


@pytest.mark.parametrize("mark", ["-", "–", " - "])
def test_a_hyphen_empties_and_nothing_says_nothing(tmp_path: Path, mark: str) -> None:
    read = table(tmp_path, f"case,unit,closed,session,subject,raters\nA,{mark},,1,{mark},self\n")
    (row,) = read.rows
    assert row.emptied == {"unit", "subject"}
    assert (row.facts, row.meeting) == (CaseFacts(), SessionFacts(raters=("self",)))


def test_every_reason_is_told_in_every_language() -> None:
    error = RowError("contradicts", name="unit", value="S", line=2, other="N")
    trouble = error.at(3)
    assert trouble.words == "unit is S, but line 2 says N"
    told = {
        language: texts(language).of("row", trouble.kind, **dict(trouble.values)) for language in LANGUAGES
    }
    assert told["fi"] == "unit on S, mutta rivillä 2 on N"
    assert told["sv"] == "unit är S, men rad 2 säger N"


def test_other_columns_are_passed_over_and_named(tmp_path: Path) -> None:
    assert table(tmp_path, "case,room,sesion\nA,12,3\n").ignored == ("room", "sesion")


@quick
@given(st.binary(max_size=200), st.sampled_from([b"", codecs.BOM_UTF8]))
def test_any_bytes_are_a_table_or_a_known_error(tmp_path: Path, content: bytes, mark: bytes) -> None:
    try:
        read = table(tmp_path, mark + b"case,session\n" + content)
    except TableError:
        return
    assert len(read.rows) + len(read.troubles) > 0
