"""`jana doctor`: what is missing or wrong on this machine, and the remedy."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from forms.definition import load_library
from forms.errors import FormDefinitionError
from forms.purpose import draw_notice
from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.cli.doctor_review import review_findings
from scanner.cli.finding import Finding, State
from scanner.cli.terminal import harmless
from scanner.delivery.targets import make_target
from scanner.errors import ExitCode, JanaError, SettingsError
from scanner.pages import poppler
from scanner.reading.codes import zbar_available
from scanner.reading.printed_code import ocr_available
from scanner.reading.profile import SHIPPED, load_profile
from scanner.record import Record
from scanner.settings import Settings, unknown_variables
from scanner.settings_home import default_home

MIN_FREE_GB = 1.0


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@pass_desk
def command(desk: Desk, as_json: bool) -> int:
    """Look at this machine: what is missing or wrong, and what to do about it."""
    findings = list(_examine(desk))
    if as_json:
        rows = [{k: v for k, v in asdict(found).items() if k != "exit_code"} for found in findings]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _show(findings)
        bad = sum(found.state is not State.OK for found in findings)
        if not any(found.exit_code is ExitCode.SETTINGS for found in findings):  # else in which language?
            desk.say("unhealthy" if bad else "healthy", count=bad)
    return next((f.exit_code for f in findings if f.state is State.ERROR), ExitCode.DONE)


def _examine(desk: Desk) -> Iterator[Finding]:
    yield _python()
    yield _helper("zbar", zbar_available, "libzbar0", "damaged QR codes are read less often")
    yield _helper("tesseract", ocr_available, "tesseract-ocr", "printed codes cannot be read")
    yield _helper("poppler", poppler.is_installed, "poppler-utils", "some odd PDF pages cannot be read")
    try:
        settings = desk.settings
    except SettingsError as error:
        yield Finding(
            "settings", State.ERROR, str(error), "Mend the setting that is named.", ExitCode.SETTINGS
        )
        return
    yield _settings(settings)
    yield _home(settings)
    yield _forms(settings)
    yield _profile(settings)
    yield from review_findings(settings)
    record = _record(settings)
    yield record
    if record.state is not State.ERROR:
        yield from _targets(settings)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", State.OK, version)


def _helper(name: str, available: Callable[[], bool], package: str, consequence: str) -> Finding:
    if available():
        return Finding(name, State.OK, "installed")
    return Finding(name, State.WARNING, f"not installed: {consequence}", f"apt-get install {package}")


def _settings(settings: Settings) -> Finding:
    stray = unknown_variables()
    if stray:
        names = ", ".join(stray)
        return Finding("settings", State.WARNING, f"{names} means nothing", "Correct its name, or unset it.")
    secret = settings.database_url_file
    if secret is not None and secret.exists() and secret.stat().st_mode & 0o044:
        return Finding("settings", State.WARNING, f"others can read {secret}", f"chmod 600 {secret}")
    return Finding("settings", State.OK, f"home {settings.home}, language {settings.language}")


def _home(settings: Settings) -> Finding:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        free_gb = shutil.disk_usage(home).free / 1e9
    except OSError as error:
        return Finding(
            "home",
            State.ERROR,
            f"{home}: {error.strerror}",
            "Set JANA_HOME to a folder of yours.",
            ExitCode.SETTINGS,
        )
    if not os.access(home, os.W_OK):
        return Finding(
            "home",
            State.ERROR,
            f"{home} cannot be written",
            "Set JANA_HOME to a folder of yours.",
            ExitCode.SETTINGS,
        )
    if free_gb < MIN_FREE_GB:
        return Finding("home", State.WARNING, f"{free_gb:.1f} GB free on {home}", "Make room on this disk.")
    return Finding("home", State.OK, f"{free_gb:.0f} GB free on {home}")


def _forms(settings: Settings) -> Finding:
    try:
        library = load_library(settings.instruments)
        for phrases in {text.phrases for instrument in library.values() for text in instrument.texts}:
            draw_notice(phrases, settings.licence)
    except FormDefinitionError as error:
        return Finding("forms", State.ERROR, str(error), "Mend what is named.", ExitCode.SETTINGS)
    codes = ", ".join(sorted(library))
    if settings.licence is None:
        return Finding(
            "forms",
            State.WARNING,
            f"{codes}; every sheet is a specimen, not for clinical use",
            f"Set licence in {default_home() / 'settings.toml'} to your organisation's licence text.",
        )
    return Finding("forms", State.OK, codes)


def _profile(settings: Settings) -> Finding:
    try:
        profile = load_profile(settings.profile or SHIPPED)
    except SettingsError as error:
        return Finding("profile", State.ERROR, str(error), "Mend or unset `profile`.", ExitCode.SETTINGS)
    return Finding("profile", State.OK, f"{profile.profile_id}: {profile.provenance}")


def _record(settings: Settings) -> Finding:
    try:
        with Record.open(settings.record_url()) as record:
            counts = record.counts()
    except JanaError as error:
        remedy = "Until this is mended nothing can be printed or read; then call `jana doctor` again."
        return Finding("record", State.ERROR, str(error), remedy, error.exit_code)
    central = settings.database_url or settings.database_url_file
    place = "central database" if central else str(settings.home / "jana.sqlite")
    figures = (
        f"{counts.printed} sheets printed, {counts.outstanding} outstanding, {counts.in_review} in review"
    )
    detail = f"{place}: {figures}"
    if counts.pages_waiting or counts.files_unopened:
        waiting = counts.pages_waiting + counts.files_unopened
        return Finding(
            "record",
            State.WARNING,
            f"{detail}; {waiting} scanned pages unread",
            "Run `jana read` on the scans again.",
        )
    return Finding("record", State.OK, detail)


def _targets(settings: Settings) -> Iterator[Finding]:
    """Whether the settings can be used, and who did not answer the last time. Nobody is asked anything."""
    with Record.open(settings.record_url()) as record:
        found = record.target_status(list(settings.delivery))
        for name, status in found.items():
            check = f"delivery.{name}"
            try:
                make_target(name, settings.delivery[name], record).close()
            except SettingsError as error:
                yield Finding(check, State.ERROR, str(error), "Mend the setting.", ExitCode.SETTINGS)
                continue
            counts = status.counts
            detail = f"{settings.delivery[name].kind}: {counts.delivered} delivered, {counts.pending} pending"
            if status.trouble is not None:
                why = f"{detail}; does not answer: {status.trouble}"
                yield Finding(check, State.WARNING, why, "Mend that; it is tried again all the time.")
            elif counts.rejected or counts.undeliverable:
                bad = f"{detail}; {counts.rejected} rejected, {counts.undeliverable} undeliverable"
                remedy = f"jana reconcile --list rejected --target {name} says why (or --list undeliverable)."
                yield Finding(check, State.WARNING, bad, remedy)
            else:
                yield Finding(check, State.OK, detail)


def _show(findings: list[Finding]) -> None:
    styles = {State.OK: "green", State.WARNING: "yellow", State.ERROR: "bold red"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for found in findings:
        detail = found.detail if found.remedy is None else f"{found.detail}\n→ {found.remedy}"
        table.add_row(Text(found.state, styles[found.state]), found.check, harmless(detail))
    plain_console().print(table)
