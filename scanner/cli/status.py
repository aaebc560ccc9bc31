"""`jana status`: how the work stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from scanner.cli import deliver
from scanner.cli.context import Desk, pass_desk
from scanner.errors import JanaError
from scanner.record import Overview, Record
from scanner.texts.cells import utc_text
from scanner.watch.lying import Lying, lying_in


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--inbox", type=click.Path(path_type=Path), help="The watched folder: say too what still lies in it."
)
@pass_desk
def command(desk: Desk, as_json: bool, inbox: Path | None) -> None:
    """Say how the work stands: what waits, what was refused, and figures that add up.

    What still lies in the watched folder is counted apart, and only when the folder is named: before the
    service has taken it in, the record does not know of it.
    """
    lying = None if inbox is None else _lying_in(inbox)
    with Record.open(desk.settings.record_url(), read_only=True) as record:
        seen = record.overview()
        targets = record.target_status(list(desk.settings.delivery))
    if as_json:
        told = as_object(seen) | {"delivery": deliver.as_object(targets)}
        if lying is not None:
            told["inbox"] = inbox_object(lying)
        click.echo(json.dumps(told, indent=2))
        return
    for line in (*in_words(desk, seen, lying), *deliver.in_words(desk, targets)):
        click.echo(line)


def _lying_in(inbox: Path) -> Lying:
    try:
        return lying_in(inbox)
    except OSError as error:
        raise JanaError(f"The inbox {inbox} cannot be listed: {error.strerror}. Is it there?") from error


def in_words(desk: Desk, seen: Overview, lying: Lying | None = None) -> list[str]:
    """The overview as lines of text, in the language of the settings."""
    counts = asdict(seen.counts)
    texts = desk.texts
    lines = [
        texts.of("message", "status_sheets", **counts),
        texts.of("message", "status_pages", **counts),
    ]
    if seen.oldest_waiting_at is None:
        lines.append(texts.of("message", "status_no_files", files=seen.counts.files))
    else:
        since = utc_text(seen.oldest_waiting_at)
        values = {"files": seen.counts.files, "waiting": seen.files_waiting, "since": since}
        lines.append(texts.of("message", "status_files", **values))
    if lying is not None:
        lines += _inbox_in_words(desk, lying)
    if seen.newest_outcome_at is not None:
        lines.append(texts.of("message", "status_newest", at=utc_text(seen.newest_outcome_at)))
    if seen.refused:
        lines.append(texts.of("message", "status_refused"))
        width = max(len(str(number)) for number in seen.refused.values())
        for reason, number in seen.refused.items():
            lines.append(f"  {number:>{width}}  {reason.value}: {texts.of('page_reason', reason.value)}")
    return lines


def _inbox_in_words(desk: Desk, lying: Lying) -> list[str]:
    texts = desk.texts
    values = {"waiting": lying.waiting, "claimed": lying.claimed}
    if lying.oldest_at is None:
        lines = [texts.of("message", "status_inbox_empty", claimed=lying.claimed)]
    else:
        lines = [texts.of("message", "status_inbox", since=utc_text(lying.oldest_at), **values)]
    if lying.unlisted:
        lines.append(texts.of("message", "status_inbox_unlisted", folders=lying.unlisted))
    return lines


def as_object(seen: Overview) -> dict[str, object]:
    """The same for programs."""
    counts = seen.counts
    return {
        "sheets": {
            "printed": counts.printed,
            "outstanding": counts.outstanding,
            "in_review": counts.in_review,
            "settled": counts.settled,
            "void": counts.void,
        },
        "pages": {
            "seen": counts.pages_seen,
            "read": counts.pages_read,
            "refused": counts.pages_refused,
            "empty": counts.pages_empty,
            "waiting": counts.pages_waiting,
        },
        "files": {
            "taken": counts.files,
            "waiting": seen.files_waiting,
            "oldest_waiting_at": _moment(seen.oldest_waiting_at),
        },
        "refused": {reason.value: number for reason, number in seen.refused.items()},
        "newest_outcome_at": _moment(seen.newest_outcome_at),
    }


def inbox_object(lying: Lying) -> dict[str, object]:
    """What lies in the inbox, for programs."""
    return {
        "waiting": lying.waiting,
        "oldest_at": _moment(lying.oldest_at),
        "claimed": lying.claimed,
        "unlisted_folders": lying.unlisted,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
