"""A process that is killed while it delivers loses nothing and sends nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.model.sheet import SheetPurpose
from scanner.record import Record
from tests.delivery.sending import correct, settled
from tests.delivery.targets_for_tests import arrivals, doubles

ROOT = Path(__file__).parents[2]


def deliver_until_done(url: str, folder: Path, *, patience: int, seed: int = 1) -> int:
    """How many processes have died over it."""
    words = (url, folder, folder / "arrived", seed, patience)
    command = [sys.executable, "-m", "tests.delivery.deliver_and_die", *map(str, words)]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def test_everything_arrives_once_however_often_the_process_dies(embedded_url: str, tmp_path: Path) -> None:
    """Forty sheets; `./run faults` does the same with a thousand, on PostgreSQL too."""
    deliver_and_judge(embedded_url, tmp_path, sheets=40, patience=20)


@pytest.mark.faults
def test_a_thousand_arrive_once(record_url: str, tmp_path: Path) -> None:
    deliver_and_judge(record_url, tmp_path, sheets=1000, patience=40)


def deliver_and_judge(url: str, tmp_path: Path, *, sheets: int, patience: int) -> None:
    with Record.open(url) as record:
        good = settled(record, sheets)
        unwanted = settled(record, 2, purpose=SheetPurpose(case="unwanted"))
        unbound = settled(record, 2, purpose=SheetPurpose())
    killed = deliver_until_done(url, tmp_path, patience=patience)
    with Record.open(url) as record:
        correct(record, good[0], "social", "77")
        record.void(good[1], reason="mixed up", actor="anna")
    killed += deliver_until_done(url, tmp_path, patience=patience, seed=5000)
    assert killed >= 5, "nothing was put to the proof"

    arrived = arrivals(tmp_path / "arrived")
    expected = {f"{sheet_id}-1" for sheet_id in good} | {f"{good[0]}-2", f"{good[1]}-2"}
    assert {row["key"] for row in arrived} == expected
    assert doubles(tmp_path / "arrived") == []
    assert [row["key"] for row in arrived if row["withdrawn"]] == [f"{good[1]}-2"]
    with Record.open(url) as record:
        (whole,) = record.reconcile(["flaky"])
        assert whole.counts.unaccounted == 0
        assert (whole.counts.delivered, whole.counts.rejected) == (sheets - 1, len(unwanted))
        assert (whole.counts.undeliverable, whole.counts.pending) == (len(unbound), 0)
        assert record.verify().fault is None
