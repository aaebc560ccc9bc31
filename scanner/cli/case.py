"""`jana case`: take cases in, look at them, close them (then their pictures' time runs), open them again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from scanner.cli import case_import, case_show
from scanner.cli.context import Desk, pass_desk
from scanner.errors import UsageError


@click.group("case")
def command() -> None:
    """Take cases in from a table, look at them, close them, open them again.

    From its closing counts how long the pictures of a case are kept.
    """


@command.command()
@click.argument("case")
@click.option("--on", default="", help="As yyyy-MM-dd; today where it is not given.")
@click.option("--retention", default="", help="Its class in the settings; otherwise `default`.")
@pass_desk
def close(desk: Desk, case: str, on: str, retention: str) -> None:
    """Say that a case is closed, and how long what is of it is kept."""
    try:
        day = date.fromisoformat(on) if on else datetime.now(UTC).date()
    except ValueError:
        raise UsageError(f"{on!r} is no day: write it as yyyy-MM-dd.") from None
    known = desk.settings.retention
    if retention and retention not in known:
        classes = ", ".join(sorted(known)) or "none"
        raise UsageError(f"The settings have no retention class {retention!r} (they have: {classes}).")
    with desk.record() as record:
        record.close_case(case, day, retention or None, actor=desk.actor)
    desk.say("case_closed", case=case, day=day.isoformat())


@command.command()
@click.argument("case")
@pass_desk
def reopen(desk: Desk, case: str) -> None:
    """Say that a case is open again: what is left of it is kept."""
    with desk.record() as record:
        record.close_case(case, None, None, actor=desk.actor)
    desk.say("case_open", case=case)


command.add_command(case_import.command)
command.add_command(case_show.show)
command.add_command(case_show.list_command)
