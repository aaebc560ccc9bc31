"""Which limits of acceptance the reader works with."""

from __future__ import annotations

from pathlib import Path

import scanner.reading
from scanner.model.profile import Profile, load_profile
from scanner.settings import Settings

SHIPPED = Path(scanner.reading.__file__).parent / "profiles" / "cautious.toml"


def profile_of(settings: Settings) -> Profile:
    """The profile that the settings name, else the shipped one. Raises SettingsError for an unusable one."""
    return load_profile(settings.profile or SHIPPED)
