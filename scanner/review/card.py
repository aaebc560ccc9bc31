"""One mark as the page shows it: everything that the templates `_mark.html` and `_changed.html` need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from scanner.model.decision import Reason
from scanner.model.score import printed_position, score_of
from scanner.record import MissingReason, SeenLine, Standing, WaitingMark
from scanner.review.paper_words import PaperWords, library, paper_words
from scanner.review.visit import Visit
from scanner.texts import Texts
from scanner.texts.cells import utc_text

MARK, CHANGED = "_mark.html", "_changed.html"

APART_MM = 1.0
"""Marks that lie nearer to each other are one choice: nobody could tell their scores apart."""
MOST_CHOICES = 9
"""One for each digit key."""
MOST_SCANS = 6
"""A blank sheet that was copied for many clients would fill the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """One scan of the line."""

    reading_id: int
    caption: str
    """Which scan it is; empty where there is one only."""
    places: tuple[Decimal, ...]
    """Where the reader saw marks, in millimetres on the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the values that the mark may have; a key and a button each."""

    value: str
    """What the form sends: `at:<mm>`, or `take:<reading>`."""
    label: str
    place: Decimal | None
    """None: the line is blank there."""
    reading_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A mark to settle, or to look at a second time."""

    template: str
    key: str
    dom_id: str
    action: str
    """Path that the decision is sent to."""
    after: int
    """Its place in the queue."""
    revision: int
    reading_id: int
    number: int
    count: int
    instrument: str
    facts: tuple[str, ...]
    words: PaperWords
    reasons: str
    question: str
    said: str
    """Key of the text that says what the place shown is."""
    place: Decimal | None
    """Where the needle stands at first, in millimetres; None: nowhere."""
    score: str
    settled: str
    """The value that stands while a conflict waits; empty when there is none."""
    crops: tuple[Crop, ...]
    choices: tuple[Choice, ...]
    conflict: bool
    looks_blank: bool
    blind: bool
    whole_page: str
    """Path; empty where it would tell too much."""
    skip: str
    place_with_script: bool = True
    """A script may set a place where there is none."""


def card(visit: Visit, mark: WaitingMark) -> Card:
    """The card of a mark that waits, or that somebody comes back to."""
    base = _looked_at(mark)
    scans = _scans(mark, base)
    conflict = Reason.CONFLICT in mark.reasons
    words = words_of(visit, mark)
    choices = _of_scans(visit.texts, mark, scans) if conflict else _of_marks(visit.texts, base)
    settled = conflict and (mark.score is not None or mark.missing_reason is not None)
    place = None if mark.missing_reason is not None else mark.position_mm
    path = {"sheet_id": mark.sheet_id, "item": mark.item}
    return Card(
        template=MARK,
        key=f"{mark.sheet_id}/{mark.item}",
        dom_id=f"{mark.sheet_id}-{mark.item_number}",
        action=visit.path("decide", **path),
        after=mark.place,
        revision=mark.revision,
        reading_id=base.reading_id,
        number=mark.item_number,
        count=words.count,
        instrument=words.instrument,
        facts=() if mark.unit is None else (mark.unit,),
        words=words,
        reasons=_reasons(visit.texts, mark.reasons),
        question=_question(visit.texts, mark.reasons),
        said="mark.none" if place is None else "mark.stands" if mark.score is not None else "mark.proposed",
        place=place,
        score=shown_score(visit.texts, place),
        settled=value_text(visit.texts, mark.position_mm, mark.missing_reason) if settled else "",
        crops=tuple(
            _crop(visit.texts, scan, captioned=len(scans) > 1, marked=bool(choices)) for scan in scans
        ),
        choices=choices,
        conflict=conflict,
        looks_blank=place is None and not base.marks,
        blind=False,
        whole_page=visit.path("whole_page", **path),
        skip=f"{visit.path('review')}?after={mark.place}",
    )


def words_of(visit: Visit, mark: WaitingMark) -> PaperWords:
    """What the paper says at this line."""
    instruments = library(visit.site.settings.instruments)
    return paper_words(instruments, mark.instrument, mark.version, mark.language, mark.item)


def shown_score(texts: Texts, place: Decimal | None) -> str:
    """The score of a place, one decimal, as it is written in the language; empty where there is none."""
    return "" if place is None else in_figures(texts, str(score_of(float(place))))


def in_figures(texts: Texts, number: str) -> str:
    """A number with the decimal sign of the language."""
    return number.replace(".", texts.of("mark", "decimal_sign"))


def value_text(texts: Texts, place: Decimal | None, missing: MissingReason | None) -> str:
    """A value in words: a score, or why there is none."""
    if missing is not None:
        return texts.of("missing", missing.value)
    return shown_score(texts, place) or texts.of("mark", "none")


def _looked_at(mark: WaitingMark) -> SeenLine:
    """The reading that the state is based on."""
    return next(line for line in mark.readings if line.reading_id == mark.reading_id)


def _scans(mark: WaitingMark, base: SeenLine) -> tuple[SeenLine, ...]:
    """The scans to look at, oldest first: in a conflict all that differ, else one."""
    if Reason.CONFLICT not in mark.reasons:
        return (base,)
    different = [line for line in mark.readings if line.standing is not Standing.SIGHTING]
    return tuple(different[-MOST_SCANS:])


def _crop(texts: Texts, scan: SeenLine, *, captioned: bool, marked: bool) -> Crop:
    when = texts.of("conflict", "scan", time=utc_text(scan.read_at)[:16].replace("T", " "))
    places = tuple(printed_position(seen.position_mm) for seen in scan.marks) if marked else ()
    return Crop(
        reading_id=scan.reading_id,
        caption=f"{when}, {scan.scan_name}" if captioned else "",
        places=places,
    )


def _of_marks(texts: Texts, scan: SeenLine) -> tuple[Choice, ...]:
    """Where the reader saw several marks: one choice each, from left to right."""
    places: list[Decimal] = []
    for place in sorted(printed_position(seen.position_mm) for seen in scan.marks):
        if not places or place - places[-1] >= Decimal(APART_MM):
            places.append(place)
    if len(places) < 2:
        return ()
    return tuple(
        Choice(value=f"at:{place}", label=shown_score(texts, place), place=place, reading_id=scan.reading_id)
        for place in places[:MOST_CHOICES]
    )


def _of_scans(texts: Texts, mark: WaitingMark, scans: Sequence[SeenLine]) -> tuple[Choice, ...]:
    """In a conflict: what each scan says, and what somebody saw who did not know the value."""
    choices = []
    for scan in scans:
        place = None if scan.position_mm is None else printed_position(scan.position_mm)
        if place is None and scan.marks:
            continue
        label = texts.of("conflict", "take_blank") if place is None else shown_score(texts, place)
        text = label if place is None else texts.of("conflict", "take", score=label)
        value = f"take:{scan.reading_id}"
        choices.append(Choice(value=value, label=text, place=place, reading_id=scan.reading_id))
    for opinion in mark.opinions:
        if opinion.position_mm is not None:
            text = texts.of("conflict", "opinion", score=shown_score(texts, opinion.position_mm))
            value = f"at:{opinion.position_mm}"
            choices.append(
                Choice(value=value, label=text, place=opinion.position_mm, reading_id=mark.reading_id)
            )
    return tuple(choices[:MOST_CHOICES])


def _reasons(texts: Texts, reasons: Sequence[Reason]) -> str:
    said = ", ".join(texts.of("line_reason", reason.value) for reason in reasons)
    return said[:1].upper() + said[1:]


def _question(texts: Texts, reasons: Sequence[Reason]) -> str:
    """What to ask oneself: of the conflict, or else of the first reason."""
    asked = Reason.CONFLICT if Reason.CONFLICT in reasons else next(iter(reasons), None)
    return "" if asked is None else texts.of("question", asked.value)
