"""A small simulated world for tests: one quick condition, clear marks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from numpy.random import Generator

from calibration.synthesis.conditions import Condition
from calibration.synthesis.hands import adult
from calibration.synthesis.pens import BALLPOINT_BLUE
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import Treatment
from calibration.trials import World, print_world

PRINTER = Printer(dpi=300)


def quickly(treatment: Treatment, rng: Generator) -> Treatment:
    """A practised hand, a blue ballpoint, a decent scanner at 150 dpi."""
    scanner = Scanner(dpi=150, noise=2.0, skew_deg=float(rng.normal(0, 0.4)))
    return replace(treatment, hand=adult(rng), pen=BALLPOINT_BLUE, printer=PRINTER, scanner=scanner)


def askew(treatment: Treatment, rng: Generator) -> Treatment:
    """The same, further askew."""
    plain = quickly(treatment, rng)
    return replace(plain, scanner=replace(plain.scanner, skew_deg=4.0))


QUICK = Condition("quick", hard=False, change=quickly)
ASKEW = Condition("askew", hard=True, change=askew)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Every form in every language, printed."""
    return print_world(Path(tmp_path_factory.mktemp("world")))
