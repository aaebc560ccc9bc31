"""What `jana read` and `jana demo` show: a line for each page, its scores at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from scanner.cli.context import plain_console
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
PAGE_WIDTH = 4
SCORE_WIDTH = 5  # "10.0" and a gap
TOTAL_WIDTH = 7
MAX_WHOM_WIDTH = 28
"""Leaves room for five lines and the total on a terminal of 80 columns."""


class ReadTable:
    """Collects pages and shows them once, file by file, on standard output."""

    def __init__(self, texts: Texts, console: Console | None = None) -> None:
        self._texts = texts
        self._console = console or plain_console()
        self._pages: list[tuple[PageReport, tuple[ResultRow, ...]]] = []

    def add(self, report: PageReport, rows: tuple[ResultRow, ...]) -> None:
        """Add a page with the current values of its sheet."""
        self._pages.append((report, rows))

    def show(self) -> None:
        """Print what was collected: a heading for each file, then its pages in their order."""
        pages = sorted(self._pages, key=lambda page: (page[0].scan_name, page[0].scan_page or 0))
        form = max((cell_len(rows[0].instrument) for _, rows in pages if rows), default=0)
        whom = max((cell_len(self._whom(rows)) for _, rows in pages if rows), default=0)
        items = max((len(rows) for _, rows in pages), default=0)
        widths = (form, min(whom, MAX_WHOM_WIDTH), items * SCORE_WIDTH)
        for scan_name, of_file in groupby(pages, key=lambda page: page[0].scan_name):
            self._print(Text(scan_name, "bold"))
            for report, rows in of_file:
                for line in self._lines(report, rows, widths):
                    self._print(line)

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)

    def _lines(
        self, report: PageReport, rows: tuple[ResultRow, ...], widths: tuple[int, int, int]
    ) -> Iterator[Text]:
        """The page's own line, and under it what a person should know."""
        page = "" if report.scan_page is None else str(report.scan_page)
        start = Text(f"{page:>{PAGE_WIDTH}}  ", "dim")
        if not rows or report.outcome == "refused":
            yield start + self._without_values(report)
            return
        form, whom, scores = widths
        name = set_cell_size(rows[0].instrument, form)
        yield Text.assemble(
            start,
            f"{name}  {set_cell_size(self._whom(rows), whom)} ",
            _scores(rows, scores),
            f"{_total(rows) or self._texts.of('message', 'total_unknown'):>{TOTAL_WIDTH}}",
            (f"  {self._texts.of('outcome', report.outcome)}", "dim") if _again(report) else "",
        )
        for remark in self._remarks(rows):
            yield Text(" " * (PAGE_WIDTH + 2) + remark, "yellow")

    def _whom(self, rows: tuple[ResultRow, ...]) -> str:
        """The case, whom it is about, and who filled it in."""
        first = rows[0]
        rater = first.rater and self._texts.of("rater", first.rater)
        people = ", ".join(part for part in (first.subject, rater) if part)
        return " ".join(part for part in (first.case, people) if part)

    def _without_values(self, report: PageReport) -> Text:
        outcome = self._texts.of("outcome", report.outcome)
        if report.reason is None:
            return Text(outcome, "dim")
        return Text(f"{outcome}: {self._texts.of('page_reason', report.reason.value)}", "red")

    def _remarks(self, rows: Iterable[ResultRow]) -> Iterator[str]:
        """Why each line waits for a person: the strongest reason, a conflict always."""
        for row in rows:
            if row.status is Status.REVIEW:
                reasons = row.reasons[:1] + tuple(
                    reason for reason in row.reasons[1:] if reason == "conflict"
                )
                remark = ", ".join(self._texts.of("line_reason", reason) for reason in reasons)
                yield self._texts.of("message", "line", number=row.item_number, remark=remark)


def _again(report: PageReport) -> bool:
    return report.outcome == "seen_before"


def _scores(rows: Iterable[ResultRow], width: int) -> Text:
    """Scores side by side, a question mark where a person must look."""
    line = Text()
    for row in rows:
        score = "?" if row.score is None or row.status is Status.REVIEW else str(row.score)
        line.append(f"{score:>{SCORE_WIDTH}}", STYLES[row.status])
    line.pad_right(width - cell_len(line.plain))
    return line


def _total(rows: tuple[ResultRow, ...]) -> str | None:
    """Sum of the rounded items, only when every item has a settled value."""
    scores = [row.score for row in rows if row.score is not None and row.status is not Status.REVIEW]
    return str(sum(scores)) if len(scores) == len(rows) else None
