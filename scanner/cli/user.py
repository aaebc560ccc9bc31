"""`jana user`: who may use the review page, and what of the record is theirs to see."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.table import Table

from scanner.cli.context import Desk, pass_desk, plain_console
from scanner.cli.user_secrets import PASSWORD_FILE, asked_password, confirmed_totp
from scanner.errors import UsageError
from scanner.record import Account, NewAccount, Record
from scanner.record.accounts import unknown
from scanner.review.access.passwords import Passwords
from scanner.review.access.roles import Role
from scanner.texts import LANGUAGES
from scanner.texts.cells import utc_text

ROLE = click.Choice([role.value for role in Role])


@click.group("user")
def command() -> None:
    """Make accounts for the review page, and say what they may do.

    NAME is the account's name; capital letters make no difference. What an account may do takes effect at
    once: whoever is signed in has to sign in again.
    """


@command.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=ROLE, help="May be given several times.")
@click.option("--unit", "units", multiple=True, help="A unit that it may see; may be given several times.")
@click.option("--all-units", is_flag=True, help="It may see all units, and what belongs to none.")
@click.option("--display-name", default="", help="How the person is called; else NAME.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the page for this person.")
@click.option("--password-file", type=PASSWORD_FILE, help="A file with the password; else it is asked for.")
@click.option("--temporary", is_flag=True, help="The password must be changed at the first sign-in.")
@click.option("--oidc-subject", help="The person's number at the provider; then there is no password here.")
@click.option("--oidc-issuer", help="The provider's address; else that of the settings.")
@pass_desk
def add(
    desk: Desk,
    name: str,
    roles: tuple[str, ...],
    units: tuple[str, ...],
    all_units: bool,
    display_name: str,
    language: str | None,
    password_file: str | None,
    temporary: bool,
    oidc_subject: str | None,
    oidc_issuer: str | None,
) -> None:
    """Make an account. The password is asked for, unless it is in a file or at a provider."""
    with desk.record() as record:
        if record.account_named(name) is not None:
            raise UsageError(f"There is an account {name} already. Nothing was changed.")
        oidc = None if oidc_subject is None else (_issuer(desk, oidc_issuer), oidc_subject)
        hashed = None
        if oidc is None:
            hashed = Passwords().hashed(asked_password(desk, name, password_file))
        new = NewAccount(
            name=name,
            roles=roles,
            display_name=display_name,
            language=language,
            all_units=all_units,
            units=frozenset(units),
            password_hash=hashed,
            must_change_password=temporary and hashed is not None,
            oidc=oidc,
        )
        made = record.add_account(new, actor=desk.actor)
    desk.say("user_added", name=made.name, roles=_roles(desk, made))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an account, a line each.")
@pass_desk
def list_accounts(desk: Desk, as_json: bool) -> None:
    """Name all accounts, disabled ones too."""
    with desk.record() as record:
        accounts = record.accounts()
    if as_json:
        for account in accounts:
            click.echo(json.dumps(as_object(account), ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("name", "roles", "units", "second_factor", "disabled_at"):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for account in accounts:
        table.add_row(*_cells(account))
    plain_console().print(table, soft_wrap=True)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_desk
def show(desk: Desk, name: str, as_json: bool) -> None:
    """Show what is known of an account, but no secret of it."""
    with desk.record() as record:
        known = as_object(found(record, name))
    if as_json:
        click.echo(json.dumps(known, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for key, value in known.items():
        shown = " ".join(value) if isinstance(value, list) else value
        if shown not in (None, "", False):
            table.add_row(key, str(shown))
    plain_console().print(table, soft_wrap=True)


@command.command()
@click.argument("name")
@pass_desk
def disable(desk: Desk, name: str) -> None:
    """Let nobody in by this account, from this moment on. What it did stays in the record."""
    with desk.record() as record:
        record.disable_account(found(record, name).account_id, actor=desk.actor)
    desk.say("user_disabled", name=name)


@command.command()
@click.argument("name")
@pass_desk
def enable(desk: Desk, name: str) -> None:
    """Let the person in again."""
    with desk.record() as record:
        record.enable_account(found(record, name).account_id, actor=desk.actor)
    desk.say("user_enabled", name=name)


@command.command()
@click.argument("name")
@click.option("--password-file", type=PASSWORD_FILE, help="A file with the password; else it is asked for.")
@click.option("--temporary", is_flag=True, help="It must be changed at the next sign-in.")
@pass_desk
def password(desk: Desk, name: str, password_file: str | None, temporary: bool) -> None:
    """Give an account another password."""
    with desk.record() as record:
        account = found(record, name)
        hashed = Passwords().hashed(asked_password(desk, account.name, password_file))
        record.set_password(account.account_id, hashed, must_change=temporary, actor=desk.actor)
    desk.say("user_password", name=account.name)


@command.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Ask for no code any more, as when the telephone was lost.")
@pass_desk
def totp(desk: Desk, name: str, off: bool) -> None:
    """Set up a second factor: shows a QR code for an authenticator app, and asks for a code of it."""
    with desk.record() as record:
        account = found(record, name)
        if off:
            record.set_totp(account.account_id, None, actor=desk.actor)
        else:
            confirmed_totp(desk, record, account)
    desk.say("user_totp_off" if off else "user_totp", name=account.name)


@command.command()
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, type=ROLE)
@pass_desk
def role(desk: Desk, name: str, roles: tuple[str, ...]) -> None:
    """Give an account these ROLES and no others."""
    with desk.record() as record:
        account = found(record, name)
        record.set_roles(account.account_id, roles, actor=desk.actor)
        account = found(record, name)
    desk.say("user_roles", name=account.name, roles=_roles(desk, account))


@command.command()
@click.argument("name")
@click.argument("units", nargs=-1)
@click.option("--all-units", is_flag=True, help="All units, and what belongs to none.")
@pass_desk
def unit(desk: Desk, name: str, units: tuple[str, ...], all_units: bool) -> None:
    """Let an account see these UNITS and no others; without any, none."""
    with desk.record() as record:
        account = found(record, name)
        record.set_units(account.account_id, units, all_units=all_units, actor=desk.actor)
    desk.say("user_units", name=account.name, units=_units(units, all_units))


@command.command("case")
@click.argument("name")
@click.option("--add", "added", multiple=True, metavar="CASE", help="May be given several times.")
@click.option("--remove", "removed", multiple=True, metavar="CASE", help="May be given several times.")
@pass_desk
def own_cases(desk: Desk, name: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Say which cases are a professional's own."""
    if not added and not removed:
        raise UsageError("Say which: --add CASE or --remove CASE.")
    with desk.record() as record:
        account = found(record, name)
        for case in added:
            record.add_account_case(account.account_id, case, actor=desk.actor)
        for case in removed:
            record.remove_account_case(account.account_id, case, actor=desk.actor)
        cases = len(found(record, name).cases)
    desk.say("user_cases", name=account.name, count=cases)


