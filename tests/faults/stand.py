"""A stand for faults: a home, an inbox, services that are started, hit and started again, and the judge."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.faults import invariants
from tests.faults.drops import Content, Drop, Expected, Places
from tests.faults.findings import traces
from tests.faults.paper import Paper
from tests.warm import Forked, Warm

PATIENCE_S = 300.0
QUICK = {
    "JANA_WATCH__SETTLE_S": "0.05",
    "JANA_WATCH__RESCAN_S": "0.3",
    "JANA_WATCH__SETTLE_LIMIT_S": "0.6",
    "JANA_WATCH__LATE_S": "5",
    "JANA_PROCESSES": "1",
    "JANA_LANGUAGE": "en",
}
"""Short times: what is tested is the order of things. The other cores have tests of their own."""


class Service:
    """A `jana` that was started."""

    def __init__(self, process: Forked, log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    def ended(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for its end; its exit code. One that does not end is killed, and the test fails."""
        try:
            return self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            raise AssertionError(f"it never ended: {self.said()[-2000:]}") from None

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.ended()

    def hold(self) -> None:
        """Stop it as with SIGSTOP, and wait until every thread of it stands still."""
        self.send(signal.SIGSTOP)
        stats = Path(f"/proc/{self.pid}/task")
        until_s = time.monotonic() + PATIENCE_S
        while self.code is None and time.monotonic() < until_s:
            states = {(one / "stat").read_text().rpartition(")")[2].split()[0] for one in stats.iterdir()}
            if states == {"T"}:
                return
            time.sleep(0.005)

    def stop(self) -> int:
        self.send(signal.SIGTERM)
        return self.ended()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


@dataclass
class Stand:
    """One inbox, one home, and what was dropped. `url` is of the database; None: the embedded one."""

    folder: Path
    warm: Warm
    paper: Paper
    url: str | None = None
    inbox: Path = field(default_factory=Path)
    home: Path = field(default_factory=Path)
    settings: dict[str, str] = field(default_factory=lambda: dict(QUICK))
    drops: list[Drop] = field(default_factory=list)
    odd: set[str] = field(default_factory=set)
    revisions: set[str] = field(default_factory=set)
    started: list[Service] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.inbox == Path():
            self.inbox = self.folder / "inbox"
        if self.home == Path():
            self.home = self.folder / "home"
        self.inbox.mkdir(exist_ok=True)
        self.paper.furnish(self.home, self.url)

    @property
    def places(self) -> Places:
        return Places(self.inbox, self.home / "scans", self.url or f"sqlite:///{self.home / 'jana.sqlite'}")

    # What people do

    def drop(self, content: Content, name: str = "", office: str = "") -> Drop:
        """Put a file into the inbox at once, as whoever writes elsewhere and renames."""
        self.planned(content, name, office)
        return self.put(self.drops[-1])

    def planned(self, content: Content, name: str = "", office: str = "") -> Drop:
        """Say that a file will be there, however it comes."""
        found = Drop(content, name or f"{len(self.drops)}{content.extension}", office)
        self.drops.append(found)
        return found

    def put(self, one: Drop) -> Drop:
        folder = self.inbox / one.office
        folder.mkdir(parents=True, exist_ok=True)
        draft = self.inbox / f"._{os.getpid()}-{time.monotonic_ns()}"
        draft.write_bytes(one.content.data)
        draft.rename(folder / one.name)
        return one

    # Services

    def start(self, *more: str, hold: str | None = None, **settings: str) -> Service:
        """Start `jana watch`."""
        return self._started(["watch", self.inbox, *more], self.home, settings, hold)

    def worker(self, name: str, **settings: str) -> Service:
        """Start `jana worker` as on a machine of its own."""
        return self._started(["worker", "--processes", "1"], self.folder / name, settings, None)

    def _started(
        self, arguments: list[object], home: Path, settings: dict[str, str], hold: str | None
    ) -> Service:
        own = {name: value for name, value in os.environ.items() if not name.startswith("JANA_")}
        environment = {**own, "JANA_HOME": str(home), **self.settings, **settings}
        if self.url is not None:
            environment.setdefault("JANA_DATABASE_URL", self.url)
        log = self.folder / f"service-{len(self.started)}.log"
        held = None if hold is None else (hold, log)
        with log.open("ab") as said, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), said.fileno(), said.fileno())
            process = self.warm.jana(arguments, environment, streams, held)
        self.started.append(Service(process, log))
        return self.started[-1]

    def once(self, **settings: str) -> Service:
        """Run the service until nothing is left to do; it must leave with 0."""
        running = self.start("--once", **settings)
        assert running.ended() == 0, running.said()[-3000:]
        return running

    def close(self) -> None:
        """End what is left, whatever the test did."""
        for service in self.started:
            service.send(signal.SIGCONT)
            service.kill()

    # The judge

    def expected(self) -> Expected:
        return Expected(self.drops, self.paper.marks_mm, frozenset(self.revisions), frozenset(self.odd))

    def broken(self, services: int = 0) -> list[str]:
        return invariants.broken(self.places, self.expected(), services=services)

    def stop_and_judge(self, *services: Service) -> list[str]:
        """End services in good order, then ask what is broken."""
        codes = [service.stop() for service in services]
        assert codes == [0] * len(services), [service.said()[-2000:] for service in services]
        return self.broken()

    def assert_all_is_well(self) -> None:
        """After a restart that came to its end: I1 to I6, then I7 by running once more."""
        assert self.broken() == []
        before = traces(self.places)
        self.once()
        assert invariants.unchanged(before, traces(self.places)) == []

    def recovers(self) -> None:
        """Start again, without any fault; then all must be well."""
        self.once()
        self.assert_all_is_well()

    def assert_not_blind(self, service: Service) -> None:
        """I8 for a service that has ended or runs without a health page."""
        work_left = any(fault.startswith("I1") for fault in self.broken())
        assert invariants.blind(service.code, answers=True, work_left=work_left) == [], service.said()[-2000:]

    def all_ended(self) -> bool:
        """Whether every file has come to its end, as far as a look into the inbox tells."""
        ended = [path for name in ("done", "refused") for path in (self.inbox / name).rglob("*")]
        files = [path for path in ended if not path.name.endswith(".reason.txt") and not path.is_dir()]
        return len(files) >= len(self.drops) + len(self.odd) and not any(self._lying())

    def _lying(self) -> list[str]:
        skip = {".jana", "done", "refused"}
        tops = [path for path in self.inbox.iterdir() if path.name not in skip]
        return [str(one) for top in tops for one in (top, *top.rglob("*")) if not one.is_dir()]

    def having(self, **settings: str) -> Stand:
        """The same with other settings."""
        return replace(self, settings={**self.settings, **settings})


def until(true: Callable[[], Any], *services: Service, patience_s: float = PATIENCE_S) -> None:
    """Wait for something; fail when one of the services ends before, or after much patience."""
    until_s = time.monotonic() + patience_s
    while not true():
        for service in services:
            assert service.code is None, service.said()[-3000:]
        assert time.monotonic() < until_s, "it never happened" + "".join(s.said()[-2000:] for s in services)
        time.sleep(0.02)


def healthy(port: int) -> dict[str, Any]:
    """What the service says of its health, whether it is well or not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as told:
            found = json.loads(told.read())
    except urllib.error.HTTPError as error:
        with error:
            found = json.loads(error.read())
    return dict(found)
