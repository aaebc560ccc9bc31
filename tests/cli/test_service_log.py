"""The log of a service: a JSON object a line, whichever of its threads writes."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest
import structlog

from scanner.cli.service_log import service_log


def test_lines_of_many_threads_never_run_into_each_other(capfd: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        first = service_log()
        start = threading.Barrier(4)

        def tell(name: str) -> None:
            log = first.bind(thread=name)
            start.wait()
            for number in range(200):
                log.info("told", number=number, padding="x" * 200)

        threads = [threading.Thread(target=tell, args=(str(number),)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        structlog.configure(**before)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert Counter(line["thread"] for line in lines) == dict.fromkeys("0123", 200)
