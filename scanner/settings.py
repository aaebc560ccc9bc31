"""Settings: from `settings.toml` in JANA_HOME, overridden by `JANA_*` variables; validated once."""

from __future__ import annotations

import locale
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from scanner.errors import SettingsError
from scanner.settings_delivery import DeliverySettings, OutboxRules, TargetName
from scanner.settings_home import PathInHome, default_home, in_home
from scanner.settings_limits import Limits
from scanner.settings_packs import PackRules
from scanner.settings_retention import Retention
from scanner.settings_review import ReviewRules
from scanner.settings_watch import QueueRules, WatchRules

SETTINGS_FILE = "settings.toml"
PREFIX = "JANA_"
Language = Literal["en", "fi", "sv"]


def default_language() -> Language:
    """The language of the user's environment where it is one of ours, else English."""
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "")[:2]
    return spoken if spoken in ("fi", "sv") else "en"  # type: ignore[return-value]


class Settings(BaseSettings):
    """What may differ from one organisation, or machine, to the next."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    home: Path = Field(default_factory=default_home)
    """Folder of the embedded database, the scan store, calibrated profiles and `settings.toml`."""
    database_url: SecretStr | None = None
    """SQLAlchemy URL of the central database; None: SQLite in `home`."""
    database_url_file: PathInHome | None = None
    """File that holds the URL, where it carries a password. Relative paths here and below count from
    the folder of `settings.toml`."""
    language: Language = Field(default_factory=default_language)
    """Of messages, and of forms for which no language is asked."""
    licence: str | None = None
    """The organisation's licence text; without one every sheet says that it is a specimen."""
    instruments: Annotated[tuple[PathInHome, ...], NoDecode] = ()
    """Files or folders with instruments of the organisation's own; in the variable separated as in PATH."""
    profile: PathInHome | None = None
    """Limits of acceptance to use instead of the shipped ones."""
    processes: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, le=256)
    """Reading processes; else one for each core that we may use."""
    limits: Limits = Limits()
    watch: WatchRules = WatchRules()
    """How `jana watch` looks after its folder."""
    retention: dict[str, Retention] = Field(default_factory=dict)
    """How long pictures are kept, by class of case; what has no rule is kept for good."""
    packs: PackRules = PackRules()
    """Which sheets a meeting takes, by the age band of its case."""
    queue: QueueRules = QueueRules()
    """How those who read from the queue of a central database look after it."""
    scan_store: Literal["auto", "folder", "database"] = "auto"
    """Where scans are kept: in a folder of `home`, or in the database; `auto`: in PostgreSQL where the record
    is there, else in the folder."""
    read_here: bool = True
    """Whether `jana watch` reads too, where the record is in PostgreSQL; else `jana worker` has to."""
    database_wait_s: float = Field(default=60.0, ge=0)
    """How long `jana worker` waits for the database when it starts, before it gives up."""
    delivery: dict[TargetName, DeliverySettings] = Field(default_factory=dict)
    """Where results are delivered to, by the name of each target."""
    outbox: OutboxRules = OutboxRules()
    """How `jana deliver` goes about it."""
    health_port: int | None = Field(default=None, ge=1, le=65535)
    """Where the service tells its health and its figures over HTTP; None: nowhere."""
    health_host: str = "127.0.0.1"
    """The address that it answers on: other machines are answered only where this says so."""
    review: ReviewRules = ReviewRules()
    """How the review page is served, and how long somebody stays signed in."""

    @field_validator("instruments", mode="before")
    @classmethod
    def _as_in_path(cls, value: object) -> object:
        return value.split(os.pathsep) if isinstance(value, str) else value

    @field_validator("review")
    @classmethod
    def _files_of_review(cls, rules: ReviewRules) -> ReviewRules:
        oidc = rules.oidc
        if oidc is not None:
            oidc = replace(oidc, client_secret_file=in_home(oidc.client_secret_file))
        return replace(
            rules,
            tls_cert=rules.tls_cert and in_home(rules.tls_cert),
            tls_key=rules.tls_key and in_home(rules.tls_key),
            key_file=rules.key_file and in_home(rules.key_file),
            oidc=oidc,
        )

    @model_validator(mode="after")
    def _one_database(self) -> Settings:
        if self.database_url is not None and self.database_url_file is not None:
            raise ValueError("database_url and database_url_file are both set; keep one")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _File(settings_cls, toml_file=default_home() / SETTINGS_FILE)

    def record_url(self) -> str:
        """The database to use, with its password. Raises SettingsError when its file cannot be read."""
        if self.database_url_file is not None:
            try:
                return self.database_url_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is no text"
                raise SettingsError(
                    f"The file of database_url_file, {self.database_url_file}, cannot be read: {why}."
                ) from error
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home.resolve() / 'jana.sqlite'}"

    @property
    def scans(self) -> Path:
        """Folder of the scan store."""
        return self.home / "scans"

    @property
    def review_key(self) -> Path:
        """File of the key with which second factors are sealed."""
        return self.review.key_file or self.home / "review.key"

    @property
    def copies(self) -> Path:
        """Folder for copies of scans in the database, as long as they are being read."""
        return self.home / "copies"


class _File(TomlConfigSettingsSource):
    """settings.toml, which gives way to variables."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        if _DATABASE & self.current_state.keys():
            # A variable names the database: the file's must not win because it is said in the other way.
            return {name: value for name, value in values.items() if name not in _DATABASE}
        return values


_DATABASE = {"database_url", "database_url_file"}


def unknown_variables() -> list[str]:
    """Variables that look like settings and are none: perhaps they are misspelt."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    named = [name for name in os.environ if name.upper().startswith(PREFIX)]
    return sorted(name for name in named if name.upper().partition("__")[0] not in known)


def load_settings() -> Settings:
    """The settings of this run. Raises SettingsError with the setting's name and the trouble."""
    try:
        return Settings()
    except ValidationError as error:
        troubles = "; ".join(
            ": ".join(
                filter(
                    None,
                    (
                        ".".join(str(part) for part in trouble["loc"]),
                        trouble["msg"].removeprefix("Value error, "),
                    ),
                )
            )
            for trouble in error.errors()
        )
        raise SettingsError(
            f"Wrong settings in {default_home() / SETTINGS_FILE} or in a JANA_ variable: {troubles}."
        ) from error
    except (SourceError, ValueError, OSError) as error:
        raise SettingsError(
            f"The settings in {default_home() / SETTINGS_FILE} cannot be read: {error}."
        ) from error
