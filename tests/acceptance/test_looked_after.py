"""The service as systemd, a balancer and Prometheus see it: a real process, from its start to its end."""

from __future__ import annotations

import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.acceptance.process import Process

PATIENCE_S = 120


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def asked(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310, ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_service_tells_of_itself(process: Process, tmp_path: Path) -> None:
    inbox, port = tmp_path / "inbox", free_port()
    inbox.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        service = process.having(
            NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000", JANA_HEALTH_PORT=str(port)
        ).started("watch", inbox)
        try:
            assert [manager.recv(99), manager.recv(99)] == [b"READY=1", b"WATCHDOG=1"]
            until_s = time.monotonic() + PATIENCE_S
            status, body = asked(f"http://127.0.0.1:{port}/healthz")
            while '"intake"' not in body and time.monotonic() < until_s:
                time.sleep(0.1)
                status, body = asked(f"http://127.0.0.1:{port}/healthz")
            assert (status, '"live": true' in body) == (200, True), body
            assert "jana_files_waiting 0.0" in asked(f"http://127.0.0.1:{port}/metrics")[1]

            inbox.rename(tmp_path / "away")
            until_s = time.monotonic() + PATIENCE_S
            while status == 200 and time.monotonic() < until_s:
                status, body = asked(f"http://127.0.0.1:{port}/healthz")
                time.sleep(0.1)
            assert status == 503, "a folder that is away is seen"
            assert manager.recv(99) == b"WATCHDOG=1", "and is no reason to be started again"

            service.send_signal(signal.SIGTERM)
            said = b""
            while said != b"STOPPING=1":
                said = manager.recv(99)
            _, errors = service.communicate(timeout=PATIENCE_S)
            assert service.returncode == 0, errors
        finally:
            service.kill()
            service.communicate()
