"""A copy of the project's outer files in a folder of their own, and a system around it as the test wants it.

The programs that `run` calls are the real ones, except for those that would change this machine (apt-get,
sudo) or whose answer the test must choose (which Python there is, what is installed, who is asking).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTER_FILES = ("run", ".ci/run", "pyproject.toml", "requirements.lock")
REAL_PROGRAMS = (
    *(
        "awk",
        "bash",
        "cat",
        "date",
        "dirname",
        "env",
        "flock",
        "grep",
        "mkdir",
        "mktemp",
        "mv",
        "rm",
        "sed",
        "sh",
    ),
    *("sha256sum", "tail", "tr"),
)
NO_PYTHON = "exit 1"
A_PYTHON = """
case "$*" in
*version_info*) echo "$0" ;;
*ensurepip*) grep -qx python3-venv "$SYSTEM/installed" ;;
--version) echo 'Python 3.11.0' ;;
*) echo "python3 was asked: $*" >&2; exit 1 ;;
esac
"""
FINISHED_PYTHON = """
case "$*" in
-c*) echo 3.11.0 ;;
*'config list') cat "$SYSTEM/pip.conf" ;;
*) echo "python $*" ;;
esac
"""
STAND_INS = {
    "python3": A_PYTHON,
    **{f"python3.{minor}": NO_PYTHON for minor in (11, 12, 13, 14)},
    "id": 'cat "$SYSTEM/uid"',
    "sudo": "exit 1",
    "dpkg-query": 'for last; do :; done; grep -qx "$last" "$SYSTEM/installed" && echo installed',
    "dpkg": ":",
    "apt-cache": '[ -e "$SYSTEM/lists" ]',
    "apt-get": """
echo "$DEBIAN_FRONTEND $*" >>"$SYSTEM/apt-get"
case " $* " in
*' update '*) : >"$SYSTEM/lists" ;;
*)
    for word; do
        case $word in -* | install | DPkg*) continue ;; esac
        grep -qx "$word" "$SYSTEM/unavailable" && exit 100
    done
    for word; do echo "$word"; done >>"$SYSTEM/installed"
    ;;
esac
""",
}


@dataclass(frozen=True)
class Checkout:
    """The project's outer files in a folder, and the system that `run` sees."""

    folder: Path
    system: Path

    def call(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `run`, without a terminal and without this machine's settings."""
        return subprocess.run(
            [self.folder / "run", *arguments],
            cwd=cwd or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": str(self.system / "bin"), "SYSTEM": str(self.system), "PIP_NO_INDEX": "1"}

    def digest(self, *names: str) -> str:
        return hashlib.sha256(b"".join((self.folder / name).read_bytes() for name in names)).hexdigest()

    def write(self, name: str, *lines: str) -> None:
        """Sets what the stand-ins answer: installed, unavailable, uid, lists."""
        (self.system / name).write_text("".join(f"{line}\n" for line in lines))

    def apt_calls(self) -> list[str]:
        log = self.system / "apt-get"
        return log.read_text().splitlines() if log.exists() else []

    def program(self, name: str, script: str) -> None:
        put_program(self.system / "bin" / name, script)

    def finish_setup(self) -> Path:
        """Makes an environment that counts as finished, and returns the folder of its programs.

        Only programs that say how they were called: what matters is whether and how `run` calls them.
        """
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        put_program(programs / "python", FINISHED_PYTHON)
        put_program(programs / "uv", 'echo "uv $* by ${UV_DEFAULT_INDEX:-its own index}"')
        for tool in ("ruff", "mypy", "lint-imports", "shellcheck"):
            put_program(programs / tool, f'echo "{tool} $*"')
        put_program(programs / "jana", 'echo "jana $* in $PWD"; exit 6')
        digests = [self.digest("requirements.lock"), self.digest("pyproject.toml", "run")]
        lines = [str(self.folder), "3.11.0", *(f"{digest}  -" for digest in digests)]
        (self.folder / ".venv" / ".stamp").write_text("".join(f"{line}\n" for line in lines))
        return programs


def put_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh checkout in a folder with spaces, on a Debian with python3 and nothing else, seen by root."""
    folder = tmp_path.resolve() / "a folder" / "with spaces"
    for name in OUTER_FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    system = tmp_path / "system"
    (system / "bin").mkdir(parents=True)
    for program in REAL_PROGRAMS:
        found = shutil.which(program)
        if found:
            (system / "bin" / program).symlink_to(found)
    for name, script in STAND_INS.items():
        put_program(system / "bin" / name, script)
    made = Checkout(folder, system)
    made.write("installed")
    made.write("unavailable")
    made.write("uid", "0")
    made.write("pip.conf", "global.extra-index-url='https://other.example/simple'")
    return made


@pytest.fixture
def real_python() -> str:
    """A script that calls the Python that runs the tests, outside its environment."""
    base: str = getattr(sys, "_base_executable", sys.executable)
    return f'exec "{base}" "$@"'
