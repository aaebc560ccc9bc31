"""The table that `jana read` and `jana demo` show: a row for each sheet, its scores at a glance."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forms.identifier import SheetId
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


class ReadTable:
    """Collects pages and shows them once, on standard output."""

    def __init__(self, texts: Texts, console: Console | None = None) -> None:
        self._texts = texts
        self._console = console or Console(highlight=False)
        self._table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("scan", "page", "sheet", "what", "whom", "items", "total", "remark"):
            right = name in ("page", "total")
            self._table.add_column(
                texts.of("table", name),
                justify="right" if right else "left",
                no_wrap=name in ("sheet", "items"),
            )

    def add(self, report: PageReport, rows: tuple[ResultRow, ...]) -> None:
        """Add a page with the current values of its sheet."""
        page = "" if report.scan_page is None else str(report.scan_page)
        cells = [report.scan_name, page]
        if not rows:
            self._table.add_row(
                *(Text(cell) for cell in cells), *[Text("")] * 5, self._without_values(report)
            )
            return
        first = rows[0]
        whom = [first.case or "", self._rater(first.rater)]
        self._table.add_row(
            *(Text(cell) for cell in cells),
            Text(SheetId(first.sheet_id).grouped()),
            Text(f"{first.instrument} {first.language}"),
            Text(" ".join(part for part in whom if part)),
            _items(rows),
            Text(_total(rows) or self._texts.of("message", "total_unknown")),
            self._remarks(report, rows),
        )

    def show(self) -> None:
        """Print the table, if anything is in it."""
        if self._table.row_count:
            self._console.print(self._table)

    def _rater(self, rater: str | None) -> str:
        return "" if rater is None else self._texts.of("rater", rater)

    def _without_values(self, report: PageReport) -> Text:
        outcome = self._texts.of("outcome", report.outcome)
        if report.reason is None:
            return Text(outcome, "dim")
        reason = self._texts.of("page_reason", report.reason.value)
        return Text(f"{outcome}: {reason}", "red")

    def _remarks(self, report: PageReport, rows: Iterable[ResultRow]) -> Text:
        said = [
            f"{row.item_number}: {self._texts.of('line_reason', reason)}"
            for row in rows
            if row.status is Status.REVIEW
            for reason in row.reasons[:1]
        ]
        if report.outcome == "seen_before":
            said.insert(0, self._texts.of("outcome", report.outcome))
        return Text("; ".join(said), "yellow" if said else "")


def _items(rows: Iterable[ResultRow]) -> Text:
    """Scores side by side, a question mark where a person must look."""
    line = Text()
    for row in rows:
        score = "?" if row.score is None or row.status is Status.REVIEW else str(row.score)
        line.append(f"{score:>5}", STYLES[row.status])
    return line


def _total(rows: tuple[ResultRow, ...]) -> str | None:
    """Sum of the rounded items, only when every item has a settled value."""
    scores = [row.score for row in rows if row.score is not None and row.status is not Status.REVIEW]
    return str(sum(scores)) if len(scores) == len(rows) else None
