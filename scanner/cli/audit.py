"""`jana audit`: does the log hold, and a place in it to keep elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from scanner.cli.context import Desk, pass_desk
from scanner.errors import ExitCode, JanaError
from scanner.printing.appearing import appearing
from scanner.record import Anchor, AuditCheck, Record

ANCHOR_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("audit")
def command() -> None:
    """Check the log of every change and every look, which shows tampering."""


@command.command()
@click.option("--anchor", type=ANCHOR_FILE, help="An anchor that was written before: shows what was cut off.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def verify(desk: Desk, anchor: Path | None, as_json: bool) -> int:
    """Recompute the whole chain, and the values that it vouches for; name the first bad entry.

    Leaves with exit code 1 when something is wrong. The record is only read. Without an anchor that is
    kept elsewhere nobody can tell whether entries are missing at the end.
    """
    kept = None if anchor is None else read_anchor(anchor)
    with Record.open(desk.settings.record_url(), read_only=True) as record:
        check = record.verify(kept)
    click.echo(json.dumps(as_object(check), indent=2) if as_json else in_words(desk, check))
    return ExitCode.DONE if check.fault is None else ExitCode.ERROR


@command.command()
@click.option("--out", required=True, type=ANCHOR_FILE, help="Where; on another machine, if you can.")
@pass_desk
def anchor(desk: Desk, out: Path) -> int:
    """Write down where the chain ends today, to keep outside the database.

    An anchor that OUT holds already is compared first. When the chain does not hold, nothing is written.
    """
    kept = read_anchor(out) if out.exists() else None
    with Record.open(desk.settings.record_url(), read_only=True) as record:
        check = record.verify(kept)
    if check.fault is not None or check.head is None:
        click.echo(in_words(desk, check))
        return ExitCode.ERROR
    write_anchor(out, check.head)
    desk.say("anchored", sequence=check.head.sequence, file=out)
    return ExitCode.DONE


def in_words(desk: Desk, check: AuditCheck) -> str:
    """What a check came to, in the language of the settings."""
    fault = check.fault
    if fault is None:
        end = "" if check.head is None else f"{check.head.sequence} {check.head.digest}"
        return desk.texts.of("message", "audit_holds", count=check.entries, end=end)
    what = desk.texts.of("audit", fault.what.name.lower())
    if fault.sequence is None:
        return desk.texts.of("message", "audit_unvouched", what=what)
    return desk.texts.of("message", "audit_broken", sequence=fault.sequence, what=what)


def as_object(check: AuditCheck) -> dict[str, object]:
    """The same for programs."""
    fault = check.fault
    return {
        "holds": fault is None,
        "entries": check.entries,
        "head": None if check.head is None else asdict(check.head),
        "fault": None if fault is None else {"sequence": fault.sequence, "what": fault.what.value},
    }


def read_anchor(path: Path) -> Anchor:
    """An anchor from its file. Raises JanaError when it is none."""
    try:
        kept = json.loads(path.read_bytes())
        return Anchor(int(kept["sequence"]), str(kept["digest"]))
    except OSError as error:
        raise JanaError(f"The anchor {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise JanaError(f"{path} is no anchor: name a file that `jana audit anchor` wrote.") from error


def write_anchor(path: Path, anchor: Anchor) -> None:
    with appearing(path) as part:
        part.write_text(json.dumps(asdict(anchor)) + "\n", encoding="utf-8")
