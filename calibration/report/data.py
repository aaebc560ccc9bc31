"""The evaluation for programs: all of it as JSON, and every line as a row of CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, TextIO

from calibration.evaluate import Evaluation, Group
from calibration.figures import Figures
from calibration.judged import JudgedLine
from calibration.report.run import Run

_SHARES = (
    "accepted_share",
    "near_end_accepted_share",
    "flagged_share",
    "wrong_per_10000",
    "wrong_bound_per_10000",
)
COLUMNS = (
    "condition",
    "hard",
    "sheet",
    "item",
    "item_number",
    "kind",
    "expected",
    "pen",
    "meant_mm",
    "read_mm",
    "error_mm",
    "outcome",
    "reasons",
    "confidence",
    "refusal",
    "silently_wrong",
)
"""Of the table of lines."""


def as_json(evaluation: Evaluation, run: Run) -> str:
    """Everything, indented, with a line feed at its end; None is null, shares are 0 to 1."""
    whole: dict[str, Any] = {
        "run": asdict(run),
        "overall": _group(evaluation.overall),
        "tidy": _group(evaluation.tidy),
        "hard": _group(evaluation.hard),
        "conditions": [_group(group) for group in evaluation.conditions],
        "kinds": [{"kind": kind, **_figures(figures)} for kind, figures in evaluation.kinds],
        "pens": [{"pen": pen, **_figures(figures)} for pen, figures in evaluation.pens],
        "cells": [
            {"condition": condition, "kind": kind, **_figures(figures)}
            for condition, kind, figures in evaluation.cells
        ],
        "flagged": [asdict(flagged) for flagged in evaluation.flagged],
        "reliability": None if evaluation.reliability is None else asdict(evaluation.reliability),
        "invented": list(evaluation.invented),
    }
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def _group(group: Group) -> dict[str, Any]:
    sheets = {**asdict(group.sheets), "refused": dict(group.sheets.refused)}
    return {"name": group.name, "hard": group.hard, **_figures(group.figures), "sheets": sheets}


def _figures(figures: Figures) -> dict[str, Any]:
    return {**asdict(figures), **{name: getattr(figures, name) for name in _SHARES}}


def write_lines(lines: Iterable[JudgedLine], out: TextIO) -> None:
    """A row a line, with a header; places in mm with three decimals."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for line in lines:
        truth = line.truth
        table.writerow(
            (
                line.condition,
                int(line.hard),
                line.sheet,
                truth.item,
                truth.number,
                truth.kind.value,
                truth.expected.value,
                truth.pen or "",
                _mm(truth.position_mm),
                _mm(line.said_mm),
                _mm(line.error_mm),
                line.outcome.value,
                ";".join(line.reasons),
                "" if line.confidence is None else f"{line.confidence:.4f}",
                line.refusal or "",
                int(line.silently_wrong),
            )
        )


def _mm(place: float | None) -> str:
    return "" if place is None else f"{place:.3f}"
