"""A record that holds data is brought up to date: nothing is lost, and what is new has its right values."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from scanner.record import Record, versions
from scanner.record.database import Database
from scanner.record.migrate import MIGRATIONS, _turn_log_on
from tests.record.tampering import behind

FILES = {
    # name: pages that are known of, pages there, pages with an outcome (0: the file as a whole)
    "read": (2, (1, 2), (1, 2)),
    "half": (3, (1, 2, 3), (1,)),
    "unopened": (None, (), ()),
    "refused": (None, (0,), (0,)),
    "torn": (4, (0, 1), (0, 1)),
}


def digest(name: str) -> str:
    return name.ljust(64, "0")


@pytest.fixture(params=["embedded", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A record of the first schema, with files in every state."""
    if request.param == "embedded":
        url = f"sqlite:///{tmp_path / 'record.sqlite'}"
    else:
        url = str(request.getfixturevalue("empty_postgres_url"))
    database = Database(url)
    if database.embedded:
        _turn_log_on(database)
    with database.administering() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0001")
    database.close()
    with behind(url) as connection:
        for row, (name, (count, pages, ended)) in enumerate(FILES.items(), 1):
            connection.execute(
                text(
                    "INSERT INTO scan_file (id, sha256, size_bytes, media, page_count, taken_at) "
                    "VALUES (:id, :sha256, 9, 'pdf', :pages, '2026-03-02 07:00:00')"
                ),
                {"id": row, "sha256": digest(name), "pages": count},
            )
            connection.execute(
                text("INSERT INTO sighting (scan_file_id, name, seen_at) VALUES (:id, :name, '2026-03-02')"),
                {"id": row, "name": b"stack.pdf"},
            )
            for number in pages:
                page = {"id": row * 10 + number, "file": row, "number": number}
                connection.execute(
                    text("INSERT INTO page (id, scan_file_id, number) VALUES (:id, :file, :number)"), page
                )
                if number in ended:
                    connection.execute(
                        text(
                            "INSERT INTO outcome (id, page_id, reader_version, kind, reason, detail, "
                            "read_at) VALUES (:id, :id, '0', 'refused', 'damaged', 'So it is.', "
                            "'2026-03-02 08:00:00')"
                        ),
                        page,
                    )
        for statement in READ_SHEETS:
            connection.execute(text(statement))
    return url


READ_SHEETS = (
    "UPDATE sighting SET office = 'Kallio' WHERE scan_file_id = 1",
    "INSERT INTO layout (id, digest, document) VALUES (1, 'd', '{}')",
    "INSERT INTO sheet (id, identifier, instrument, version, language, layout_id, printed_at, voided_at) "
    "VALUES (1, 'A', 'ors', 1, 'fi', 1, '2026-03-01', NULL), (2, 'B', 'ors', 1, 'fi', 1, '2026-03-01', "
    "'2026-03-03')",
    "INSERT INTO sheet (id, identifier, instrument, version, language, layout_id, printed_at) "
    "VALUES (3, 'C', 'ors', 1, 'fi', 1, '2026-03-01')",
    "INSERT INTO outcome (id, page_id, reader_version, kind, sheet_id, standing, matrix, read_at) VALUES "
    "(91, 11, '1', 'read', 1, 'first', '[1.5, 0]', '2026-03-02 08:00:00'), "
    "(92, 12, '1', 'read', 2, 'first', NULL, '2026-03-02 08:00:00')",
    "INSERT INTO outcome (id, page_id, reader_version, kind, sheet_id, standing, matrix, read_at) VALUES "
    "(89, 11, '2', 'read', 3, 'first', '[1.5, 0]', '2026-03-02 08:00:00')",
    "INSERT INTO reading (id, outcome_id, item, item_number, verdict, reasons, standing, evidence, "
    "candidates) VALUES (9, 89, 'a', 1, 'accepted', '', 'first', '{}', '[]')",
    "INSERT INTO event (id, sheet_id, item, item_number, revision, kind, actor, at, reading_id, status, "
    "position_um, score_tenths, reasons, decided_by, salt) VALUES "
    "(9, 3, 'a', 1, 1, 'reading', 'reader/1', '2026-03-02', 9, 'accepted', 71234, 71, '', 'reader/1', '')",
    "INSERT INTO reading (id, outcome_id, item, item_number, verdict, reasons, standing, evidence, "
    "candidates) VALUES (1, 91, 'a', 1, 'review', '', 'first', '{}', '[]'), "
    "(2, 91, 'b', 2, 'review', '', 'first', '{}', '[]'), (3, 92, 'a', 1, 'review', '', 'first', '{}', '[]')",
    "INSERT INTO event (id, sheet_id, item, item_number, revision, kind, actor, at, reading_id, status, "
    "reasons, decided_by, salt) VALUES "
    "(1, 1, 'a', 1, 1, 'reading', 'reader/1', '2026-03-02', 1, 'review', '', 'reader/1', ''), "
    "(2, 1, 'b', 2, 1, 'reading', 'reader/1', '2026-03-02', 2, 'review', '', 'reader/1', ''), "
    "(3, 1, 'b', 2, 2, 'decision', 'anna', '2026-03-02', 2, 'missing', '', 'anna', ''), "
    "(4, 2, 'a', 1, 1, 'reading', 'reader/1', '2026-03-02', 3, 'review', '', 'reader/1', '')",
)
"""A sheet with a line that waits and one that was settled, a void sheet with a line that waited, and a
sheet that is settled."""


