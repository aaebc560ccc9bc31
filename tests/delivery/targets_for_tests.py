"""A receiver as bad as receivers are, which remembers for good what it was given."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet, Unanswered


class Box:
    """A target in memory: keeps each (sheet, version) once, and does what a test tells it to."""

    def __init__(self, name: str = "box", at_once: int = 10) -> None:
        self.name = name
        self.at_once = at_once
        self.kept: dict[str, SettledSheet] = {}
        self.batches: list[tuple[str, tuple[str, ...]]] = []
        self.refuse: Callable[[SettledSheet], str | None] = lambda sheet: None
        self.hold_back: Callable[[SettledSheet], str | None] = lambda sheet: None
        self.answer: Callable[[SettledSheet], Answer] = lambda sheet: Acknowledged(f"remote-{sheet.key}")
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def refuses(self, sheet: SettledSheet) -> str | None:
        return self.refuse(sheet)

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        return [self.hold_back(sheet) for sheet in sheets]

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        return [sheet.key for sheet in sheets]

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        self.batches.append((batch_id, tuple(sheet.key for sheet in sheets)))
        self.before()
        answers = [self.answer(sheet) for sheet in sheets]
        for sheet, answer in zip(sheets, answers, strict=True):
            if isinstance(answer, Acknowledged):
                assert self.kept.setdefault(sheet.key, sheet) == sheet, "one version with two contents"
        self.after()
        return answers

    def take_stock(self) -> None:
        pass

    def close(self) -> None:
        pass


class FlakyTarget:
    """A target in a file, for processes that are killed: it fails, answers nonsense, takes in what it then
    denies, and rejects some sheets for good."""

    def __init__(self, path: Path, seed: int, *, name: str = "flaky", at_once: int = 20) -> None:
        self.name = name
        self.at_once = at_once
        self._path = path
        self._chance = random.Random(seed)

    def refuses(self, sheet: SettledSheet) -> str | None:
        return "unbound" if sheet.case is None else None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        return [sheet.key for sheet in sheets]

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        trouble = self._chance.random()
        if trouble < 0.1:
            raise TargetDownError("it does not answer")
        if trouble < 0.2:  # only the first half arrives, and nobody is told
            self._take(batch_id, sheets[: len(sheets) // 2])
            raise TargetDownError("the connection was lost", retry_after_s=0.0)
        answers = [self._answer(sheet) for sheet in sheets]
        taken = [of for of, it in zip(sheets, answers, strict=True) if not isinstance(it, Rejected)]
        self._take(batch_id, taken)
        if trouble < 0.25:
            return answers[1:]  # nonsense: fewer answers than sheets
        return answers

    def take_stock(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _answer(self, sheet: SettledSheet) -> Answer:
        if sheet.case == "unwanted":
            return Rejected("no such client")
        if self._chance.random() < 0.05:
            return Unanswered("it took too long")
        return Acknowledged()

    def _take(self, batch_id: str, sheets: Sequence[SettledSheet]) -> None:
        """What has a key that is there already is not taken in again, as every target has to see to."""
        there = {line["key"] for line in arrivals(self._path)}
        with self._path.open("a", encoding="utf-8") as file:
            for sheet in sheets:
                row = {"key": sheet.key, "batch": batch_id, "total": str(sheet.total)}
                row["withdrawn"] = sheet.withdrawn or ""
                if sheet.key not in there:
                    # A line of its own, even behind half a line that a killed process has left.
                    file.write("\n" + json.dumps(row) + "\n")


def arrivals(path: Path) -> list[dict[str, str]]:
    """What a flaky target has taken in, in order; half a line that a killed process left is none."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def doubles(path: Path) -> list[str]:
    """Keys that were taken in more than once."""
    counted = Counter(row["key"] for row in arrivals(path))
    return [key for key, times in counted.items() if times > 1]
