"""Settings of where results are delivered to: `[delivery.<name>]` with its `kind`, and `[outbox]` for all.

The receivers with a programme of their own at the other end are in `settings_receivers`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from scanner.settings_home import PathInHome
from scanner.settings_receivers import FhirSettings, OpenFitSettings, RedcapSettings

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: int = Field(default=1000, ge=1, le=10_000)
    """The most sheets in one batch: one file, or one transaction."""


class CsvSettings(_Plain):
    """CSV files in a folder, a row for each item."""

    kind: Literal["csv"]
    folder: PathInHome
    """Where the files are put."""


class JsonLinesSettings(_Plain):
    """JSON lines in files in a folder, a line for each sheet."""

    kind: Literal["jsonl"]
    folder: PathInHome


class TableSettings(_Plain):
    """A table in another SQL database, a row for each item."""

    kind: Literal["table"]
    url: SecretStr | None = None
    """SQLAlchemy URL of the database."""
    url_file: PathInHome | None = None
    """File that holds the URL, where it carries a password."""
    table: str = Field(default="jana_results", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$")
    schema_name: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$")
    """Where the table is, if it is not in the database's default schema."""
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    """So long we wait for the database, with drivers that can be told (PostgreSQL, SQLite, PyMySQL)."""

    @model_validator(mode="after")
    def _one_url(self) -> TableSettings:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give either url or url_file")
        return self


DeliverySettings = Annotated[
    OpenFitSettings | FhirSettings | RedcapSettings | TableSettings | CsvSettings | JsonLinesSettings,
    Field(discriminator="kind"),
]


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a target's name is made of a-z, 0-9, _ and -, and begins with a letter")
    return name


TargetName = Annotated[str, AfterValidator(_name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRules:
    """How `jana deliver` goes about it, whatever the target."""

    poll_s: float = 5.0
    """How often `--watch` looks for what is new."""

    lease_s: float = 60.0
    """A process that has not been heard of for so long delivers no more: another one takes over. On the
    same machine that happens at once."""

    pause_s: float = 5.0
    """So long a target is left alone the first time that it does not answer, then twice as long each time,
    give or take half of it."""

    longest_pause_s: float = 900.0
    """And never longer than about this."""

    def __post_init__(self) -> None:
        """Raises ValueError for times that nothing could work with."""
        if min(self.poll_s, self.pause_s) <= 0:
            raise ValueError("poll_s and pause_s must be more than 0")
        if self.lease_s < LEAST_LEASE_S:
            raise ValueError(f"lease_s must be at least {LEAST_LEASE_S:g}")
        if self.longest_pause_s < self.pause_s:
            raise ValueError("longest_pause_s must not be less than pause_s")


LEAST_LEASE_S = 10.0