def test_sheets_that_are_settled_get_their_versions(old_url: str) -> None:
    with Record.open(old_url) as record:
        [version] = record.look(lambda connection: versions.versions_of(connection, "C"))
        assert [(item.item, str(item.score)) for item in version.items] == [("a", "7.1")]
        actions = [(entry.actor, entry.action, entry.target) for entry in record.audit_entries()]
        assert ("jana", "sheet.settle", "sheets") in actions
    with behind(old_url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM sheet_version")) == 1


def test_readings_keep_their_outcomes_and_what_waits_is_found(old_url: str) -> None:
    """The table of outcomes is made anew on SQLite, where readings point at its rows."""
    Record.open(old_url).close()
    with behind(old_url) as connection:
        rows = connection.execute(
            text("SELECT id, page_id, kind, word_id FROM outcome WHERE id > 90 ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [(91, 11, "read", None), (92, 12, "read", None)]
        assert "1.5" in str(connection.scalar(text("SELECT matrix FROM outcome WHERE id = 91")))
        waiting = connection.execute(text("SELECT event_id, sheet_id, item_number, unit FROM waiting_mark"))
        assert [tuple(row) for row in waiting] == [(1, 1, 1, "Kallio")]
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    with (
        pytest.raises(IntegrityError, match="outcome is append-only"),
        behind(old_url) as connection,
    ):
        connection.execute(text("DELETE FROM outcome"))
    with pytest.raises(IntegrityError), behind(old_url) as connection:
        connection.execute(
            text(
                "INSERT INTO outcome (page_id, reader_version, kind, read_at) "
                "VALUES (11, '1', 'empty', '2026-03-04 08:00:00')"
            )
        )


def test_files_are_finished_or_not_as_their_pages_say(old_url: str) -> None:
    with Record.open(old_url) as record:
        assert [file.sha256 for file in record.unfinished()] == [digest("half"), digest("unopened")]
        ended = {name: record.finished(digest(name)) for name in FILES}
        assert {name for name, end in ended.items() if end is not None} == {"read", "refused", "torn"}
        assert ended["read"] is not None
        assert ended["read"].refusal is None
        assert ended["torn"] is not None
        assert (ended["torn"].refusal, ended["torn"].detail) == ("damaged", "So it is.")
        assert record.begin_reading(digest("half")).number == 1
    with behind(old_url) as connection:
        moments = connection.execute(text("SELECT DISTINCT finished_at FROM scan_file WHERE id = 1"))
        assert "2026-03-02 08:00:00" in str(moments.scalar())
        assert connection.execute(text("SELECT count(*) FROM sighting WHERE claim IS NULL")).scalar() == 5
