"""What the options of `jana print` mean together: a table, a pool, a day's meetings, or one family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from scanner.cases import cells
from scanner.errors import UsageError
from scanner.printing.packs import Wishes


class Way(StrEnum):
    """How the sheets are chosen."""

    TABLE = "REQUESTS.csv"
    POOL = "--instrument"
    DAY = "--today or --date"
    FAMILY = "--case"


ALLOWED = {
    Way.TABLE: {"requests"},
    Way.POOL: {"instrument", "language", "count"},
    Way.DAY: {"today", "day_text", "unit", "instruments", "language", "again"},
    Way.FAMILY: {
        *("case", "session", "raters", "own", "instruments", "language"),
        *("subject", "day_text", "unit", "again"),
    },
}
"""Options that mean something, by what the sheets are chosen with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options as they were given, but for where to print."""

    requests: Path | None
    instrument: str | None
    language: str | None
    count: int | None
    today: bool
    day_text: str | None
    unit: str | None
    case: str | None
    session: str | None
    raters: str | None
    own: str | None
    instruments: str | None
    subject: str | None
    again: bool

    @property
    def way(self) -> Way:
        """Raises UsageError for options that do not go together."""
        given = {one.name for one in fields(self) if getattr(self, one.name) not in (None, False)}
        way = self._first_way()
        if way is None:
            raise UsageError(
                "Say what to print: REQUESTS.csv, or --instrument with --count, or --today, or --case with "
                "--session."
            )
        wrong = sorted(given - ALLOWED[way])
        if wrong:
            raise UsageError(f"With {way} there is no sense in {', '.join(map(_option, wrong))}.")
        if way is Way.FAMILY and self.session is None:
            raise UsageError(
                "Say which meeting of the case it is: --session NUMBER. Numbers are not made up."
            )
        if self.today and self.day_text is not None:
            raise UsageError("Give --today or --date, not both.")
        return way

    def _first_way(self) -> Way | None:
        if self.requests is not None:
            return Way.TABLE
        if self.instrument is not None:
            return Way.POOL
        if self.case is not None:
            return Way.FAMILY
        return Way.DAY if self.today or self.day_text is not None else None

    def day(self) -> date | None:
        """The day that was named, or today; None when there is neither."""
        if self.today:
            return today()
        try:
            return cells.day_as_spoken("--date", (self.day_text or "").strip())[0]
        except ValueError as error:
            raise UsageError(f"{error}.") from error

    def meeting(self) -> tuple[str, int]:
        """Reference of the case and number of the meeting. Raises UsageError when they are none."""
        try:
            reference = cells.text("--case", (self.case or "").strip())
            number = cells.session((self.session or "").strip())
        except ValueError as error:
            raise UsageError(f"{error}.") from error
        if reference is None or number is None:
            raise UsageError("Give --case a reference and --session a number.")
        return reference, number

    def wishes(self) -> Wishes:
        """Raises UsageError for roles that there are not."""
        try:
            return Wishes(
                raters=cells.roles("--raters", self.raters or "", cells.RATERS),
                own=cells.roles("--own", self.own or "", cells.OWN),
                instruments=cells.several(self.instruments or "") or None,
                language=self.language.lower() if self.language else None,
                subject=cells.text("--subject", (self.subject or "").strip()),
                again=self.again,
            )
        except ValueError as error:
            raise UsageError(f"{error}.") from error


def today() -> date:
    """By the clock on the wall of the office."""
    return datetime.now().astimezone().date()


def refuse_same_file(*paths: Path | None) -> None:
    """The sheets must not be written over the table that asked for them."""
    places = [path.resolve() for path in paths if path is not None]
    if len(set(places)) < len(places):
        raise UsageError("REQUESTS, --out and --manifest must be different files.")


def _option(name: str) -> str:
    return {"requests": "REQUESTS.csv", "day_text": "--date"}.get(name, f"--{name}")


def listed(words: Iterable[str]) -> str:
    """Lines of a message, indented."""
    return "\n".join(f"  {word}" for word in words)
