"""Secrets come from files that others cannot read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scanner.delivery.target import TargetDownError
from scanner.errors import SettingsError

MAX_BYTES = 64 * 1024


def read_secret(path: Path) -> str:
    """The secret in a file, without the line's end. The message of an error never repeats it.

    Raises SettingsError when there is none, or when everybody on the machine may read it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IROTH:
                raise SettingsError(f"{path} holds a secret and everybody may read it: chmod o-rwx {path}")
            raw = file.read(MAX_BYTES)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        secret = raw.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} holds no token: it is not plain ASCII text.") from error
    if not secret or not secret.isprintable() or " " in secret:
        raise SettingsError(f"{path} holds no token: one line without spaces is expected.")
    return secret


def token(path: Path) -> str:
    """As `read_secret`, while delivering: a token that is just being renewed is there the next time.

    Raises TargetDownError.
    """
    try:
        return read_secret(path)
    except SettingsError as error:
        raise TargetDownError(str(error)) from error
