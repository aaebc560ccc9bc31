"""`jana db`: the schema of the record."""

from __future__ import annotations

import click

from scanner.cli.context import Desk, pass_desk
from scanner.record import Record


@click.group("db")
def command() -> None:
    """Look after the record's database."""


@command.command()
@pass_desk
def upgrade(desk: Desk) -> None:
    """Bring the record to this version's schema, in one transaction; make a backup first.

    Every command that writes does this by itself. A record that a newer version made is refused and
    left alone. Killed half-way, the record stays as it was.
    """
    done = Record.upgrade(desk.settings.record_url())
    if done.before == done.after:
        desk.say("schema_current", version=done.after)
    elif done.before is None:
        desk.say("schema_made", version=done.after)
    else:
        desk.say("schema_upgraded", before=done.before, after=done.after)
