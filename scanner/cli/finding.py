"""What `jana doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scanner.errors import ExitCode


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    """Jana works, and less well."""
    ERROR = "error"
    """Jana does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    state: State
    detail: str
    remedy: str | None = None
    exit_code: ExitCode = ExitCode.DONE
