"""The service as a real process: killed, stopped, started twice, and given what people put into folders."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import ExitCode
from scanner.record import Record
from tests.acceptance.command import Jana, printed
from tests.acceptance.office import Forms, write_stack
from tests.acceptance.process import Process, Running

MARKS = (20.0, 45.0, 62.5, 91.0)
PATIENCE_S = 120.0
STOP_S = 15.0
"""Five seconds are promised; a machine that runs many tests at once is given more."""
QUICK = {"JANA_WATCH__SETTLE_S": "0.3", "JANA_WATCH__RESCAN_S": "0.2", "JANA_WATCH__SETTLE_LIMIT_S": "1.5"}


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def quick(warm_process: Process) -> Process:
    """The command with short times: what is tested is the order of things."""
    return warm_process.having(**QUICK)


@pytest.fixture
def forms(jana: Jana, tmp_path: Path) -> Forms:
    return printed(jana, tmp_path, *(f"ors,en,C-{number},1,,,self,North" for number in range(10)))


@contextmanager
def watching(command: Process, inbox: Path) -> Iterator[Running]:
    """The service, ended at the end by SIGTERM, which it obeys in time and with exit code 0."""
    running = command.started("watch", inbox)
    try:
        yield running
        if running.poll() is None:
            running.terminate()
            _, said = running.communicate(timeout=STOP_S)
            assert running.returncode == ExitCode.DONE, said.decode()
    finally:
        running.kill()
        running.communicate()


def until(true: Callable[[], Any], running: Running | None = None) -> None:
    """Wait for something; fail when the process ends before, or after much patience."""
    until_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until_s, "it never happened"
        assert running is None or running.poll() is None, running.stderr and running.stderr.read().decode()
        time.sleep(0.05)


def heard(running: Running, event: str) -> dict[str, Any]:
    """Read the log up to an event; the log is JSON, a line each, for it goes to no terminal."""
    assert running.stderr is not None
    for line in running.stderr:
        entry: dict[str, Any] = json.loads(line)
        if entry["event"] == event:
            return entry
    raise AssertionError(f"it ended without {event}")


def tree(inbox: Path) -> set[str]:
    """Every file, but the signs of life of services that run."""
    found = (Path(folder, name) for folder, _, names in os.walk(inbox) for name in names)
    return {str(path.relative_to(inbox)) for path in found if path.name != "alive"}


def record(home: Path) -> Record:
    return Record.open(f"sqlite:///{home / 'jana.sqlite'}")


def meetings(opened: Record) -> int:
    return sum(entry.action in ("scan.take", "scan.again") for entry in opened.audit_entries())


def test_a_stack_survives_a_kill_in_its_middle_and_is_read_once(
    jana: Jana, process: Process, forms: Forms, inbox: Path, home: Path, tmp_path: Path
) -> None:
    """As it is installed; the others here come from a warm program."""
    quick = process.having(**QUICK)
    pages = [forms.scan(page, MARKS, seed=page) for page in range(1, 11)]
    (inbox / "North").mkdir()
    with watching(quick, inbox) as running:
        stack = write_stack(tmp_path / "stack.pdf", pages)
        stack.rename(inbox / "North" / "stack.pdf")
        # With the reading begun, and before its end, as far as ten pages give time for it.
        heard(running, "reading")
        running.send_signal(signal.SIGKILL)
        running.communicate()
    assert "done/North/stack.pdf" not in tree(inbox)
    with watching(quick, inbox) as running:
        until(lambda: "done/North/stack.pdf" in tree(inbox), running)

    rows = jana("results").rows
    assert len(rows) == 40
    assert {row["status"] for row in rows} == {"accepted"}
    assert all(abs(float(row["position_mm"]) - MARKS[int(row["item_number"]) - 1]) < 0.5 for row in rows)
    assert tree(inbox) == {"done/North/stack.pdf"}
    with record(home) as opened:
        assert (opened.unfinished(), opened.verify().fault) == ([], None)
        assert (opened.counts().pages_seen, opened.counts().pages_read, meetings(opened)) == (10, 10, 1)


def test_two_services_and_a_slow_writer_share_an_inbox(
    jana: Jana, quick: Process, forms: Forms, inbox: Path, home: Path, tmp_path: Path
) -> None:
    scans = [forms.scan(page, MARKS, seed=page) for page in range(1, 5)]
    with watching(quick, inbox) as first, watching(quick, inbox) as second:
        for number, scan in enumerate(scans[:3]):
            (inbox / f"{number}.jpg").write_bytes(scan)
        with (inbox / "slow.jpg").open("wb") as writer:
            for start in range(0, len(scans[3]), len(scans[3]) // 4):
                writer.write(scans[3][start : start + len(scans[3]) // 4])
                writer.flush()
                time.sleep(0.4)  # longer than a file has to settle, which must not matter
        (inbox / "again.jpg").write_bytes(scans[0])
        wanted = {f"done/{name}.jpg" for name in ("0", "1", "2", "slow", "again")}
        until(lambda: wanted <= tree(inbox) and first.poll() is None, second)
    assert tree(inbox) == wanted
    assert {row["status"] for row in jana("results").rows} == {"accepted"}
    assert len(jana("results").rows) == 16
    with record(home) as opened:
        assert (opened.counts().files, meetings(opened), opened.verify().fault) == (4, 5, None)


def test_whatever_people_put_into_folders_ends_somewhere(
    jana: Jana, quick: Process, forms: Forms, inbox: Path, home: Path
) -> None:
    good = forms.scan(1, MARKS)
    names = [
        "a\nb",
        "\x1b[31mred",
        "\u202egpj",
        "😀",
        os.fsdecode(b"\xe4\xf6"),
        "-rf",
        "=cmd()",
        "<img onerror>",
    ]
    names.append("x" * 255)
    (inbox / "x.pdf").mkdir()
    for number, name in enumerate(names):
        (inbox / "x.pdf" / name).write_bytes(good + b"%d" % number)
    refused = {"empty.pdf": b"", "note.pdf": b"hello", "torn.jpg": good[:9000], "one": b"1"}
    for name, content in refused.items():
        (inbox / name).write_bytes(content)
    (inbox / "link.jpg").symlink_to("/etc/hostname")
    os.mkfifo(inbox / "pipe.jpg")

    with watching(quick, inbox) as running:
        until(
            lambda: not [name for name in tree(inbox) if not name.startswith(("done/", "refused/"))], running
        )

    ended = tree(inbox)
    odd = {*refused, "link.jpg", "pipe.jpg"}
    assert {name for name in ended if name.startswith("refused/")} == {
        f"refused/{name}{more}" for name in odd for more in ("", ".reason.txt")
    }
    kept = {name.removeprefix("done/x.pdf/") for name in ended if name.startswith("done/")}
    assert {name for name in names if len(name) < 200} <= kept
    assert len(kept) == len(names)
    assert {(row["scan_name"], row["reason"]) for row in jana("results", "--refused").rows} == {
        ("empty.pdf", "empty_file"),
        ("note.pdf", "not_a_scan"),
        ("one", "not_a_scan"),
        ("torn.jpg", "torn"),
    }
    with record(home) as opened:
        assert (opened.verify().fault, opened.unfinished()) == (None, [])


def test_once_takes_what_is_there_and_leaves(
    quick: Process, forms: Forms, inbox: Path, postgres_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL, where these sheets were never printed: every page ends, none is read."""
    central = quick.having(JANA_DATABASE_URL=postgres_url)
    write_stack(inbox / "stack.pdf", [forms.scan(page, MARKS) for page in (1, 2)])
    (inbox / "torn.jpg").write_bytes(forms.scan(3, MARKS)[:5000])
    answer = central.having(JANA_WATCH__SETTLE_LIMIT_S="600")("watch", inbox, "--once")
    assert (answer.code, answer.out) == (0, "")
    assert tree(inbox) == {"done/stack.pdf", "torn.jpg"}
    for line in answer.err.splitlines():
        assert "stack" not in line, "names of files are no business of the log"
    with Record.open(postgres_url) as opened:
        assert [row.reason for row in opened.refused_rows()] == ["unknown_sheet"] * 2
        assert opened.verify().fault is None


