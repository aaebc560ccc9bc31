"""The evaluation as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from calibration.evaluate import Evaluation
from calibration.judged import JudgedLine
from calibration.report import error_plots, html_tables
from calibration.report.pictures import figure
from calibration.report.run import Run
from calibration.report.worst import Picture
from calibration.targets import DOUBLE_ENTRY_PER_10000

STYLE = Path(__file__).parent / "page.css"
PictureGroups = Sequence[tuple[str, Sequence[Picture]]]

_ABOUT_PICTURES = {
    "Silently wrong": "Values that would have gone into the record unseen. None of these may remain.",
    "Accepted, and furthest off": "More than 0.3 mm from the place that was meant, the furthest first.",
    "Unmistakable, yet sent to a person": "One of each kind and reason, then a second one: work for nothing.",
}
_METHOD = """
<p>Every mark was made by a simulated hand on a simulated print, and scanned by a simulated machine; the
truth is what the hand meant, in millimetres as if the line were 100 mm long, never what the reader found.
The reader itself is the real one.</p>
<p><b>Unmistakable</b> is a mark that a careful person would take as it is; those on refused pages count as
not accepted. <b>Asked</b> is the share of all lines, rare marks included, that went to a person.
<b>Silently wrong</b> is a line that was accepted and is more than 1 mm off, or that was accepted where a
person would stop, or that went to another sheet. <b>At most</b> is the exact one-sided 95 % upper bound of
its share among accepted lines (Clopper and Pearson): with none seen in n it is about 3 in n. Errors are of
accepted marks with one place that was meant.</p>
"""
_METHOD_OF_REAL = _METHOD[_METHOD.index("<p><b>Unmistakable") :]


def as_html(evaluation: Evaluation, run: Run, lines: Sequence[JudgedLine], pictures: PictureGroups) -> str:
    """The whole page; `lines` are those of the evaluation, `pictures` come under their headings."""
    body = [
        f"<h1>How wrong Jana reads</h1><p class='lead'>{escape(run.in_words)}.</p>",
        _headline(evaluation),
        "<h2>Against the targets</h2>",
        html_tables.targets(evaluation),
        *_trouble(evaluation),
        _plots(evaluation, lines),
        "<h2>By condition</h2>",
        html_tables.conditions(evaluation),
        *_heat(evaluation),
        "<h2>By kind of mark</h2>",
        html_tables.kinds(evaluation),
        "<h2>By pen</h2>",
        html_tables.pens(evaluation),
        *_confidence(evaluation),
        *_reasons(evaluation),
        *_pictures(pictures),
        f"<h2>How this was measured</h2>{_METHOD if run.seed is not None else _METHOD_OF_REAL}",
    ]
    return document("How wrong Jana reads", body, f"jana {run.reader_version}")


def document(title: str, body: Sequence[str], footer: str) -> str:
    """A page with our style in it."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>{chr(10).join(body)}\n<footer>{escape(footer)}</footer></main></body></html>\n"
    )


def _headline(evaluation: Evaluation) -> str:
    figures = evaluation.overall.figures
    bound = figures.wrong_bound_per_10000
    wrong = (
        f"of {figures.accepted:,} accepted; in 10,000 at most {html_tables.number(bound)} by the 95 % bound. "
        f"Two people typing: {DOUBLE_ENTRY_PER_10000}."
    )
    at_ends = html_tables.percent(figures.near_end_accepted_share)
    cards = (
        ("Silently wrong", f"{figures.silently_wrong:,}", wrong, figures.silently_wrong > 0),
        (
            "Unmistakable, accepted",
            html_tables.percent(figures.accepted_share),
            f"of {figures.unmistakable:,}; within 3 mm of an end of the line {at_ends}",
            False,
        ),
        (
            "Mean error",
            html_tables.mm(figures.mean_error_mm, unit=True),
            f"99 % within {html_tables.mm(figures.p99_error_mm, unit=True)}; "
            f"bias {html_tables.mm(figures.bias_mm, unit=True, sign=True)}",
            False,
        ),
        (
            "Asked a person",
            html_tables.percent(figures.flagged_share),
            f"of all {figures.lines:,} lines, rare and doubtful marks included",
            False,
        ),
    )
    return "<div class='cards'>" + "".join(_card(*card) for card in cards) + "</div>"


