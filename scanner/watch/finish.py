"""Where a file goes in the end: `done/`, or `refused/` with the reason beside it. Nothing is overwritten.

Interrupted at any moment it can be done again: what was done already is recognised.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from scanner.model.outcome import RefusalReason
from scanner.record import escaped_name
from scanner.texts import Texts
from scanner.watch.claims import Claim
from scanner.watch.durable import make_folder, move, write_new
from scanner.watch.inbox import DONE, REFUSED

LONGEST_NAME = 255
"""Bytes, on every file system that we may meet."""
REASON_FILE = ".reason.txt"
DRAFT = ".reason"
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a file has gone."""

    path: Path
    reason_file: Path | None
    """Beside it, when it was refused."""


class Finish:
    """Places the files of one inbox."""

    def __init__(self, inbox: Path, texts: Texts) -> None:
        self._inbox = inbox
        self._texts = texts
        self._next: dict[Path, int] = {}
        """Where counting may begin for a name, so that the thousandth `scan.pdf` need not try them all."""

    def done(self, claim: Claim) -> Placed:
        """Move a file that was read to `done/`, below its office. Raises OSError."""
        for target in self._targets(DONE, claim):
            with suppress(FileExistsError):
                move(claim.path, target)
                return Placed(target, None)
        raise AssertionError("unreachable")

    def refused(self, claim: Claim, reason: RefusalReason, detail: str) -> Placed:
        """Move a file that was refused as a whole to `refused/`, with a file that says why. Raises OSError.

        The reason comes first, so that no refused file is ever without.
        """
        text = self._texts.of(
            "message",
            "refused_file",
            name=escaped_name(claim.name),
            reason=self._texts.of("page_reason", reason.value),
            code=reason.value,
            detail=detail,
            claim=claim.token,
        )
        for target in self._targets(REFUSED, claim):
            told = target.with_name(target.name + REASON_FILE)
            if os.path.lexists(target) or not _tell(told, text.encode() + b"\n", claim):
                continue
            try:
                move(claim.path, target)
            except FileExistsError:
                told.unlink()
                continue
            return Placed(target, told)
        raise AssertionError("unreachable")

    def _targets(self, ending: str, claim: Claim) -> Iterator[Path]:
        """Places for a file, the one with its own name first."""
        folder = self._inbox / ending / claim.office
        make_folder(folder)
        named = folder / claim.path.name
        for number in count(self._next.get(named, 1)):
            if len(self._next) >= _MOST_REMEMBERED:
                self._next.clear()
            if number > 1:
                self._next[named] = number
            yield folder / os.fsdecode(numbered(claim.name, number))


def numbered(name: bytes, number: int) -> bytes:
    """A name with a counter before its extension, from 2 on; short enough to get a reason file beside it."""
    stem, dot, extension = name.rpartition(b".")
    if not dot or not stem or len(extension) > 10:
        stem, dot, extension = name, b"", b""
    tail = (b" (%d)" % number if number > 1 else b"") + dot + extension
    room = LONGEST_NAME - len(REASON_FILE) - len(tail)
    return _cut(stem, room) + tail


def _cut(name: bytes, room: int) -> bytes:
    """At most so many bytes of a name, whole characters where it has such."""
    if len(name) <= room:
        return name
    while room > 1 and name[room] & 0b1100_0000 == 0b1000_0000:
        room -= 1
    return name[:room]


def _tell(path: Path, text: bytes, claim: Claim) -> bool:
    """Write a reason file; False when another file's is there."""
    draft = claim.path.with_name(DRAFT)
    draft.unlink(missing_ok=True)
    write_new(draft, text)
    try:
        move(draft, path)
    except FileExistsError:
        draft.unlink()
        return _holds(path, claim.token.encode())
    return True


def _holds(path: Path, token: bytes) -> bool:
    """Whether a reason file is that of an earlier try with the same claim."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return token in file.read(1 << 16)
    except OSError:
        return False
