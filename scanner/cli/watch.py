"""`jana watch`: the service."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from scanner.cli.context import Desk, pass_desk
from scanner.cli.service_log import service_log
from scanner.errors import JanaError, SettingsError
from scanner.intake.page_job import PageReader, ReaderSetup
from scanner.reading.profile import SHIPPED, load_profile
from scanner.settings import Settings
from scanner.watch.health import Health
from scanner.watch.http import HealthServer
from scanner.watch.inbox import DONE, OURS, REFUSED
from scanner.watch.metrics import Metrics
from scanner.watch.plan import Plan
from scanner.watch.service import Service
from scanner.watch.systemd import SystemdWatch


@click.command("watch")
@click.argument("inbox", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Take what has settled, read it, and leave: for a timer.")
@pass_desk
def command(desk: Desk, inbox: Path, once: bool) -> int:
    """Watch a folder: read every scan that is put into it or into an office's folder in it.

    A file that was read goes to INBOX/done, one that was refused as a whole to INBOX/refused with the reason
    beside it. The service can be stopped and started at any moment; several may watch one folder. It logs to
    standard error, a JSON object a line when that is no terminal.
    """
    settings = desk.settings
    checked_inbox(inbox, settings)
    log = service_log()
    health = Health()
    metrics = Metrics(health)
    profile = load_profile(settings.profile or SHIPPED)
    setup = ReaderSetup(settings.record_url(), profile, None, settings.review.second_look_share)
    plan = Plan(
        inbox=inbox.absolute(),
        record_url=settings.record_url(),
        store=desk.store_place,
        make_job=partial(PageReader, setup),
        processes=settings.processes,
        limits=settings.limits,
        rules=settings.watch,
        queue=settings.queue,
        second_look_share=settings.review.second_look_share,
        read_here=settings.read_here,
        texts=desk.texts,
        actor=f"watch/{desk.actor.partition('/')[2]}",
    )
    with ExitStack() as stack:
        if settings.health_port is not None:
            stack.enter_context(
                HealthServer(health, metrics, host=settings.health_host, port=settings.health_port)
            )
        stack.enter_context(SystemdWatch(health))
        return Service(plan, health, metrics, log).run(once=once)


def checked_inbox(inbox: Path, settings: Settings) -> None:
    """Refuse a folder that cannot be watched.

    Raises SettingsError when it and Jana's home are one in the other, JanaError when it is not to be used.
    """
    if not inbox.is_dir():
        raise JanaError(f"{inbox} is not a folder. Name the folder that the scanner puts its files into.")
    real, home = inbox.resolve(), settings.home.resolve()
    if real == home or home in real.parents or real in home.parents:
        raise SettingsError(
            f"The inbox {inbox} and Jana's home {settings.home} must not lie in each other: "
            "the record would be read as scans, or scans deleted with it. Set JANA_HOME to another folder."
        )
    if not os.access(inbox, os.R_OK | os.W_OK | os.X_OK):
        raise JanaError(f"{inbox} cannot be written: files are moved in it. Give Jana's user the right to.")
    for name in (DONE, REFUSED, OURS):
        ours = inbox / name
        if ours.is_symlink() or (ours.exists() and not ours.is_dir()):
            raise JanaError(f"{ours} must be a folder, and no link: move it away.")
