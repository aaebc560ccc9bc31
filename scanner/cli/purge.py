"""`jana purge`: throw pictures away whose time is over."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime

import click

from scanner.cli.context import Desk, pass_desk
from scanner.intake.open_store import open_store
from scanner.upkeep.purge import Purged, due, purge


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def command(desk: Desk, dry_run: bool, as_json: bool) -> None:
    """Throw scans and pictures of lines away when the time that `retention` gives them is over.

    Values, the log and the evidence stay, and each purge is in the log. What waits for a person is kept,
    and so is everything of cases that are open or whose class has no rule.
    """
    settings, today = desk.settings, datetime.now(UTC).date()
    with desk.record() as record:
        if dry_run:
            done = due(record, settings.retention, today)
        else:
            with closing(open_store(record, desk.store_place)) as store:
                done = purge(record, store, settings.retention, today, actor=desk.actor)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
    else:
        _tell(desk, done, dry_run=dry_run)


def _tell(desk: Desk, done: Purged, *, dry_run: bool) -> None:
    if not desk.settings.retention:
        desk.say("purge_no_rules")
    counts = {"scans": len(done.scans), "sheets": len(done.sheets), "pages": len(done.pages)}
    desk.say("purge_would" if dry_run else "purged", **counts)
    if done.waiting:
        desk.say("purge_waiting", count=done.waiting)
    if done.unknown:
        desk.say("purge_unknown", classes=", ".join(done.unknown))
