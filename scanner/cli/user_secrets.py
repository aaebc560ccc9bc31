"""Passwords and second factors for `jana user`: asked for at the terminal or taken from a file, never from
the command's arguments, which everybody on the machine can see."""

from __future__ import annotations

from pathlib import Path

import click
import segno

from scanner.cli.context import Desk
from scanner.errors import JanaError
from scanner.record import Account, Record
from scanner.review.access import totp
from scanner.review.access.keys import ServerKey, read_secret
from scanner.review.access.passwords import SHORTEST, trouble_with

PASSWORD_FILE = click.Path(exists=True, dir_okay=False)


def asked_password(desk: Desk, name: str, file: str | None) -> str:
    """A new password for the account of this name, that is good enough.

    Raises JanaError when it is not, SettingsError when the file is open to everybody or cannot be read.
    """
    if file is not None:
        password = read_secret(Path(file), setting="--password-file")
    else:
        password = click.prompt(
            desk.texts.of("message", "user_ask_password", name=name),
            hide_input=True,
            confirmation_prompt=desk.texts.of("message", "user_ask_again"),
            err=True,
        )
    trouble = trouble_with(password, name=name)
    if trouble is not None:
        raise JanaError(desk.texts.of("password", trouble.value, count=SHORTEST))
    return password


def confirmed_totp(desk: Desk, record: Record, account: Account) -> None:
    """Show a new secret, and set it up when a code shows that the app has it.

    Raises JanaError when the code is wrong; what was there before stays.
    """
    secret = totp.new_secret()
    address = totp.uri_of(secret, name=account.name)
    segno.make(address, error="l", micro=False).terminal(compact=True)
    click.echo(address)
    code = click.prompt(desk.texts.of("message", "user_ask_code"), err=True)
    step = totp.step_of(secret, str(code), at=record.moment())
    if step is None:
        raise JanaError(desk.texts.of("message", "user_wrong_code"))
    key = ServerKey.open(desk.settings.review_key)
    sealed = totp.sealed(key, secret, account_id=account.account_id)
    record.set_totp(account.account_id, sealed, actor=desk.actor)
    record.use_totp_step(account.account_id, step)