@command.command()
@click.argument("name")
@click.option("--oidc-subject", help="The person's number at the provider.")
@click.option("--oidc-issuer", help="The provider's address; else that of the settings.")
@click.option("--off", is_flag=True, help="Tie it to nobody there any more.")
@pass_desk
def oidc(desk: Desk, name: str, oidc_subject: str | None, oidc_issuer: str | None, off: bool) -> None:
    """Tie an account to a person at the organisation's sign-in provider."""
    if (oidc_subject is None) != off:
        raise UsageError("Say either --oidc-subject NUMBER or --off.")
    person = None if oidc_subject is None else (_issuer(desk, oidc_issuer), oidc_subject)
    with desk.record() as record:
        account = found(record, name)
        record.set_oidc(account.account_id, person, actor=desk.actor)
    desk.say("user_oidc_off" if off else "user_oidc", name=account.name)


def found(record: Record, name: str) -> Account:
    """Raises JanaError when there is no such account."""
    account = record.account_named(name)
    if account is None:
        raise unknown(name)
    return account


def as_object(account: Account) -> dict[str, object]:
    """An account for programs, without its secrets."""
    return {
        "name": account.name,
        "display_name": account.display_name,
        "roles": list(account.roles),
        "units": sorted(account.units),
        "all_units": account.all_units,
        "cases": sorted(account.cases),
        "language": account.language,
        "password": account.password_hash is not None,
        "must_change_password": account.must_change_password,
        "second_factor": account.totp_secret is not None,
        "oidc_issuer": None if account.oidc is None else account.oidc[0],
        "oidc_subject": None if account.oidc is None else account.oidc[1],
        "created_at": utc_text(account.created_at),
        "disabled_at": None if account.disabled_at is None else utc_text(account.disabled_at),
    }


def _cells(account: Account) -> tuple[str, ...]:
    disabled = "" if account.disabled_at is None else utc_text(account.disabled_at)
    factor = "totp" if account.totp_secret is not None else "oidc" if account.oidc is not None else ""
    units = _units(sorted(account.units), account.all_units)
    return (account.name, " ".join(account.roles), units, factor, disabled)


def _units(units: Sequence[str], all_units: bool) -> str:
    return "*" if all_units else ", ".join(units) or "-"


def _roles(desk: Desk, account: Account) -> str:
    return ", ".join(desk.texts.of("role", role) for role in account.roles)


def _issuer(desk: Desk, named: str | None) -> str:
    provider = desk.settings.review.oidc
    if named is not None:
        return named
    if provider is None:
        raise UsageError("Name the provider: --oidc-issuer ADDRESS, or [review.oidc] in the settings.")
    return provider.issuer
