"""Which service has which file: claims are made by renaming, and outlive the service that made them.

`INBOX/.jana/claims/<service>/<token>/<name>`: of two services that rename one file, one finds it gone.
`<service>/alive` is locked as long as the service lives, and gets another content every few seconds. A
claim whose service has ended is taken over by renaming its folder: at once by a service of the same
machine, to which the lock tells, by others when they have seen no sign of life for a while by their own
clock. Whoever was only asleep finds its claim gone and lets it go; nothing is done twice because of that,
as the record takes every claim once.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scanner.watch.durable import make_folder, move, sync_folder, write_new
from scanner.watch.inbox import OURS, Entry

ALIVE = "alive"
NOTE = ".claim"
"""A scan is never called so: names with a dot in front are passed over."""
BEAT_S = 5.0
SIGN_BYTES = 512
STARTS = 5
"""Times that our folder is made before we give up: another service may take it for a dead one's at first."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that is ours."""

    token: str
    """Random; names the claim in the record, whoever holds it."""
    path: Path
    office: str
    """Folders between the inbox and where the file lay."""

    @property
    def name(self) -> bytes:
        return os.fsencode(self.path.name)

    @property
    def folder(self) -> Path:
        return self.path.parent


@dataclass(slots=True)
class _Other:
    """Another service as we last saw it."""

    sign: object
    since_s: float


