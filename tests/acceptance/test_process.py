"""What only a real process shows: signals, pipes, terminals, locales, a database server."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

from scanner.errors import ExitCode
from scanner.record import Record
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import Forms, write_requests, write_stack
from tests.acceptance.process import Process

MARKS = (20.0, 45.0, 62.5, 91.0)
SMALLEST_PIPE_BYTES = 4096
COPIES = 5


def test_print_read_results_on_postgresql(process: Process, postgres_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "database-url"
    secret.write_text(f"{postgres_url}\n")
    secret.chmod(0o600)
    central = process.having(JANA_DATABASE_URL_FILE=str(secret))
    requests = write_requests(tmp_path / "requests.csv", "ors,sv,Å-1,2,2026-11-30,child,mother,Norr")
    forms = Forms(tmp_path / "forms.pdf", tmp_path / "forms.csv")

    assert central("print", requests, "--out", forms.pdf, "--manifest", forms.manifest).code == 0
    stack = write_stack(tmp_path / "stack.pdf", [forms.scan(1, MARKS)])
    assert central("read", stack).code == 0
    # Written as UTF-8, whatever the locale says.
    rows = central.having(PYTHONIOENCODING="latin-1", LC_ALL="C")("results").rows

    assert [row["status"] for row in rows] == ["accepted"] * 4
    assert {(row["sheet_id"], row["case"], row["unit"]) for row in rows} == {(forms.ids[0], "Å-1", "Norr")}
    assert all(abs(float(row["position_mm"]) - mark) < 0.5 for row, mark in zip(rows, MARKS, strict=True))
    assert not (Path(central.environment["JANA_HOME"]) / "jana.sqlite").exists()
    with Record.open(postgres_url) as record:
        assert record.verify().fault is None


def test_results_reach_their_file_while_a_progress_bar_is_shown(
    jana: Jana, process: Process, tmp_path: Path
) -> None:
    forms = printed(jana, tmp_path, "ors,en,,,,,,")
    stack = write_stack(tmp_path / "stack.pdf", [forms.scan(1, MARKS)])

    answer = process.at_a_terminal("read", stack, "--json")

    assert answer.code == 0
    assert [page["sheet_id"] for page in answer.objects] == forms.ids
    assert "Reading" in answer.err
    assert forms.ids[0] not in answer.err
    answer = process.at_a_terminal(
        "print", "--instrument", "ors", "--count", 3, "--out", tmp_path / "pool.pdf"
    )
    assert answer.code == 0
    assert "Printing" in answer.err
    assert answer.out == ""


def test_whoever_stops_listening_does_no_harm(process: Process) -> None:
    running = process.started("results")
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()

    assert running.wait() == 0
    assert said == b""


def test_an_interrupted_reading_goes_on_where_it_stopped(
    jana: Jana, process: Process, home: Path, tmp_path: Path
) -> None:
    forms = printed(jana, tmp_path, "ors,en,A,,,,,", "lass,fi,B,,,,,", "srs,sv,C,,,,,")
    scans = [forms.scan(1, MARKS), forms.scan(2, MARKS[:3]), forms.scan(3, MARKS)]
    stack = write_stack(tmp_path / "stack.pdf", scans * COPIES)

    running = process.started("read", stack, "--json")
    assert running.stdout is not None
    # It cannot get far ahead of us: a line of JSON is more than half of what the pipe holds.
    fcntl.fcntl(running.stdout, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE_BYTES)
    assert running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate()

    assert running.returncode == ExitCode.INTERRUPTED
    assert b"Interrupted" in said
    assert b"Traceback" not in said
    with Record.open(f"sqlite:///{home / 'jana.sqlite'}") as record:
        assert record.verify().fault is None
        (unfinished,) = record.unfinished()
        taken = record.known(unfinished.sha256)
        assert taken is not None
        assert len(taken.waiting) > 0

    again = process("read", stack, "--json")
    assert again.code == 0
    assert sorted(page["scan_page"] for page in again.objects) == list(range(1, len(scans) * COPIES + 1))
    assert {page["outcome"] for page in again.objects} == {"read", "seen_before"}
    assert [(row["case"], row["item_number"]) for row in jana("results").rows] == [
        (case, str(number))
        for case, lines in (("A", 4), ("B", 3), ("C", 4))
        for number in range(1, lines + 1)
    ]
    assert {row["status"] for row in jana("results").rows} == {"accepted"}
    with Record.open(f"sqlite:///{home / 'jana.sqlite'}") as record:
        assert record.unfinished() == []
        assert record.verify().fault is None
