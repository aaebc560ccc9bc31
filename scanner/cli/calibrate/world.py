"""Options of every command that puts the reader on trial over the simulated world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from calibration.report.run import Run
from calibration.synthesis.conditions import CONDITIONS, Condition
from calibration.trials import RARE_SHARE, ReadLine, run_trials
from scanner.cli.context import Desk
from scanner.errors import UsageError
from scanner.model.profile import Profile
from scanner.reading.profile import SHIPPED, load_profile
from scanner.reading.read import READER_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOptions:
    """What the user asked for."""

    sheets: int
    seed: int
    condition: tuple[str, ...]
    tidy: bool
    hard: bool
    rare_share: float
    profile: Path | None
    workers: int | None

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that are meant, in their usual order. Raises UsageError when there is none."""
        chosen = tuple(
            condition
            for condition in CONDITIONS.values()
            if (not self.condition or condition.name in self.condition)
            and (self.tidy == self.hard or condition.hard == self.hard)
        )
        if not chosen:
            raise UsageError("There is no such condition. Leave out --tidy, --hard or --condition.")
        return chosen

    def run(self, desk: Desk) -> Run:
        """What will stand over the figures."""
        return Run(
            source="simulated",
            conditions=tuple(condition.name for condition in self.conditions()),
            sheets=self.sheets,
            seed=self.seed,
            rare_share=self.rare_share,
            profile_id=self.loaded_profile(desk).profile_id,
            reader_version=READER_VERSION,
        )

    def lines(self, desk: Desk) -> Iterator[ReadLine]:
        """Make and read every page, with a bar that shows how far it is."""
        chosen = self.conditions()
        with desk.progress("scanning", self.sheets * len(chosen)) as bar:
            yield from run_trials(
                chosen,
                self.sheets,
                self.seed,
                rare_share=self.rare_share,
                profile=self.loaded_profile(desk),
                workers=self.workers or desk.settings.processes,
                progress=lambda done: bar.update(bar.task_ids[0], completed=done),
            )

    def loaded_profile(self, desk: Desk) -> Profile:
        """The limits of acceptance to try. Raises SettingsError for a profile that is none."""
        return load_profile(self.profile or desk.settings.profile or SHIPPED)


_OPTIONS = (
    click.option(
        "--sheets", type=click.IntRange(min=1), default=50, show_default=True, help="In each condition."
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Other hands and paper."
    ),
    click.option(
        "--condition", type=click.Choice(list(CONDITIONS)), multiple=True, help="Only this one; repeatable."
    ),
    click.option("--tidy", is_flag=True, help="Only what a tidy office does to paper."),
    click.option("--hard", is_flag=True, help="Only what goes beyond that."),
    click.option(
        "--rare-share",
        type=click.FloatRange(0, 1),
        default=RARE_SHARE,
        show_default=True,
        help="Share of the lines with something else than one clear mark.",
    ),
    click.option(
        "--profile",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Limits of acceptance to try, instead of those in use.",
    ),
    click.option("--workers", type=click.IntRange(min=1), help="Processes; else as in the settings."),
)


def world_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, as one argument `world`."""
    names = WorldOptions.__dataclass_fields__

    @wraps(command)
    def with_world(*args: Any, **given: Any) -> None:
        world = WorldOptions(**{name: given.pop(name) for name in names})
        command(*args, world=world, **given)

    for option in reversed(_OPTIONS):
        with_world = option(with_world)
    return with_world
