"""The queue of what is to be read, in the central database: procrastinate's tables, and what we put there.

The record is the truth and the queue only transport: a job that was lost is found by looking at the record,
and one that is there twice finds nothing to do. Jobs are written in the transaction of what they are about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from scanner.record import scans
from scanner.record.database import Transaction

QUEUE = "reading"
OPEN = "jana.open"
"""Look into a file, read its first pages, hand out the others."""
READ = "jana.read"
"""Read some pages of a file."""

RUN_PAGES = 20
"""Pages of one job: seconds of work, so that several machines share a file, and a lost one costs little."""

SWEEP_LOCK = 0x6A616E61_53574550
"""PostgreSQL's advisory lock for `put_back` and `add_lost`; any fixed number does."""

_BACK_FIRST = 1
"""Priority of what has waited once already."""

_APPLIED = "jana: procrastinate migrations up to "
"""Begins the comment on the queue's table that names its schema."""
_NEWER = "~"
"""Comes after every migration."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of the jobs of readers that have died."""

    jobs: int
    """Jobs that were taken from them."""
    alone: int
    """Pages that are read by themselves from now on, because one of them may be to blame."""


def prepare(connection: Connection) -> None:
    """Make or upgrade the queue's tables, in the transaction of `connection`, which keeps others out."""
    migrations = _migrations()
    applied = _applied(connection)
    if applied is None:
        _run_script(connection, (_scripts() / "schema.sql").read_text(encoding="utf-8"))
        connection.execute(
            text(
                "CREATE INDEX jana_queue_of_file ON procrastinate_jobs ((args ->> 'sha256')) "
                "WHERE status IN ('todo', 'doing')"
            )
        )
    else:
        for path in migrations:
            if path.stem > applied:
                _run_script(connection, path.read_text(encoding="utf-8"))
    note = f"{_APPLIED}{migrations[-1].stem}"
    _run_script(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{note}'")


def is_prepared(connection: Connection) -> bool:
    """Whether the queue's tables are there, and new enough for the procrastinate that is installed."""
    applied = _applied(connection)
    return applied is not None and applied >= _migrations()[-1].stem


def add_file(tx: Transaction, sha256: str) -> None:
    """Somebody is to read a file, or what is left of it."""
    _add(tx, OPEN, [{"sha256": sha256}])


def add_runs(tx: Transaction, sha256: str, pages: Sequence[int]) -> None:
    """Somebody is to read these pages of a file, about `RUN_PAGES` at a time.

    Files take turns: the second run of each comes before the third of any.
    """
    for turn, start in enumerate(range(0, len(pages), RUN_PAGES), 1):
        run = list(pages[start : start + RUN_PAGES])
        _add(tx, READ, [{"sha256": sha256, "pages": run, "tries": 0}], priority=-turn)


def has_other_jobs(connection: Connection, sha256: str, job: int) -> bool:
    """Whether somebody else reads, or is to read, pages of this file."""
    return any(row.id != job for row in _jobs_of(connection, sha256))


def put_back(tx: Transaction, silent_s: float) -> Returned:
    """Give the jobs of readers that have not been heard of for so long to others.

    The server's clock alone decides. A reader that was only asleep finds its job gone, and what it read is
    recorded once all the same.
    """
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SWEEP_LOCK})
    silent = text("SELECT procrastinate_prune_stalled_workers_v1(:seconds)")
    tx.connection.execute(silent, {"seconds": silent_s}).all()
    orphans = text(
        "SELECT id, task_name, args FROM procrastinate_jobs "
        "WHERE status = 'doing' AND worker_id IS NULL AND queue_name = :queue ORDER BY id FOR UPDATE"
    )
    found = tx.connection.execute(orphans, {"queue": QUEUE}).all()
    ending = text("SELECT procrastinate_finish_job_v1(:id, 'aborted', true)")
    alone = 0
    for job in found:
        tx.connection.execute(ending, {"id": job.id})
        alone += _again(tx, job.task_name, job.args)
    return Returned(len(found), alone)


