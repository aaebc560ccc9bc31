"""`jana redcap`: what a REDCap project needs before results can be delivered to it."""

from __future__ import annotations

import io
from pathlib import Path

import click

from forms.definition import load_library
from scanner.cli.context import Desk, pass_desk
from scanner.delivery.redcap_dictionary import write_dictionary
from scanner.errors import UsageError
from scanner.printing.appearing import appearing
from scanner.printing.requests import known_instrument
from scanner.texts import texts


@click.group("redcap")
def command() -> None:
    """Prepare a REDCap project for results."""


@command.command()
@click.option("--instrument", multiple=True, help="A form that the project is for; all, where none is named.")
@click.option("--language", help="Language of the labels: en, fi or sv.")
@click.option(
    "--record-field", default="record_id", show_default=True, help="Name of the project's first field."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The CSV to write, else to stdout."
)
@pass_desk
def dictionary(
    desk: Desk, instrument: tuple[str, ...], language: str | None, record_field: str, out: Path | None
) -> None:
    """Write the data dictionary that REDCap imports on its page Project Setup."""
    library = load_library(desk.settings.instruments)
    try:
        chosen = [known_instrument(library, code) for code in dict.fromkeys(instrument)] or list(
            library.values()
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    spoken = (language or desk.settings.language).lower()
    text = io.StringIO(newline="")
    write_dictionary(chosen, record_field, spoken, texts(spoken), text)
    if out is None:
        click.echo(text.getvalue(), nl=False)
        return
    with appearing(out) as part:
        part.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    desk.say("redcap_dictionary", file=out)
