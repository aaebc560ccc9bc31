"""`jana case import`: cases and planned meetings from a table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from forms.definition import load_library
from scanner.cases.rows import CaseTable, Known, read_cases
from scanner.cli.context import Desk, pass_desk
from scanner.cli.terminal import escaped
from scanner.errors import ExitCode
from scanner.model.case import RowTrouble
from scanner.record import CaseChange, CaseImport

MAX_TROUBLES = 50
"""Rows that are complained of at one time: enough to see what is wrong with a table."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}


@click.command("import")
@click.argument("table", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what it would bring.")
@click.option("--keep-good", is_flag=True, help="Take the good rows though others are wrong.")
@pass_desk
def command(desk: Desk, table: Path, dry_run: bool, keep_good: bool) -> int:
    """Take cases and planned meetings in from FILE (CSV), as often as wanted.

    A row is a case, or a meeting of a case: case, unit, age_band, opened, closed, outcome,
    retention_class, professional; session, session_date, session_time, subject, raters, own,
    instruments, language. All but case may be empty or absent, which leaves what is known as it is; a
    cell with only a hyphen empties it.
    When a row is wrong nothing is taken, unless --keep-good is given; the exit code is 1 in both cases.
    """
    library = load_library(desk.settings.instruments)
    read = read_cases(table, Known(library, frozenset(desk.settings.retention)))
    _tell_form(desk, table, read)
    with desk.record() as record:
        if dry_run or (read.troubles and not keep_good):
            brought, taken = record.weigh_cases(read.rows), False
        else:
            brought, taken = record.take_cases(read.rows, keep_good=keep_good, actor=desk.actor)
    troubles = sorted({*read.troubles, *brought.troubles}, key=lambda trouble: trouble.line)
    for change in brought.changes:
        click.echo(in_words(desk, change))
    _tell_troubles(desk, table, troubles)
    _tell_sum(desk, brought, taken=taken, dry_run=dry_run)
    return ExitCode.ERROR if troubles else ExitCode.DONE


def in_words(desk: Desk, change: CaseChange) -> str:
    """A change on one line: what it is about, and its values before and after."""
    whom = change.case if change.session is None else f"{change.case} {change.session}"
    nothing = desk.texts.of("message", "nothing_known")
    before, after = (nothing if value is None else shown(value) for value in (change.before, change.after))
    return escaped(f"{whom}  {change.column}: {before} → {after}")


def shown(value: object) -> str:
    """A value of a case or a meeting as it stands in a table."""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _tell_form(desk: Desk, path: Path, read: CaseTable) -> None:
    """How the file was understood, where that is not what our own tables look like."""
    if read.encoding != "utf-8" or read.separator != ",":
        encoding = {"utf-8": "UTF-8", "utf-16": "UTF-16", "latin-1": "Latin-1"}[read.encoding]
        separator = desk.texts.of("separator", SEPARATORS[read.separator])
        desk.say("table_form", file=path, encoding=encoding, separator=separator)
    if read.spoken_dates:
        desk.say("spoken_dates", count=read.spoken_dates)
    if read.ignored:
        desk.say("ignored_columns", file=path, columns=", ".join(read.ignored))


def _tell_troubles(desk: Desk, path: Path, troubles: list[RowTrouble]) -> None:
    if not troubles:
        return
    desk.say("wrong_rows", file=path)
    for trouble in troubles[:MAX_TROUBLES]:
        words = desk.texts.of("row", trouble.kind, **dict(trouble.values))
        on_line = desk.texts.of("message", "row_trouble", line=trouble.line, words=words)
        desk.talk.print("  " + escaped(on_line), soft_wrap=True)
    if len(troubles) > MAX_TROUBLES:
        more = desk.texts.of("message", "more_rows", count=len(troubles) - MAX_TROUBLES)
        desk.talk.print(f"  {more}", soft_wrap=True)


def _tell_sum(desk: Desk, brought: CaseImport, *, taken: bool, dry_run: bool) -> None:
    counts = {
        "cases": len(brought.new_cases),
        "sessions": len(brought.new_sessions),
        "changes": len(brought.changes),
    }
    if taken:
        desk.say("cases_taken", **counts)
    elif dry_run:
        desk.say("cases_would", **counts)
    else:
        desk.say("cases_not_taken")
