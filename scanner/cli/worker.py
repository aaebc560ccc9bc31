"""`jana worker`: reads what others take in, on a machine that has no inbox."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import click

from scanner.cli.context import Desk, pass_desk
from scanner.cli.service_log import service_log
from scanner.errors import SettingsError
from scanner.intake.page_job import PageReader, ReaderSetup
from scanner.reading.profile import SHIPPED, load_profile
from scanner.record import is_central
from scanner.watch.health import Health
from scanner.watch.http import HealthServer
from scanner.watch.metrics import Metrics
from scanner.watch.plan import Plan
from scanner.watch.service import Service


@click.command("worker")
@click.option(
    "--processes",
    type=click.IntRange(1, 256),
    help="Reading processes; else as the settings say, or one for each core.",
)
@pass_desk
def command(desk: Desk, processes: int | None) -> int:
    """Read what `jana watch` takes in on any machine, until stopped (SIGTERM or Ctrl-C).

    It needs nothing but the database, which must be PostgreSQL: work and scans come from there. Any number
    may run, on any number of machines; each can be stopped, started or killed at any moment. It logs to
    standard error, a JSON object a line when that is no terminal.
    """
    settings = desk.settings
    if not is_central(settings.record_url()):
        raise SettingsError(
            "`jana worker` needs a record in PostgreSQL, which several machines can reach. This one is in an "
            "SQLite file, where `jana watch` does all by itself: set JANA_DATABASE_URL or "
            "JANA_DATABASE_URL_FILE to have another."
        )
    log = service_log()
    health = Health()
    metrics = Metrics(health)
    profile = load_profile(settings.profile or SHIPPED)
    setup = ReaderSetup(settings.record_url(), profile, None, settings.review.second_look_share)
    plan = Plan(
        inbox=None,
        record_url=settings.record_url(),
        store=desk.store_place,
        make_job=partial(PageReader, setup),
        processes=processes or settings.processes,
        limits=settings.limits,
        rules=settings.watch,
        queue=settings.queue,
        second_look_share=settings.review.second_look_share,
        texts=desk.texts,
        actor=f"worker/{desk.actor.partition('/')[2]}",
        database_wait_s=settings.database_wait_s,
    )
    with ExitStack() as stack:
        if settings.health_port is not None:
            stack.enter_context(
                HealthServer(health, metrics, host=settings.health_host, port=settings.health_port)
            )
        return Service(plan, health, metrics, log).run()
