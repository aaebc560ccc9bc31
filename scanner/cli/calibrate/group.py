"""`jana calibrate`: how wrong are we, measured on a simulated world and on your own devices."""

from __future__ import annotations

import click

from scanner.cli.lazy_group import LazyGroup

COMMANDS = {
    "evaluate": ("scanner.cli.calibrate.evaluate", "Hold what is read against what was meant."),
    "gallery": ("scanner.cli.calibrate.gallery", "Show lines as they were read, the least certain first."),
    "ruler": ("scanner.cli.calibrate.ruler", "Measure your printer and scanner by a sheet of rulers."),
    "thresholds": ("scanner.cli.calibrate.thresholds", "Choose what is accepted, at a stated risk."),
    "speed": ("scanner.cli.calibrate.speed", "Time reading beside the floor, decoding the same picture."),
}
"""Module and summary of each command."""


@click.group("calibrate", cls=LazyGroup, commands_in=COMMANDS)
def command() -> None:
    """Measure how accurately and how fast this machine reads, and choose what it accepts.

    Hands, pens, printers and scanners are simulated, except where a command asks for your scan.
    Your record is not touched.
    """