class Claims:
    """The claims of one service on one inbox. For one thread; only the sign of life has its own."""

    def __init__(self, inbox: Path, lease_s: float) -> None:
        self._all = inbox / OURS / "claims"
        self._lease_s = lease_s
        self._service = secrets.token_hex(8)
        self._folder = self._all / self._service
        self._alive: int | None = None
        self._beats = 0
        self._lock = threading.Lock()
        self._others: dict[str, _Other] = {}

    @property
    def service(self) -> str:
        """Random; the same as long as this service lives."""
        return self._service

    def ensure(self) -> None:
        """Have our folder and our sign of life there, whoever may have removed them. Raises OSError."""
        for _ in range(STARTS):
            with self._lock:
                if self._is_there():
                    return
                with suppress(FileNotFoundError):  # tidied away by another service before it was locked
                    self._make()
            self.beat()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._folder))

    def _is_there(self) -> bool:
        try:
            return self._alive is not None and os.path.samestat(
                os.fstat(self._alive), (self._folder / ALIVE).lstat()
            )
        except OSError:
            return False

    def _make(self) -> None:
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        make_folder(self._folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._alive = os.open(self._folder / ALIVE, flags, 0o666)
        with suppress(OSError):  # a share without locks: others go by our sign of life alone
            fcntl.flock(self._alive, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def beat(self) -> None:
        """Give a sign of life; from any thread. Raises OSError."""
        with self._lock:
            if self._alive is None:
                return
            self._beats += 1
            sign = {"host": _this_host(), "pid": os.getpid(), "beat": self._beats}
            # Of one length, so that nobody reads the rest of an older sign behind it.
            os.pwrite(self._alive, json.dumps(sign).encode().ljust(SIGN_BYTES), 0)

    def claim(self, entry: Entry) -> Claim | None:
        """Make a file of the inbox ours; None when somebody else was quicker.

        Raises OSError; the file may be ours all the same, and is among those that `held` finds.
        """
        token = secrets.token_hex(16)
        folder = self._folder / token
        folder.mkdir()
        path = folder / entry.path.name
        try:
            write_new(folder / NOTE, json.dumps({"office": entry.office}).encode())
            move(entry.path, path)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError) and self._folder.is_dir()
            if os.path.lexists(path):  # ours, with its note: only that it will stay so is not sure
                if gone:  # nobody needs the folder any more that it came from
                    return Claim(token, path, entry.office)
                raise
            with suppress(OSError):
                self._remove(folder)
            if gone:
                return None
            raise
        return Claim(token, path, entry.office)

    def held(self) -> list[Claim]:
        """All claims that lie in our folder. Those that were never made are removed. Raises OSError."""
        found = []
        for folder in sorted(_folders(self._folder)):
            files = [path for path in folder.iterdir() if not path.name.startswith(".")]
            if files:
                found.append(Claim(folder.name, files[0], _noted_office(folder)))
            else:
                self._remove(folder)
        return found

    def let_go(self, claim: Claim) -> None:
        """The file has gone from the claim, wherever to: remove what is left of it. Raises OSError."""
        self._remove(claim.folder)

    def adopt(self, now_s: float) -> int:
        """Take over the claims of services that have ended; how many. Raises OSError."""
        adopted = 0
        others = [path.name for path in _folders(self._all) if path.name != self._service]
        self._others = {name: self._others[name] for name in others if name in self._others}
        for name in others:
            folder = self._all / name
            with suppress(OSError):  # ended in its very beginning or end: nothing is in there
                folder.rmdir()
                continue
            with _lock_of_the_dead(folder / ALIVE) as ended:
                if ended or self._is_silent(name, folder, now_s):
                    adopted += self._adopt_all(folder)
        return adopted

    def close(self) -> None:
        """End, leaving to the next service what is not finished."""
        with self._lock:
            if self._alive is None:
                return
            with suppress(OSError):
                if [path.name for path in self._folder.iterdir()] == [ALIVE]:
                    (self._folder / ALIVE).unlink()
                    self._folder.rmdir()
            os.close(self._alive)
            self._alive = None

    def _is_silent(self, name: str, folder: Path, now_s: float) -> bool:
        """Whether a service has given no sign of life for a while, by our own clock."""
        sign = _sign_of(folder)
        seen = self._others.get(name)
        if seen is None or seen.sign != sign:
            self._others[name] = _Other(sign, now_s)
            return False
        return now_s - seen.since_s >= self._lease_s

    def _adopt_all(self, folder: Path) -> int:
        adopted = 0
        for claim in _folders(folder):
            with suppress(FileNotFoundError, FileExistsError):  # another service is adopting too
                claim.rename(self._folder / claim.name)
                adopted += 1
        if adopted:
            sync_folder(self._folder)
        with suppress(OSError):
            (folder / ALIVE).unlink()
        with suppress(OSError):
            folder.rmdir()
        return adopted

    def _remove(self, folder: Path) -> None:
        """Remove a claim's folder, unless a file is in it."""
        with suppress(FileNotFoundError):
            for path in list(folder.iterdir()):
                if path.name.startswith("."):
                    path.unlink()
            folder.rmdir()


@contextmanager
def _lock_of_the_dead(alive: Path) -> Iterator[bool]:
    """Whether a service of this machine has ended; while we look, nobody else adopts from it.

    One that never came to sign has ended too, when its lock can be had: whoever lives locks first.
    """
    with ExitStack() as stack:
        try:
            descriptor = os.open(alive, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            ended = _host_of(os.pread(descriptor, SIGN_BYTES, 0)) in (None, _this_host())
            if ended:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            ended = False
        yield ended


def _host_of(sign: bytes) -> object:
    """The machine that a sign of life was given on; None when it is none, as after a power cut."""
    try:
        return json.loads(sign)["host"]
    except (ValueError, KeyError, TypeError):
        return None


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]


def _sign_of(folder: Path) -> object:
    """What tells one sign of life from the next; also of a folder without any."""
    try:
        with (folder / ALIVE).open("rb") as file:
            return file.read(SIGN_BYTES), os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None


def _noted_office(folder: Path) -> str:
    """The office of a claim; none when its note cannot be read, for it is no reason to lose the file."""
    try:
        office = str(json.loads((folder / NOTE).read_bytes())["office"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    inside = not office.startswith("/") and ".." not in office.split("/")
    return office if inside else ""


def _this_host() -> str:
    """Where a lock tells whether its owner lives."""
    machine = Path("/etc/machine-id")
    with suppress(OSError):
        return f"{socket.gethostname()} {machine.read_text('ascii').strip()}"
    return socket.gethostname()
