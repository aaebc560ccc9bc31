"""`jana results`: tables to the letter, before and after anything was read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.errors import ExitCode
from scanner.record import Record
from tests.acceptance.command import Jana, printed

RESULTS = (
    "sheet_id,instrument,version,language,case,session,session_date,subject,rater,unit,item,item_number,"
    "position_mm,score,status,reasons,confidence,scan_sha256,scan_name,scan_page,read_at,decided_by"
)
REFUSED = "scan_sha256,scan_name,scan_page,reason,detail,read_at"
OUTSTANDING = "sheet_id,instrument,version,language,case,session,session_date,subject,rater,unit,printed_at"


@pytest.mark.parametrize(
    ("options", "header"),
    [((), RESULTS), (("--refused",), REFUSED), (("--outstanding",), OUTSTANDING)],
)
def test_an_empty_record_gives_a_header_or_an_empty_list(
    jana: Jana, options: tuple[str, ...], header: str
) -> None:
    assert jana("results", *options).out == f"{header}\n"
    assert jana("results", *options, "--format", "json").out == "[]\n"


def test_json_has_the_columns_with_types_of_their_own(jana: Jana, tmp_path: Path) -> None:
    printed(jana, tmp_path, "ors,fi,=A,3,2026-11-30,,,")

    (row,) = json.loads(jana("results", "--outstanding", "--format", "json").out)

    assert list(row) == OUTSTANDING.split(",")
    assert (row["case"], row["session"], row["session_date"], row["rater"]) == ("=A", 3, "2026-11-30", None)
    assert row["printed_at"].endswith("Z")


def test_a_file_appears_whole_or_not_at_all(jana: Jana, tmp_path: Path) -> None:
    printed(jana, tmp_path, "ors,fi,A,3,,,,")
    out = tmp_path / "new" / "results.csv"

    assert jana("results", "--outstanding", "--out", out).out == ""
    assert out.read_bytes().decode() == jana("results", "--outstanding").out
    assert jana("results", "--out", out / "inside").code == ExitCode.ERROR


def test_a_failure_leaves_the_old_file(jana: Jana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed(jana, tmp_path, "ors,fi,A,3,,,,")
    out = tmp_path / "results.csv"
    out.write_text("the old table\n")
    monkeypatch.setenv("JANA_DATABASE_URL", f"postgresql://jana@/jana?host={tmp_path}")

    assert jana("results", "--out", out).code == ExitCode.DATABASE
    assert out.read_text() == "the old table\n"
    assert not list(tmp_path.glob(".*.part"))


def test_every_look_is_in_the_audit(jana: Jana, home: Path, tmp_path: Path) -> None:
    (sheet,) = printed(jana, tmp_path, "ors,fi,A,3,,,,").ids
    jana("results", "--out", tmp_path / "a.csv")
    jana("results", "--refused")
    jana("sheet", "show", sheet)

    with Record.open(f"sqlite:///{home / 'jana.sqlite'}") as record:
        looks = [(entry.action, entry.target) for entry in record.audit_entries()]
        assert record.verify().fault is None
    assert looks[-3:] == [
        ("results.read", "results"),
        ("results.read", "refused"),
        ("sheet.show", f"sheet:{sheet}"),
    ]
