"""`jana redcap`: the dictionary is there, in the language asked for, and never half."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from scanner.cli.main import run
from scanner.errors import ExitCode


@pytest.mark.usefixtures("home")
def test_a_dictionary_for_the_forms_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dictionary.csv"
    asked = ["--instrument", "ors", "--instrument", "SRS", "--language", "sv", "--record-field", "study_id"]
    assert run(["redcap", "dictionary", *asked, "--out", str(out)]) == ExitCode.DONE

    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert rows[0]["Variable / Field Name"] == "study_id"
    assert {row["Form Name"] for row in rows} == {"sheet", "ors", "srs"}
    assert "Nära relationer" in {row["Field Label"] for row in rows}
    said = capsys.readouterr()
    assert said.out == ""
    assert "dictionary.csv" in said.err


@pytest.mark.usefixtures("home")
def test_without_a_file_it_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["redcap", "dictionary", "--instrument", "lass"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("Variable / Field Name,Form Name,")


@pytest.mark.usefixtures("home")
def test_a_form_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["redcap", "dictionary", "--instrument", "nothing"]) == ExitCode.USAGE
    assert "no instrument 'nothing'" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_fields_that_would_clash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "dictionary.csv"
    asked = ["--instrument", "ors", "--record-field", "ors_total", "--out", str(out)]
    assert run(["redcap", "dictionary", *asked]) == ExitCode.ERROR
    assert "ors_total" in capsys.readouterr().err
    assert not out.exists()
