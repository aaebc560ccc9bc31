"""Evidence of many simulated lines as a table: what a model is trained on and a threshold chosen by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.judged import WRONG_FROM_MM
from calibration.trials import ReadLine
from calibration.truth import Expected
from scanner.model.decision import Verdict
from scanner.reading.confidence import MEASURES, measures_of


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Lines on which some mark was found, and how many there were in all."""

    measures: NDArray[np.float64]
    """Shape (lines, len(MEASURES))."""
    right: NDArray[np.bool_]
    """Whether the proposed place may be taken, and is within 1 mm of what was meant."""
    passes: NDArray[np.bool_]
    """Whether the rules alone would accept the line."""
    clear: NDArray[np.bool_]
    """Whether the mark is unmistakable."""
    hard: NDArray[np.bool_]
    """Whether the condition goes beyond what a tidy office does to paper."""
    lines: int
    """All lines, those without any mark included."""
    clear_lines: int
    """All unmistakable marks, those included of which nothing was found."""

    def part(self, chosen: NDArray[np.bool_]) -> Evidence:
        """Some of the lines; the counts of all lines are shared out alike."""
        share = float(np.mean(chosen)) if len(chosen) else 0.0
        return Evidence(
            self.measures[chosen],
            self.right[chosen],
            self.passes[chosen],
            self.clear[chosen],
            self.hard[chosen],
            round(self.lines * share),
            round(self.clear_lines * share),
        )


def gathered(lines: Iterable[ReadLine]) -> Evidence:
    """The evidence of lines as they come; nothing else of them is kept."""
    rows, right, passes, clear, hard = [], [], [], [], []
    count = clear_count = 0
    for line in lines:
        count += 1
        is_clear = line.truth.expected is Expected.ACCEPT
        clear_count += is_clear
        if line.decision is None or not line.decision.reading.candidates:
            continue
        rows.append(np.array(measures_of(line.decision.reading), dtype=np.float32))
        right.append(_is_right(line))
        passes.append(line.decision.verdict is Verdict.ACCEPTED)
        clear.append(is_clear)
        hard.append(line.hard)
    return Evidence(
        np.array(rows, dtype=np.float64).reshape(len(rows), len(MEASURES)),
        np.array(right, dtype=bool),
        np.array(passes, dtype=bool),
        np.array(clear, dtype=bool),
        np.array(hard, dtype=bool),
        count,
        clear_count,
    )


def _is_right(line: ReadLine) -> bool:
    meant = line.truth.position_mm
    said = None if line.decision is None else line.decision.reading.position_mm
    if line.truth.expected is Expected.REVIEW or meant is None or said is None or line.wrong_sheet:
        return False
    return abs(said - meant) <= WRONG_FROM_MM