def _card(label: str, shown: str, more: str, bad: bool) -> str:
    return (
        f"<div class='card{' bad' if bad else ''}'><span class='label'>{label}</span>"
        f"<span class='figure'>{shown}</span><span class='more'>{more}</span></div>"
    )


def _trouble(evaluation: Evaluation) -> Iterator[str]:
    """Pages that were refused, in a sentence; those that were lost, by name."""
    sheets = evaluation.overall.sheets
    if sheets.refused:
        why = ", ".join(f"{count:,} {escape(reason)}" for reason, count in sheets.refused)
        yield f"<p class='note'>Of {sheets.scanned:,} sheets, refused with a reason: {why}.</p>"
    for words, names in (
        ("neither read nor refused", sheets.lost),
        ("read as another sheet", sheets.mistaken),
        ("reported, but never scanned", evaluation.invented),
    ):
        if names:
            yield f"<p class='missed'>Sheets {words}: {escape(', '.join(names))}</p>"


def _plots(evaluation: Evaluation, lines: Sequence[JudgedLine]) -> str:
    plots = [
        (
            "How far off, and which way",
            "Accepted marks; beyond 0.6 mm they stand at the edge.",
            error_plots.histogram(lines),
        ),
        (
            "How many are further off",
            "The rings are the targets: 99 % must be within. A curve passes below and left of its ring.",
            error_plots.further_off(lines),
        ),
        (
            "Where on the line",
            "Shaded the middle 90 %, drawn through the mean; dots are single marks more than 0.15 mm off.",
            error_plots.along_the_line(lines),
        ),
    ]
    if evaluation.reliability is not None:
        error = evaluation.reliability.expected_error
        about = f"Expected calibration error {error:.4f}; the target is at most 0.01."
        plots.append(("Is confidence true", about, error_plots.reliability(evaluation.reliability)))
    cards = [f"<div class='card'><h3>{name}</h3><p>{about}</p>{plot}</div>" for name, about, plot in plots]
    if evaluation.reliability is None:
        cards.append(
            "<div class='card none'><h3>Is confidence true</h3><p>The reader gives no confidence yet, so "
            "there is nothing to hold against the truth.</p></div>"
        )
    return (
        "<h2>Errors of accepted marks</h2><p class='under'><span class='key'></span>tidy office"
        f"<span class='key hard'></span>hard conditions</p><div class='plots'>{''.join(cards)}</div>"
    )


def _heat(evaluation: Evaluation) -> Iterator[str]:
    yield "<h2>By condition and kind of mark</h2>"
    yield (
        "<p class='under'>Unmistakable marks accepted, in %; the deeper the colour, the more went to a "
        "person for nothing. In italics: marks that may be taken or asked about. At the right, what must be "
        "asked about: a dot says that it was. Red counts what was silently wrong.</p>"
    )
    yield html_tables.heat(evaluation)


def _reasons(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.flagged:
        yield "<h2>Why unmistakable marks went to a person</h2>"
        yield (
            "<p class='under'>A line counts once for each of its reasons. Dark is the part that had this one "
            "only: so many more would have been accepted without it.</p>"
        )
        yield html_tables.reasons(evaluation)


def _confidence(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.reliability is not None:
        yield "<h2>By confidence</h2>"
        yield html_tables.confidence(evaluation.reliability)


def _pictures(groups: PictureGroups) -> Iterator[str]:
    if groups:
        yield "<h2>The worst pictures</h2>"
        yield (
            "<p class='under'><span class='tri meant'>▼</span> where the mark was meant, "
            "<span class='tri read'>▲</span> where it was read. A page is made again by its name, with "
            "<code>jana calibrate gallery --page NAME --out FOLDER</code> and the same "
            "<code>--rare-share</code>.</p>"
        )
    for name, pictures in groups:
        yield f"<h3>{escape(name)} ({len(pictures)})</h3><p class='note'>{_ABOUT_PICTURES.get(name, '')}</p>"
        yield f"<div class='crops'>{''.join(map(figure, pictures))}</div>"
