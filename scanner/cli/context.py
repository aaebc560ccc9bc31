"""What every command starts from: settings, texts, the record, and where to talk."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scanner.record import Record
from scanner.settings import Settings, load_settings
from scanner.texts import Texts, texts


@dataclass
class Desk:
    """Handed to every command by click."""

    @cached_property
    def settings(self) -> Settings:
        return load_settings()

    @cached_property
    def texts(self) -> Texts:
        return texts(self.settings.language)

    @cached_property
    def talk(self) -> Console:
        """Everything that is not a result: standard error."""
        return Console(stderr=True, highlight=False)

    def say(self, key: str, **values: object) -> None:
        """Say a message of the texts to the person at the terminal."""
        self.talk.print(self.texts.of("message", key, **values), markup=False, soft_wrap=True)

    @property
    def actor(self) -> str:
        """Whom the audit names for what is done on the command line."""
        try:
            return f"cli/{getpass.getuser()}"
        except (KeyError, OSError):
            return "cli/unknown"

    @contextmanager
    def record(self) -> Iterator[Record]:
        """The record of the settings, made or upgraded when need be."""
        with Record.open(self.settings.record_url()) as record:
            yield record

    @contextmanager
    def progress(self, key: str, total: int | None) -> Iterator[Progress]:
        """A progress bar on standard error; silent where that is no terminal."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.talk,
            transient=True,
            disable=not self.talk.is_terminal,
        )
        with bar:
            bar.add_task(self.texts.of("message", key), total=total)
            yield bar


pass_desk = click.make_pass_decorator(Desk, ensure=True)
