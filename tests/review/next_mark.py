"""How long from a key to the next mark, in a real browser over a record of 100,000 sheets.

    python -m tests.review.next_mark [--sheets 100000] [--marks 60] [--pause-s 0.5]

The record is made from one sheet that was really recorded, by copying its rows within SQLite. What is
measured is from the key press until the window has been painted with the next mark, its picture in it.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from scanner.model.scope import EVERYTHING
from scanner.record import Record
from tests.review.browser.window import ARGUMENTS, CHROMIUM, Served, Windows
from tests.review.marks import came_back
from tests.review.office import Office

WAITING_EVERY = 50
"""One sheet in so many waits for a person; the others are settled."""

LISTEN = """() => {
  window.took = [];
  addEventListener("keydown", () => {
    const begun = performance.now();
    const before = document.querySelector("#stage article");
    const look = () => {
      const now = document.querySelector("#stage article");
      if (now === before || !now.querySelector("img").complete) return requestAnimationFrame(look);
      // Painted: the frame after the one in which it stood there for the first time has begun.
      requestAnimationFrame(() => window.took.push(performance.now() - begun));
    };
    look();
  }, true);
}"""


def fill(database: Path, sheets: int) -> None:
    """Copy the only sheet of a record until there are so many; one in `WAITING_EVERY` waits."""
    with sqlite3.connect(database) as to:
        to.executescript(
            f"""
            CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c
              WHERE i < {sheets - 1}) SELECT i FROM c;
            """  # noqa: S608, a number
        )
        for table, changes in _COPIES:
            columns = [row[1] for row in to.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(changes.get(name, f"t.{name}") for name in columns)
            where = f" WHERE n.i % {WAITING_EVERY} = 0" if table in ("waiting_mark", "crop") else ""
            to.execute(
                f"INSERT INTO {table} SELECT {values} FROM {table} t, n{where} ORDER BY n.i"  # noqa: S608
            )
    to.close()


_COPIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("sheet", {"id": "t.id + n.i", "identifier": "'J1' || printf('%016d', n.i)"}),
    ("scan_file", {"id": "t.id + n.i", "sha256": "printf('%064d', n.i)"}),
    ("sighting", {"id": "t.id + n.i", "scan_file_id": "t.scan_file_id + n.i"}),
    ("page", {"id": "t.id + n.i", "scan_file_id": "t.scan_file_id + n.i"}),
    ("outcome", {"id": "t.id + n.i", "page_id": "t.page_id + n.i", "sheet_id": "t.sheet_id + n.i"}),
    ("reading", {"id": "t.id + 4 * n.i", "outcome_id": "t.outcome_id + n.i"}),
    ("crop", {"reading_id": "t.reading_id + 4 * n.i"}),
    (
        "event",
        {
            "id": "t.id + 4 * n.i",
            "sheet_id": "t.sheet_id + n.i",
            "reading_id": "t.reading_id + 4 * n.i",
            "status": f"CASE n.i % {WAITING_EVERY} WHEN 0 THEN t.status ELSE 'missing' END",
            "missing_reason": f"CASE n.i % {WAITING_EVERY} WHEN 0 THEN NULL ELSE 'blank' END",
        },
    ),
    ("waiting_mark", {"event_id": "t.event_id + 4 * n.i", "sheet_id": "t.sheet_id + n.i"}),
)
"""What differs from one copy to the next; four lines a sheet."""


def measure(page: Page, marks: int, pause_s: float) -> list[float]:
    """Milliseconds from the key to the next mark, for so many marks, with a pause before each."""
    page.goto("/review")
    page.evaluate(LISTEN)
    for done in range(1, marks + 1):
        page.wait_for_timeout(pause_s * 1000)
        page.keyboard.press("Enter" if done % 3 else "b")
        page.wait_for_function("n => window.took.length >= n", arg=done)
    took: list[float] = page.evaluate("() => window.took")
    page.wait_for_function("() => !Number(document.body.dataset.unsent)")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=100_000)
    parser.add_argument("--marks", type=int, default=60)
    parser.add_argument("--pause-s", type=float, default=0.5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = f"sqlite:///{home / 'jana.sqlite'}"
        begun = time.monotonic()
        with Record.open(url) as record:
            came_back(record)
        fill(home / "jana.sqlite", asked.sheets)
        with Record.open(url) as record, Office(record, home) as office, sync_playwright() as playwright:
            print(
                f"{asked.sheets} sheets, {record.marks_left(EVERYTHING)} marks wait; "
                f"made in {time.monotonic() - begun:.0f} s"
            )
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            with Served(office.app) as served:
                windows = Windows(office, served.address, browser)
                took = sorted(measure(windows.of(), asked.marks, asked.pause_s))
                windows.close()
            browser.close()
    p95 = took[int(0.95 * (len(took) - 1))]
    print(
        f"key to next mark, {len(took)} keys: median {statistics.median(took):.0f} ms, "
        f"p95 {p95:.0f} ms, worst {took[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