def test_it_waits_for_its_database_visibly_and_can_still_be_stopped(quick: Process, inbox: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nowhere = quick.having(JANA_DATABASE_URL="postgresql://jana@127.0.0.1:1/jana", JANA_HEALTH_PORT=str(port))
    (inbox / "a.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    with watching(nowhere, inbox) as running:
        assert "Check that the server runs" in heard(running, "trouble")["trouble"]
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10)
        assert json.loads(told.value.read())["parts"]["record"]["trouble"]
        told.value.close()
    assert tree(inbox) == {"a.pdf"}
    assert nowhere("watch", inbox, "--once").code == ExitCode.DATABASE


def test_ctrl_c_is_told_from_a_stop(quick: Process, inbox: Path) -> None:
    with watching(quick, inbox) as running:
        heard(running, "started")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=STOP_S)
        assert running.returncode == ExitCode.INTERRUPTED
    assert tree(inbox) == set()


def test_a_folder_that_cannot_be_watched_is_named(jana: Jana, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "done").symlink_to(tmp_path)
    for path, code, said in (
        (tmp_path / "nothing", ExitCode.ERROR, "is not a folder"),
        (tmp_path / "file", ExitCode.ERROR, "is not a folder"),
        (tmp_path / "inbox", ExitCode.ERROR, "no link"),
        (tmp_path, ExitCode.SETTINGS, "must not lie in each other"),
        (home / "scans", ExitCode.ERROR, "is not a folder"),
        (home, ExitCode.SETTINGS, "must not lie in each other"),
    ):
        answer = jana("watch", path)
        assert (answer.code, said in answer.err) == (code, True), answer.err
