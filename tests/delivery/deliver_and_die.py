"""Processes that deliver to a flaky target and die wherever it hurts, one after the other, until one ends by
itself: before and after each thing that is written or sent. Says how many have died.

    python -m tests.delivery.deliver_and_die URL HOME FILE SEED PATIENCE
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.record import Record
from tests.delivery.sending import outbox
from tests.delivery.targets_for_tests import FlakyTarget

WRITES = ("hold_target", "enrol", "next_batch", "finish_batch", "target_went_down", "let_target_go")
MOST = 2000


def deliver(url: str, home: str, file: str, seed: int, patience: int) -> None:
    """Die at one place of PATIENCE, by SIGKILL to ourselves: at no moment that a clock decides."""
    chance = random.Random(seed)

    def die() -> None:
        if chance.random() < 1 / patience:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
        def perhaps(*arguments: Any, **named: Any) -> Any:
            die()
            result = work(*arguments, **named)
            die()
            return result

        return perhaps

    target = FlakyTarget(Path(file), seed)
    with Record.open(url) as record:
        for name in WRITES:
            setattr(record, name, mortal(getattr(record, name)))
        for name in ("deliver", "_take"):
            setattr(target, name, mortal(getattr(target, name)))
        mine = outbox(record, target, Path(home))
        while _left(record):
            mine.run(hurry=True)


def _left(record: Record) -> int:
    (whole,) = record.reconcile(["flaky"])
    return whole.counts.pending + whole.targets["flaky"].withdrawing


def main(url: str, home: str, file: str, seed: str, patience: str) -> None:
    for died in range(MOST):
        # This process never opens the record, so that it may fork.
        child = os.fork()
        if child == 0:
            try:
                deliver(url, home, file, int(seed) + died, int(patience))
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(died)
            sys.exit(os.WEXITSTATUS(status))
    sys.exit("it never comes to an end")


if __name__ == "__main__":
    main(*sys.argv[1:])
