"""`jana review`: the review page."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from scanner.cli.context import Desk, pass_desk
from scanner.cli.service_log import service_log
from scanner.record import Record
from scanner.review.access_log import Answered
from scanner.review.app import create_app
from scanner.review.serve import ReviewServer, place_of, serving_at
from scanner.settings_review import ReviewRules

PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("review")
@click.option("--host", help="The address to answer on; 127.0.0.1 where neither this nor a setting says so.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0: any free one.")
@click.option("--name", "names", multiple=True, help="A name under which browsers know the page.")
@click.option("--tls-cert", type=PEM, help="Certificate and those above it, as PEM.")
@click.option("--tls-key", type=PEM, help="Its key, as PEM.")
@click.option("--behind-proxy", "proxies", multiple=True, help="Address of a reverse proxy that has TLS.")
@pass_desk
def command(
    desk: Desk,
    host: str | None,
    port: int | None,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    proxies: tuple[str, ...],
) -> None:
    """Serve the page on which people settle what the reader was not sure of.

    Only this machine is answered, unless there is TLS: our own (--tls-cert, --tls-key) or that of a reverse
    proxy (--behind-proxy). It runs until it is stopped (SIGTERM, Ctrl-C). Accounts are made by
    `jana user add`. It logs to standard error, a JSON object a line when that is no terminal.
    """
    rules = desk.settings.review
    place = replace(
        place_of(rules),
        host=rules.host if host is None else host,
        port=rules.port if port is None else port,
        names=(*rules.names, *names),
        tls_cert=tls_cert or rules.tls_cert,
        tls_key=tls_key or rules.tls_key,
        proxies=proxies or rules.proxies,
    )
    serving = serving_at(place)
    log = service_log()

    def hear(answered: Answered) -> None:
        log.info("answered", **asdict(answered))

    with Record.open(desk.settings.record_url()) as record:
        app = create_app(record, desk.settings, serving=serving, hear=hear, note=log.warning)
        server = ReviewServer(place, log)
        try:
            _say_how_to_begin(desk, record, rules)
            log.info("serving", url=server.url, names=list(serving.names), secure=serving.secure)
            desk.say("review_at", url=server.url)
            server.run(app)
        finally:
            server.close()
    log.info("stopped")


def _say_how_to_begin(desk: Desk, record: Record, rules: ReviewRules) -> None:
    """Without an account, nobody could get past the first page."""
    if not any(account.disabled_at is None for account in record.accounts()):
        desk.say("no_accounts" if rules.oidc is None else "no_accounts_oidc")
