"""A table in somebody else's SQL database: a row for each item, the newest version of each sheet.

The one place outside of the record that speaks SQL, and only such as every database understands. Rows of a
sheet are replaced together, by a newer version only; a withdrawn sheet stays, and is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    URL,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    delete,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
)

from scanner.delivery.files import csv_lines
from scanner.delivery.secret_file import read_secret
from scanner.delivery.sheet_rows import rows_of
from scanner.delivery.target import TargetDownError
from scanner.errors import SettingsError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet
from scanner.settings_delivery import TableSettings

LOT = 200
"""Sheets that are asked for together: some databases take no more than two thousand values in a statement."""

WORDS = 255
"""Characters of a reference or a name; what is longer is rejected, never cut off."""


class ForeignTable:
    """A `Target` that is a table."""

    def __init__(self, name: str, settings: TableSettings) -> None:
        """Opens no connection yet. Raises SettingsError for a URL that cannot be used."""
        self.name = name
        self.at_once = settings.at_once
        self._url = _parsed(settings)
        self._engine = _engine(self._url, settings.timeout_s)
        self._table = _table(settings)
        self._made = False

    def refuses(self, sheet: SettledSheet) -> str | None:
        """What would not fit into its column."""
        for row in rows_of(sheet):
            for name, value in asdict(row).items():
                if isinstance(value, str) and len(value) > WORDS:
                    return f"its {name} is longer than {WORDS} characters"
        return None

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        """For nothing."""
        return [None] * len(sheets)

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        """The rows, as CSV."""
        return csv_lines(sheets)

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        """Write all sheets in one transaction; where the database rejects that, each in one of its own."""
        try:
            if not self._made:
                self._table.metadata.create_all(self._engine)
                self._made = True
            try:
                with self._engine.begin() as connection:
                    self._write(connection, sheets)
            except (IntegrityError, DataError):
                return [self._alone(sheet) for sheet in sheets]
        except SQLAlchemyError as error:
            raise TargetDownError(self._why(error)) from error
        return [Acknowledged()] * len(sheets)

    def take_stock(self) -> None:
        """Nothing is kept beside."""

    def close(self) -> None:
        self._engine.dispose()

    def _alone(self, sheet: SettledSheet) -> Answer:
        try:
            with self._engine.begin() as connection:
                self._write(connection, [sheet])
        except (IntegrityError, DataError) as error:
            return Rejected(self._why(error))
        return Acknowledged()

    def _write(self, connection: Connection, sheets: Sequence[SettledSheet]) -> None:
        table = self._table
        for start in range(0, len(sheets), LOT):
            lot = sheets[start : start + LOT]
            mine = table.c.sheet_id.in_([sheet.sheet_id for sheet in lot])
            there = select(table.c.sheet_id, func.max(table.c.sheet_version)).where(mine)
            versions: dict[str, int] = dict(
                tuple(row) for row in connection.execute(there.group_by(table.c.sheet_id))
            )
            newer = [sheet for sheet in lot if versions.get(sheet.sheet_id, 0) < sheet.version]
            outdated = [sheet.sheet_id for sheet in newer if sheet.sheet_id in versions]
            if outdated:
                connection.execute(delete(table).where(table.c.sheet_id.in_(outdated)))
            rows = [_values(row) for sheet in newer for row in rows_of(sheet)]
            if rows:
                connection.execute(insert(table), rows)

    def _why(self, error: SQLAlchemyError) -> str:
        """The driver's first line, with every secret of the URL blotted out."""
        said = error.orig if isinstance(error, DBAPIError) else error
        line = next(iter(str(said).strip().splitlines()), "")[:300]
        for secret in (self._url.password, self._url.query.get("password")):
            if secret:
                line = line.replace(str(secret), "***")
        return f"the database says: {line}" if line else type(said).__name__


def _values(row: Any) -> dict[str, Any]:
    # Fractions of a second are of no use to anybody, and not every database keeps them.
    values = asdict(row)
    for name in ("read_at", "settled_at"):
        values[name] = values[name].replace(microsecond=0)
    return values


def _table(settings: TableSettings) -> Table:
    def number(digits: int, decimals: int) -> Any:
        return Numeric(digits, decimals).with_variant(Float(), "sqlite")

    def word(length: int = WORDS) -> String:
        return String(length)

    moment = DateTime(timezone=True)
    return Table(
        settings.table,
        MetaData(schema=settings.schema_name),
        Column("sheet_id", word(18), primary_key=True),
        Column("item_number", Integer, primary_key=True, autoincrement=False),
        Column("sheet_version", Integer, nullable=False),
        Column("withdrawn", word(20)),
        Column("instrument", word(), nullable=False),
        Column("version", Integer, nullable=False),
        Column("language", word(20), nullable=False),
        Column("case", word()),
        Column("session", Integer),
        Column("session_date", Date),
        Column("subject", word()),
        Column("rater", word()),
        Column("unit", word()),
        Column("item", word(), nullable=False),
        Column("position_mm", number(6, 3)),
        Column("score", number(3, 1)),
        Column("missing_reason", word(20)),
        Column("status", word(20), nullable=False),
        Column("total", number(6, 1)),
        Column("decided_by", word(), nullable=False),
        Column("reader_version", word(), nullable=False),
        Column("scan_sha256", word(64), nullable=False),
        Column("read_at", moment, nullable=False),
        Column("settled_at", moment, nullable=False),
        CheckConstraint("sheet_version > 0"),
    )


def _parsed(settings: TableSettings) -> URL:
    if settings.url_file is not None:
        text = read_secret(settings.url_file)
    else:
        text = settings.url.get_secret_value() if settings.url is not None else ""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise SettingsError("url is not a database URL: write it like postgresql://user@host/name") from None
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _engine(url: URL, timeout_s: float) -> Engine:
    seconds = max(1, round(timeout_s))
    waits: dict[str, dict[str, Any]] = {
        "postgresql+psycopg": {
            "connect_timeout": seconds,
            "options": f"-c statement_timeout={seconds * 1000}",
            "application_name": "jana",
        },
        "sqlite": {"timeout": seconds},
        "sqlite+pysqlite": {"timeout": seconds},
    }
    for driver in ("mysql+pymysql", "mariadb+pymysql"):
        waits[driver] = {"connect_timeout": seconds, "read_timeout": seconds, "write_timeout": seconds}
    arguments = waits.get(url.drivername, {})
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(
            f"The driver for {url.drivername} is not installed beside Jana: add it to its environment."
        ) from error
