"""What nobody foresaw in a decoder costs a page or a file, and not the process that read it."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from scanner.intake import worker_process
from scanner.intake.worker_messages import Ending, InspectOrder, PageOrder
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource
from scanner.pages.facts import FileFacts, FileKind, FileRefusal
from scanner.settings_limits import Limits

PRIVATE = "Virtanen"


class StrangeError(Exception):
    """None that a decoder is known for."""


def strange(*_arguments: object) -> NoReturn:
    raise StrangeError(PRIVATE)


def test_an_error_that_nobody_foresaw_is_told_by_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker_process, "inspect_file", strange)
    monkeypatch.setattr(worker_process, "open_scan", strange)
    bench = worker_process._Bench(strange, Limits())
    facts = FileFacts(FileKind.PDF, 1, 9)
    for order, ended in (
        (InspectOrder(tmp_path / "a.pdf"), Ending.INSPECTED),
        (PageOrder(tmp_path / "a.pdf", facts, PageSource("0" * 64, "a.pdf", 1)), Ending.NOT_DECODED),
    ):
        ending, outcome = bench.do(order)
        assert ending is ended
        assert isinstance(outcome, Refusal | FileRefusal)
        assert outcome.reason is RefusalReason.CRASHED
        assert "StrangeError in test_worker_process.py" in outcome.detail
        assert PRIVATE not in outcome.detail
