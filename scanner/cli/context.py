"""What every command starts from: settings, texts, the record, and where to talk."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scanner.cli.terminal import escaped
from scanner.intake.open_store import StorePlace
from scanner.record import Record, escaped_name
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
        return plain_console(stderr=True)

    def say(self, key: str, **values: object) -> None:
        """Say a message of the texts to the person at the terminal."""
        shown = {name: _shown(value) for name, value in values.items()}
        self.talk.print(self.texts.of("message", key, **shown), soft_wrap=True)

    @property
    def actor(self) -> str:
        """Whom the audit names for what is done on the command line."""
        try:
            return f"cli/{getpass.getuser()}"
        except (ImportError, KeyError, OSError):
            return "cli/unknown"

    @contextmanager
    def record(self) -> Iterator[Record]:
        """The record of the settings, made or upgraded when need be."""
        with Record.open(self.settings.record_url()) as record:
            yield record

    @property
    def store_place(self) -> StorePlace:
        """Where the settings say that scans are kept."""
        settings = self.settings
        return StorePlace(
            kind=settings.scan_store,
            scans=settings.scans,
            copies=settings.copies,
            file_bytes=settings.limits.file_bytes,
        )

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
            # Left alone, because results that go to a file would be taken for talk and shown instead.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with bar:
            bar.add_task(self.texts.of("message", key), total=total)
            yield bar


def plain_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console that prints words as they are: a case may be called `[bold]` or `:smile:`.

    With a `width` in characters tables are not cut at the width of the terminal.
    """
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def _shown(value: object) -> object:
    if isinstance(value, Path):
        return escaped_name(os.fsencode(value))
    return escaped(value) if isinstance(value, str) else value


pass_desk = click.make_pass_decorator(Desk, ensure=True)
