"""Settings: from `settings.toml` in JANA_HOME, overridden by `JANA_*` variables; validated once."""

from __future__ import annotations

import locale
import os
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from scanner.errors import SettingsError
from scanner.settings_limits import Limits

SETTINGS_FILE = "settings.toml"
Language = Literal["en", "fi", "sv"]


def default_home() -> Path:
    """JANA_HOME, or the platform's folder for user data."""
    return Path(os.environ.get("JANA_HOME") or user_data_path("jana", appauthor=False))


def default_language() -> Language:
    """The language of the user's environment where it is one of ours, else English."""
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "")[:2]
    return spoken if spoken in ("fi", "sv") else "en"  # type: ignore[return-value]


class Settings(BaseSettings):
    """What may differ from one organisation, or machine, to the next."""

    model_config = SettingsConfigDict(env_prefix="JANA_", extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home)
    """Folder of the embedded database, the scan store, calibrated profiles and `settings.toml`."""
    database_url: SecretStr | None = None
    """SQLAlchemy URL of the central database; None: SQLite in `home`."""
    database_url_file: Path | None = None
    """File that holds the URL, where it carries a password."""
    language: Language = Field(default_factory=default_language)
    """Of messages, and of forms for which no language is asked."""
    licence: str | None = None
    """The organisation's licence text; without one every sheet says that it is a specimen."""
    instruments: Annotated[tuple[Path, ...], NoDecode] = ()
    """Files or folders with instruments of the organisation's own."""
    profile: Path | None = None
    """Limits of acceptance to use instead of the shipped ones."""
    processes: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Reading processes."""
    limits: Limits = Limits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, toml_file=default_home() / SETTINGS_FILE)
        return init_settings, env_settings, file

    def record_url(self) -> str:
        """The database to use, with its password. Raises SettingsError when its file cannot be read."""
        if self.database_url_file is not None:
            try:
                return self.database_url_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(
                    f"The file of database_url_file, {self.database_url_file}, cannot be read: {error}."
                ) from error
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home.resolve() / 'jana.sqlite'}"

    @property
    def scans(self) -> Path:
        """Folder of the scan store."""
        return self.home / "scans"


def load_settings() -> Settings:
    """The settings of this run. Raises SettingsError with the setting's name and the trouble."""
    try:
        return Settings()
    except ValidationError as error:
        troubles = "; ".join(
            f"{'.'.join(str(part) for part in trouble['loc'])}: {trouble['msg']}"
            for trouble in error.errors()
        )
        raise SettingsError(
            f"Wrong settings in {default_home() / SETTINGS_FILE} or in a JANA_ variable: {troubles}."
        ) from error
    except (SourceError, ValueError, OSError) as error:
        raise SettingsError(
            f"The settings in {default_home() / SETTINGS_FILE} cannot be read: {error}."
        ) from error
