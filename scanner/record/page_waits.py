"""Which pages are to be read, as conditions of a query over `page`.

They are made once: building one costs about as much as asking the database with it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, exists, or_, select

from scanner.model.page import SaidPage
from scanner.record.schema import outcome, page, scan_file, sheet
from scanner.record.schema_review import page_word


class WordKind(StrEnum):
    """What a person can say of a page."""

    IDENTIFIED = "identified"
    """It shows this sheet: it is read again as such."""
    NOT_OURS = "not_ours"
    """It is nothing of ours, or of no use: it needs nobody any more."""
    TAKEN_BACK = "taken_back"
    """The word before does not hold."""


@cache
def has_outcome() -> Exists:
    """Somebody has looked at the page."""
    return exists().where(outcome.c.page_id == page.c.id)


@cache
def waits() -> ColumnElement[bool]:
    """The page is to be read: for the first time, or by what a person has said of it since."""
    return or_(~has_outcome(), waits_again())


@cache
def waits_again() -> Exists:
    """The page had its outcome, and is to be read by what a person has said of it since."""
    # By names of their own, since the query around may be about words and outcomes too.
    said, answer = page_word.alias("said_of_page"), outcome.alias("answer")
    answered = exists().where(answer.c.word_id == said.c.id)
    return exists().where(
        said.c.page_id == page.c.id,
        said.c.kind == WordKind.IDENTIFIED.value,
        is_newest_word(said),
        ~answered,
    )


def any_waits_again(connection: Connection) -> bool:
    """Whether there is such a page in any file that is to be read."""
    query = select(page.c.id).join(scan_file, page.c.scan_file_id == scan_file.c.id)
    query = query.where(scan_file.c.finished_at.is_(None), waits_again()).limit(1)
    return connection.execute(query).first() is not None


@cache
def is_newest_word(word: Any = page_word) -> ColumnElement[bool]:
    """Nothing was said of the page later."""
    later = page_word.alias("later_word")
    return ~exists().where(later.c.page_id == word.c.page_id, later.c.id > word.c.id)


def said_pages(connection: Connection, scan_file_id: int) -> tuple[SaidPage, ...]:
    """Pages of a file of which a person has said which sheet they show, read since or not."""
    query = (
        select(page.c.number, sheet.c.identifier, page_word.c.id)
        .select_from(page.join(page_word, page_word.c.page_id == page.c.id))
        .join(sheet, page_word.c.sheet_id == sheet.c.id)
        .where(page.c.scan_file_id == scan_file_id, is_newest_word())
        .order_by(page.c.number)
    )
    return tuple(SaidPage(row.number, row.identifier, row.id) for row in connection.execute(query))


def newest_word(connection: Connection, page_id: int) -> int | None:
    """The row of what was said of a page last."""
    query = select(page_word.c.id).where(page_word.c.page_id == page_id)
    row: int | None = connection.scalar(query.order_by(page_word.c.id.desc()).limit(1))
    return row
