"""`jana backup` and `jana restore`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
from rich.progress import Progress

from scanner.cli.audit import as_object as audit_object
from scanner.cli.audit import in_words as audit_words
from scanner.cli.context import Desk, pass_desk
from scanner.cli.terminal import escaped
from scanner.errors import ExitCode
from scanner.intake.open_store import open_store
from scanner.upkeep.accounts_back import AccountsBack
from scanner.upkeep.backup import make_backup
from scanner.upkeep.reconcile import Mismatches
from scanner.upkeep.restore import Restored, restore

SHOWN = 10
"""Hashes of each kind that are shown at a terminal; `--json` has them all."""


@click.command("backup")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A new folder, or a file NAME.tar."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def backup(desk: Desk, out: Path, as_json: bool) -> int:
    """Copy the record as it is at one moment, and the scans that it names, while the service works.

    The backup is read again before it gets its name. It holds clients' answers: keep it as you keep the
    record. Leaves with exit code 1 when a scan was missing or the log does not hold.
    """
    with (
        desk.record() as record,
        closing(open_store(record, desk.store_place)) as store,
        _advancing(desk.progress("backing_up", None)) as step,
    ):
        made = make_backup(record, store, out, actor=desk.actor, step=step)
    if as_json:
        click.echo(json.dumps(asdict(made.manifest) | {"audit": audit_object(made.audit)}, indent=2))
    else:
        desk.say("backed_up", file=out, scans=made.manifest.scans, schema=made.manifest.schema)
        click.echo(audit_words(desk, made.audit))
        _list(desk, made.manifest.missing, desk.texts.of("message", "rows_without_bytes"))
    return ExitCode.ERROR if made.manifest.missing or made.audit.fault else ExitCode.DONE


@click.command("restore")
@click.argument("backup", metavar="FROM", type=click.Path(exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of a record that holds something.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def restore_command(desk: Desk, backup: Path, replace: bool, as_json: bool) -> int:
    """Put a backup back, and say what does not match. Stop the service and every worker first.

    Scans are only added. Those that are newer than the record are named: drop them into the watched
    folder again, or give them to `jana read`. Leaves with exit code 1 when anything that the record knows
    is missing or spoilt.
    """
    settings = desk.settings
    with _advancing(desk.progress("restoring", None)) as step:
        done = restore(
            backup,
            settings.record_url(),
            partial(open_store, place=desk.store_place),
            settings.home,
            actor=desk.actor,
            replace=replace,
            step=step,
        )
    if as_json:
        click.echo(json.dumps(_as_object(done), indent=2))
    else:
        _tell(desk, done)
    return ExitCode.DONE if done.mismatches.harmless and not done.damaged else ExitCode.ERROR


def _tell(desk: Desk, done: Restored) -> None:
    seen = done.mismatches
    desk.say("restored", at=done.manifest.made_at, schema=done.manifest.schema, scans=done.added)
    if done.before is not None:
        desk.say("record_before", file=done.before)
    click.echo(audit_words(desk, seen.audit))
    texts = desk.texts
    _list(desk, seen.scans_without_rows, texts.of("message", "scans_without_rows"))
    _list(desk, seen.rows_without_bytes, texts.of("message", "rows_without_bytes"))
    _list(desk, seen.hashes_that_differ, texts.of("message", "hashes_that_differ"))
    _list(desk, done.damaged, texts.of("message", "damaged_in_backup"))
    _tell_of_accounts(desk, done.accounts)
    if seen.harmless and not seen.scans_without_rows and not done.damaged:
        desk.say("all_matches")


def _tell_of_accounts(desk: Desk, accounts: AccountsBack) -> None:
    """Who may sign in is as it was when the backup was made, which may be too many."""
    texts = desk.texts
    _list(desk, accounts.disabled, texts.of("message", "accounts_disabled_again"))
    _list(desk, accounts.changed, texts.of("message", "accounts_changed_since"))
    _list(desk, accounts.gone, texts.of("message", "accounts_made_since"))
    if not accounts.compared:
        _list(desk, accounts.may_sign_in, texts.of("message", "accounts_as_in_backup"))


def _list(desk: Desk, names: tuple[str, ...], what: str) -> None:
    if not names:
        return
    click.echo(f"{what} {len(names)}")
    for name in names[:SHOWN]:
        click.echo(f"  {escaped(name)}")
    if len(names) > SHOWN:
        click.echo(f"  {desk.texts.of('message', 'and_more', count=len(names) - SHOWN)}")


def _as_object(done: Restored) -> dict[str, object]:
    seen: Mismatches = done.mismatches
    return {
        "backup": asdict(done.manifest),
        "scans_added": done.added,
        "damaged_in_backup": done.damaged,
        "record_before": None if done.before is None else str(done.before),
        "scans_without_rows": seen.scans_without_rows,
        "rows_without_bytes": seen.rows_without_bytes,
        "hashes_that_differ": seen.hashes_that_differ,
        "audit": audit_object(seen.audit),
        "accounts": asdict(done.accounts),
    }


@contextmanager
def _advancing(shown: AbstractContextManager[Progress]) -> Iterator[Callable[[int], None]]:
    """A progress bar over scans, whose number is heard with the first of them."""
    with shown as bar:
        task = bar.task_ids[0]

        def step(total: int) -> None:
            bar.update(task, total=total, advance=1)

        yield step
