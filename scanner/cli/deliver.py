"""`jana deliver`: send what is settled to where it belongs, and say how that stands."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime

import click

from forms.definition import load_library
from forms.instrument import TotalRule
from scanner.cli.context import Desk, pass_desk
from scanner.cli.service_log import service_log
from scanner.cli.terminal import escaped
from scanner.delivery.outbox import Tally
from scanner.delivery.place import Place
from scanner.delivery.run import Courier, stopped_by_signals
from scanner.delivery.target import Target
from scanner.delivery.targets import make_target
from scanner.delivery.totals import WithoutTotals
from scanner.errors import ExitCode, SettingsError, UsageError
from scanner.record import Record, TargetStatus
from scanner.texts.cells import utc_text


@click.command("deliver")
@click.argument("targets", nargs=-1)
@click.option("--once", is_flag=True, help="Send what is there, then end; this is what it does anyway.")
@click.option("--watch", is_flag=True, help="Go on sending what comes, until stopped.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent next, and send nothing.")
@click.option("--status", is_flag=True, help="Say how it stands, and send nothing.")
@click.option("--retry", is_flag=True, help="Send what was rejected or undeliverable again.")
@click.option("--sheet", "sheets", multiple=True, metavar="SHEET_ID", help="With --retry: only this sheet.")
@click.option("--json", "as_json", is_flag=True, help="With --status: one JSON object.")
@pass_desk
def command(
    desk: Desk,
    targets: tuple[str, ...],
    once: bool,
    watch: bool,
    dry_run: bool,
    status: bool,
    retry: bool,
    sheets: tuple[str, ...],
    as_json: bool,
) -> int:
    """Send settled sheets to these TARGETS of the settings, or to all of them.

    It can be stopped or killed at any moment, and several may run: each sheet arrives once in each of its
    versions. A target that does not answer is tried again, one sheet that is rejected holds up no other.
    """
    if sum((once, watch, dry_run, status)) > 1:
        raise UsageError("Give one of --once, --watch, --dry-run and --status.")
    if sheets and not retry:
        raise UsageError("--sheet says which sheet to send again: give --retry too.")
    if retry and (dry_run or status):
        raise UsageError("--retry sends again what was rejected: leave --dry-run and --status away.")
    names = chosen(desk, targets)
    if not names:
        desk.say("no_targets")
        return ExitCode.DONE
    with desk.record() as record:
        if status:
            _show_status(desk, record, names, as_json=as_json)
            return ExitCode.DONE
        opened = [opened_target(desk, name, record) for name in names]
        if dry_run:
            _preview(desk, record, opened)
            return ExitCode.DONE
        if retry:
            _retry(desk, record, names, sheets)
        return _deliver(desk, record, opened, watch=watch)


def chosen(desk: Desk, names: Sequence[str]) -> list[str]:
    """The targets that are named, or else all of the settings. Raises SettingsError for an unknown one."""
    known = desk.settings.delivery
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise SettingsError(f"There is no target {name} in the settings; there are: {there}.")
    return list(dict.fromkeys(names)) or list(known)


def opened_target(desk: Desk, name: str, record: Record) -> Target:
    """A target of the settings. Raises SettingsError for what they name and cannot be used."""
    try:
        target = make_target(name, desk.settings.delivery[name], record)
    except SettingsError as error:
        raise SettingsError(f"delivery.{name}: {error}") from error
    library = load_library(desk.settings.instruments)
    without = [code for code, instrument in library.items() if instrument.total is TotalRule.NONE]
    return WithoutTotals(target, without) if without else target


def _deliver(desk: Desk, record: Record, targets: Sequence[Target], *, watch: bool) -> int:
    stop = threading.Event()
    courier = Courier(
        record=record,
        place=Place(desk.settings.home),
        rules=desk.settings.outbox,
        # A run by hand is told of in words when it is over.
        log=service_log(logging.INFO if watch else logging.CRITICAL),
        actor=f"deliver/{desk.actor.partition('/')[2]}",
    )
    with stopped_by_signals(stop.set) as code:
        if watch:
            courier.watch(targets, stop)
            return code()
        tallies = courier.once(targets, stop)
    for name, tally in tallies.items():
        _tell(desk, name, tally)
    down = [name for name, tally in tallies.items() if tally.down is not None]
    return ExitCode.ERROR if down and code() is ExitCode.DONE else code()


def _tell(desk: Desk, name: str, tally: Tally) -> None:
    if tally.busy:
        desk.say("delivery_busy", target=name)
        return
    figures = {"delivered": tally.delivered, "rejected": tally.rejected, "unanswered": tally.unanswered}
    desk.say("delivered", target=name, **figures)
    if tally.down is not None:
        desk.say("delivery_down", target=name, why=tally.down)


def _retry(desk: Desk, record: Record, names: Sequence[str], sheets: Sequence[str]) -> None:
    if sheets and len(names) > 1:
        raise UsageError("Name the target that is to get the sheet again.")
    for name in names:
        count = record.retry_delivery(name, [sheet.upper() for sheet in sheets], actor=desk.actor)
        desk.say("delivery_again", target=name, count=count)


def _preview(desk: Desk, record: Record, targets: Sequence[Target]) -> None:
    with ExitStack() as stack:
        for target in targets:
            stack.callback(target.close)
            record.append_audit(desk.actor, "delivery.preview", f"target:{target.name}")
            sheets = record.undelivered(target.name, target.at_once)
            refused = {sheet.key: target.refuses(sheet) for sheet in sheets}
            fit = [sheet for sheet in sheets if refused[sheet.key] is None]
            waiting = {sheet.key: why for sheet, why in zip(fit, target.waits(fit), strict=True)}
            going = [sheet for sheet in fit if waiting[sheet.key] is None]
            desk.say("delivery_preview", target=target.name, sheets=len(going))
            for key, why in (refused | waiting).items():
                if why is not None:
                    desk.say("delivery_not_sent", sheet=key, why=why)
            if going:
                for line in target.preview(going):
                    click.echo(escaped(line))


def _show_status(desk: Desk, record: Record, names: Sequence[str], *, as_json: bool) -> None:
    found = record.target_status(names)
    if as_json:
        click.echo(json.dumps(as_object(found), indent=2))
        return
    for line in in_words(desk, found):
        click.echo(line)


def in_words(desk: Desk, found: Mapping[str, TargetStatus]) -> list[str]:
    """How each target stands, in the language of the settings."""
    lines = []
    for name, status in found.items():
        lines.append(desk.texts.of("message", "delivery_status", target=name, **asdict(status.counts)))
        if status.counts.withdrawing:
            count = status.counts.withdrawing
            lines.append("  " + desk.texts.of("message", "delivery_withdrawing", count=count))
        if status.oldest_waiting_at is not None:
            since = utc_text(status.oldest_waiting_at)
            lines.append("  " + desk.texts.of("message", "delivery_oldest", since=since))
        if status.trouble is not None:
            until = "" if status.rests_until is None else utc_text(status.rests_until)
            values = {"why": escaped(status.trouble), "until": until, "failures": status.failures}
            lines.append("  " + desk.texts.of("message", "delivery_trouble", **values))
    return lines


def as_object(found: Mapping[str, TargetStatus]) -> dict[str, object]:
    """The same for programs."""
    return {
        name: {
            **asdict(status.counts),
            "oldest_waiting_at": _moment(status.oldest_waiting_at),
            "answered_at": _moment(status.answered_at),
            "trouble": status.trouble,
            "rests_until": _moment(status.rests_until),
            "failures": status.failures,
        }
        for name, status in found.items()
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
