"""Where Jana is at home, and paths that count from there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import AfterValidator


def default_home() -> Path:
    """JANA_HOME, or the platform's folder for user data."""
    return Path(os.environ.get("JANA_HOME") or user_data_path("jana", appauthor=False))


def in_home(path: Path) -> Path:
    """A path counts from where settings.toml is, not from where the command happens to be called."""
    return default_home() / path.expanduser()


PathInHome = Annotated[Path, AfterValidator(in_home)]
