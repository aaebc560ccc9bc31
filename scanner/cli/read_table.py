"""The table that `jana read` and `jana demo` show: a row for each page, its scores at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scanner.intake.take_in import PageReport
from scanner.model.decision import Status
from scanner.record import ResultRow
from scanner.texts import Texts

STYLES = {
    Status.ACCEPTED: "",
    Status.CONFIRMED: "green",
    Status.CORRECTED: "green",
    Status.MISSING: "dim",
    Status.REVIEW: "bold yellow",
}
SCORE_WIDTH = 5  # "10.0" and a gap


class ReadTable:
    """Collects pages and shows them once, file by file, on standard output."""

    def __init__(self, texts: Texts, console: Console | None = None) -> None:
        self._texts = texts
        self._console = console or Console(highlight=False)
        self._pages: list[tuple[PageReport, tuple[ResultRow, ...]]] = []

    def add(self, report: PageReport, rows: tuple[ResultRow, ...]) -> None:
        """Add a page with the current values of its sheet."""
        self._pages.append((report, rows))

    def show(self) -> None:
        """Print the table, if anything is in it."""
        pages = sorted(self._pages, key=lambda page: (page[0].scan_name, page[0].scan_page or 0))
        items = max((len(rows) for _, rows in pages), default=0)
        for scan_name, of_file in groupby(pages, key=lambda page: page[0].scan_name):
            table = Table(box=None, pad_edge=False, show_header=False)
            for width in (4, 5, 19, SCORE_WIDTH * items, 6):
                table.add_column(justify="right" if width in (4, 6) else "left", width=width, no_wrap=True)
            table.add_column()
            for report, rows in of_file:
                page = "" if report.scan_page is None else str(report.scan_page)
                table.add_row(Text(page, "dim"), *self._cells(report, rows))
            self._console.print(Text(scan_name, "bold"))
            self._console.print(table)

    def _cells(self, report: PageReport, rows: tuple[ResultRow, ...]) -> list[Text]:
        if not rows:
            return [Text("")] * 4 + [self._without_values(report)]
        first = rows[0]
        rater = "" if first.rater is None else self._texts.of("rater", first.rater)
        return [
            Text(first.instrument),
            Text(" ".join(part for part in (first.case, rater) if part)),
            _scores(rows),
            Text(_total(rows) or self._texts.of("message", "total_unknown")),
            self._remarks(report, rows),
        ]

    def _without_values(self, report: PageReport) -> Text:
        outcome = self._texts.of("outcome", report.outcome)
        if report.reason is None:
            return Text(outcome, "dim")
        return Text(f"{outcome}: {self._texts.of('page_reason', report.reason.value)}", "red")

    def _remarks(self, report: PageReport, rows: Iterable[ResultRow]) -> Text:
        said = [
            f"{row.item_number}: {self._texts.of('line_reason', reason)}"
            for row in rows
            if row.status is Status.REVIEW
            for reason in row.reasons[:1]
        ]
        if report.outcome == "seen_before":
            said.insert(0, self._texts.of("outcome", report.outcome))
        return Text("\n".join(said), "yellow" if said else "")


def _scores(rows: Iterable[ResultRow]) -> Text:
    """Scores side by side, a question mark where a person must look."""
    line = Text()
    for row in rows:
        score = "?" if row.score is None or row.status is Status.REVIEW else str(row.score)
        line.append(f"{score:>{SCORE_WIDTH}}", STYLES[row.status])
    return line


def _total(rows: tuple[ResultRow, ...]) -> str | None:
    """Sum of the rounded items, only when every item has a settled value."""
    scores = [row.score for row in rows if row.score is not None and row.status is not Status.REVIEW]
    return str(sum(scores)) if len(scores) == len(rows) else None
