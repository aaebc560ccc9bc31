"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.errors import JanaError


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its name when all went well, and is gone when it did not.

    What stood under the name stays until then. Raises JanaError when the file cannot be written.
    """
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made by open, not by tempfile: the user's own umask says who may read it.
        part.open("xb").close()
    except OSError as error:
        raise JanaError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise JanaError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