def without_job(connection: Connection) -> set[str]:
    """Files with something left to read which nobody is going to read."""
    query = text(
        "SELECT sha256 FROM scan_file WHERE finished_at IS NULL "
        "AND NOT EXISTS (SELECT FROM procrastinate_jobs "
        "WHERE status IN ('todo', 'doing') AND args ->> 'sha256' = scan_file.sha256)"
    )
    return set(connection.scalars(query))


def add_lost(tx: Transaction, files: set[str]) -> int:
    """Put those of `files` into the queue that are still without a job; how many these were."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SWEEP_LOCK})
    lost = sorted(without_job(tx.connection) & files)
    _add(tx, OPEN, [{"sha256": sha256} for sha256 in lost])
    return len(lost)


def _again(tx: Transaction, task: str, args: dict[str, Any]) -> int:
    """A job for what is left of one that was not done; how many pages go their own way from now on."""
    sha256 = args["sha256"]
    state = scans.left(tx.connection, sha256)
    if task == OPEN:
        dealt = {page for job in _jobs_of(tx.connection, sha256) for page in job.args.get("pages", ())}
        left = [page for page in state.waiting if page not in dealt]
        shared = dealt or (state.page_count is not None and len(state.waiting) < state.page_count)
        if not shared:
            _add(tx, OPEN, [{"sha256": sha256}], priority=_BACK_FIRST)
        elif left:
            _add(tx, READ, [{"sha256": sha256, "pages": left, "tries": 1}], priority=_BACK_FIRST)
        return 0
    left = [page for page in args["pages"] if page in set(state.waiting)]
    if not left:
        return 0
    if len(left) < len(args["pages"]):  # it got on
        _add(tx, READ, [{"sha256": sha256, "pages": left, "tries": 1}], priority=_BACK_FIRST)
        return 0
    tries = args["tries"] + 1
    _add(tx, READ, [{"sha256": sha256, "pages": [page], "tries": tries} for page in left], _BACK_FIRST)
    return len(left) if len(left) > 1 else 0


def _add(tx: Transaction, task: str, jobs: Sequence[dict[str, object]], priority: int = 0) -> None:
    """Procrastinate's own function to put jobs into its queue, called in our transaction."""
    if not jobs:
        return
    adding = text(
        "SELECT procrastinate_defer_jobs_v1(array_agg("
        "ROW(:queue, :task, :priority, NULL, NULL, job.args, NULL)::procrastinate_job_to_defer_v1 "
        "ORDER BY job.place)) "
        "FROM jsonb_array_elements(CAST(:jobs AS jsonb)) WITH ORDINALITY AS job(args, place)"
    )
    values = {"queue": QUEUE, "task": task, "priority": priority, "jobs": json.dumps(list(jobs))}
    tx.connection.execute(adding, values).all()


def _jobs_of(connection: Connection, sha256: str) -> Sequence[Any]:
    query = text(
        "SELECT id, args FROM procrastinate_jobs "
        "WHERE status IN ('todo', 'doing') AND args ->> 'sha256' = :sha256"
    )
    return connection.execute(query, {"sha256": sha256}).all()


def _applied(connection: Connection) -> str | None:
    """The last migration of procrastinate's that the tables have seen; None when there are no tables."""
    comment = text("SELECT to_regclass(:name) AS made, obj_description(to_regclass(:name)) AS note")
    row = connection.execute(comment, {"name": "procrastinate_jobs"}).one()
    if row.made is None:
        return None
    if row.note is None or not row.note.startswith(_APPLIED):
        return _NEWER  # somebody else looks after them
    return str(row.note).removeprefix(_APPLIED)


def _scripts() -> Path:
    """Where procrastinate keeps its SQL; looked up without importing it, which takes a while."""
    found = find_spec("procrastinate")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("procrastinate")
    return Path(found.origin).with_name("sql")


def _migrations() -> list[Path]:
    return sorted((_scripts() / "migrations").glob("*.sql"))


def _run_script(connection: Connection, script: str) -> None:
    """Several statements as they are: a percent sign in them is no parameter."""
    connection.exec_driver_sql(script, execution_options={"no_parameters": True})
