"""The one secret of the review page: a key in a file, from which the others are derived.

It seals what the database keeps of second factors, so that a copy of the database alone gives
nobody a code. Machines that share a database share the file (setting `[review] key_file`).
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scanner.errors import SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12


def read_secret(path: Path, *, setting: str) -> str:
    """A secret from a file, without the white space round it.

    Raises SettingsError when it cannot be read, is empty, or is open to everybody.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            said = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"The file of {setting}, {path}, cannot be read: {why}.") from error
    if mode & stat.S_IROTH:
        raise SettingsError(f"Everybody may read {path}, the file of {setting}: call chmod o-rwx on it.")
    if not said:
        raise SettingsError(f"The file of {setting}, {path}, is empty.")
    return said


def read_key(path: Path) -> bytes:
    """The key in a file. Raises SettingsError when it cannot be read, or is none, or is open to everybody."""
    try:
        key = bytes.fromhex(read_secret(path, setting="key_file"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} holds no key of Jana's: {2 * KEY_BYTES} hexadecimal digits.")
    return key


class ServerKey:
    """The key, and what is derived from it for one purpose each."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, path: Path) -> ServerKey:
        """The key in the file, which is made when it is not there, readable for its owner only.

        Raises SettingsError when the file can be neither read nor made, or holds no key.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path)
        except OSError as error:
            raise SettingsError(f"The key file {path} cannot be made: {error.strerror}.") from error
        return cls(read_key(path))

    def derived(self, purpose: str) -> bytes:
        """32 bytes that belong to this purpose and tell nothing of the others."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self._key)

    def sealed(self, secret: bytes, *, purpose: str, owner: str) -> bytes:
        """`secret` so that only this key opens it again, and only for the same purpose and owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.derived(purpose)).encrypt(nonce, secret, owner.encode())

    def opened(self, sealed: bytes, *, purpose: str, owner: str) -> bytes:
        """What was sealed. Raises SettingsError when it was sealed by another key, or for somebody else."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.derived(purpose)).decrypt(nonce, rest, owner.encode())
        except (InvalidTag, ValueError):
            raise SettingsError(
                "What the record keeps of a second factor was sealed with another key file. "
                "Name the file that it was made with in [review] key_file."
            ) from None


def _make(path: Path) -> None:
    """Write a new key unless there is one. It appears whole: others may start at the same moment."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Linking fails where somebody was quicker, and then theirs counts.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
