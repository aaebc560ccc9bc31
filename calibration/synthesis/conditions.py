"""Conditions with a name: what evaluation reports on, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from calibration.synthesis.sheets import Treatment, office_treatment


@dataclass(frozen=True, slots=True)
class Condition:
    """A way in which sheets come back, with room for chance."""

    name: str
    hard: bool
    """Beyond what a tidy office does to paper."""
    treatment: Callable[[Generator], Treatment]
    """Everything that happens to one sheet."""


CONDITIONS = {condition.name: condition for condition in (Condition("office", False, office_treatment),)}
