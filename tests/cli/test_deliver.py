"""`jana deliver` and `jana reconcile`: from the settings to files in a folder and rows in a table."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scanner.errors import ExitCode
from scanner.record import Record
from tests.acceptance.command import Jana
from tests.delivery.sending import correct, settled
from tests.record.builders import FULL, printed

SETTINGS = """
language = "en"

[delivery.lake]
kind = "csv"
folder = "lake"

[delivery.warehouse]
kind = "table"
url = "sqlite:///{home}/warehouse.sqlite"
"""


@pytest.fixture
def office(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    (home / "settings.toml").write_text(SETTINGS.format(home=home))
    return home


def url(home: Path) -> str:
    return f"sqlite:///{home / 'jana.sqlite'}"


def rows(home: Path) -> list[dict[str, str]]:
    found = []
    for path in sorted((home / "lake").glob("lake-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


def test_settled_sheets_go_everywhere_once_and_corrections_follow(jana: Jana, office: Path) -> None:
    with Record.open(url(office)) as record:
        ids = settled(record, 3)
        printed(record, FULL)
    shown = jana("deliver", "--dry-run", "lake")
    assert shown.code == 0
    assert shown.out.count(ids[0]) == 4
    assert "3 sheets would be sent" in shown.err
    assert not (office / "lake").exists()

    done = jana("deliver")
    assert done.code == 0, done.err
    assert "lake: delivered 3" in done.err
    assert "warehouse: delivered 3" in done.err
    assert [row["sheet_id"] for row in rows(office)] == [of for of in ids for _ in range(4)]
    assert jana("deliver").code == 0
    assert len(rows(office)) == 12

    with Record.open(url(office)) as record:
        correct(record, ids[0], "social", "77")
    assert jana("sheet", "void", ids[1], "--reason", "mixed up", "--wrong-person").code == 0
    assert "pending 1" in jana("deliver", "--status").out
    assert jana("deliver", "warehouse").code == 0
    kept = sqlite3.connect(office / "warehouse.sqlite")
    asked = (
        "SELECT sheet_version, withdrawn, score FROM jana_results WHERE item = 'social' ORDER BY sheet_id = ?"
    )
    assert kept.execute(asked, [ids[0]]).fetchall()[-1] == (2, None, 7.7)
    assert kept.execute(
        "SELECT DISTINCT sheet_id FROM jana_results WHERE withdrawn = 'wrong_person'"
    ).fetchall() == [(ids[1],)]
    kept.close()

    told = json.loads(jana("deliver", "--status", "--json").out)
    assert (told["warehouse"]["delivered"], told["warehouse"]["pending"]) == (2, 0)
    assert (told["lake"]["delivered"], told["lake"]["pending"], told["lake"]["withdrawing"]) == (1, 1, 1)
    assert json.loads(jana("status", "--json").out)["delivery"] == told
    assert "to be taken back there: 1" in jana("status").out
    assert jana("audit", "verify").code == 0


def test_every_sheet_is_accounted_for(jana: Jana, office: Path) -> None:
    with Record.open(url(office)) as record:
        ids = settled(record, 2)
        printed(record, FULL)
    jana("deliver", "lake")
    whole = jana("reconcile")
    assert whole.code == 0
    assert "Everything adds up." in whole.err
    assert whole.out.splitlines()[1].split() == ["3", "1", "0", "2", "0", "0", "2", "0", "0"]
    table = list(
        csv.DictReader(jana("reconcile", "--by", "unit", "--by", "day", "--format", "csv").out.splitlines())
    )
    assert [(row["unit"], row["day"], row["target"], row["printed"], row["delivered"]) for row in table] == [
        ("North", "2026-03-02", "", "3", "0"),
        ("North", "2026-03-02", "lake", "", "2"),
        ("North", "2026-03-02", "warehouse", "", "0"),
    ]
    as_json = json.loads(jana("reconcile", "--format", "json", "--target", "lake").out)
    assert (as_json["sheets"][0]["delivered"], as_json["unaccounted"]) == (2, 0)
    assert as_json["pages"]["seen"] == 2
    listed = jana(
        "reconcile", "--list", "delivered", "--target", "lake", "--unit", "North", "--format", "csv"
    )
    assert [row["sheet_id"] for row in csv.DictReader(listed.out.splitlines())] == ids
    assert ids[0] in jana("reconcile", "--list", "pending").out
    assert json.loads(jana("reconcile", "--list", "void", "--format", "json").out) == []


def test_what_is_rejected_can_be_sent_again_and_doctor_tells_of_it(jana: Jana, office: Path) -> None:
    with Record.open(url(office)) as record:
        [sheet_id] = settled(record, 1)
    blocked = sqlite3.connect(office / "warehouse.sqlite")
    blocked.execute("CREATE TABLE jana_results (something integer)")
    blocked.commit()
    done = jana("deliver", "warehouse")
    assert done.code == ExitCode.ERROR
    assert "warehouse does not answer" in done.err
    assert "does not answer" in jana("doctor").out
    blocked.execute("DROP TABLE jana_results")
    blocked.commit()
    assert jana("deliver", "warehouse").code == 0
    assert jana("deliver", "warehouse", "--retry", "--sheet", sheet_id).code == ExitCode.ERROR
    blocked.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("deliver", "nowhere"), ExitCode.SETTINGS, "no target nowhere"),
        (("deliver", "--once", "--watch"), ExitCode.USAGE, "Give one of"),
        (("deliver", "--sheet", "J1"), ExitCode.USAGE, "--retry"),
        (("deliver", "--retry", "--sheet", "J1"), ExitCode.USAGE, "Name the target"),
        (("deliver", "--by-hand", "--sheet", "J1"), ExitCode.USAGE, "Name the target"),
        (("deliver", "lake", "--by-hand"), ExitCode.USAGE, "a --sheet for each sheet"),
        (("deliver", "lake", "--by-hand", "--sheet", "J1"), ExitCode.ERROR, "nothing was changed"),
        (("reconcile", "--unit", "North"), ExitCode.USAGE, "--list"),
        (("reconcile", "--list", "void", "--by", "unit"), ExitCode.USAGE, "--by"),
    ],
)
def test_what_cannot_be_meant_is_said(
    jana: Jana, office: Path, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    Record.open(url(office)).close()
    done = jana(*words)
    assert (done.code, said in done.err) == (code, True), done.err


def test_without_targets_everything_settled_is_pending(jana: Jana, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with Record.open(url(home)) as record:
        settled(record, 1)
    assert jana("deliver").code == 0
    assert json.loads(jana("reconcile", "--format", "json").out)["sheets"][0]["pending"] == 1


def test_a_service_delivers_what_comes_until_it_is_stopped(office: Path) -> None:
    with Record.open(url(office)) as record:
        settled(record, 1)
        environment = os.environ | {"JANA_HOME": str(office), "JANA_OUTBOX__POLL_S": "0.05"}
        command = [sys.executable, "-m", "scanner.cli.main", "deliver", "--watch"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as service:
            try:
                wait_for(record, 1)
                settled(record, 1)
                wait_for(record, 2)
                service.send_signal(signal.SIGTERM)
                assert service.wait(60) == 0
            finally:
                service.kill()
            assert service.stderr is not None
            assert all(json.loads(line)["target"] for line in service.stderr)


def wait_for(record: Record, count: int) -> None:
    until = time.monotonic() + 120
    while record.reconcile(["lake", "warehouse"])[0].counts.delivered < count:
        assert time.monotonic() < until
        time.sleep(0.05)
