"""The data dictionary that makes a REDCap project take our sheets: a CSV for its Project Setup page."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from forms.instrument import Instrument, Rater, TotalRule
from scanner.delivery.redcap_fields import SheetFields
from scanner.errors import JanaError
from scanner.model.delivery import Withdrawal
from scanner.record import MissingReason
from scanner.texts import Texts

HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
FIRST_FORM = "sheet"
LINE_MAX = 10
_Line = dict[str, str]


def write_dictionary(
    instruments: Iterable[Instrument], record_field: str, language: str, texts: Texts, out: TextIO
) -> int:
    """Write the dictionary with labels in a language, where the form has it; the number of fields.

    Raises JanaError for an instrument whose fields would clash with others.
    """
    lines = list(_first_form(record_field, texts))
    for instrument in instruments:
        lines += _form(instrument, language, texts)
    names = [line[HEADER[0]] for line in lines]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise JanaError(f"Two fields would be called {', '.join(twice)}: give the form's items other keys.")
    writer = csv.DictWriter(out, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return len(lines)


def _first_form(record_field: str, texts: Texts) -> Iterator[_Line]:
    say = texts.tables["redcap"]
    yield _text(record_field, FIRST_FORM, say["record"])
    yield _text("case_ref", FIRST_FORM, say["case_ref"], identifier=True)
    yield _text("session", FIRST_FORM, say["session"], "integer")
    yield _text("session_date", FIRST_FORM, say["session_date"], "date_ymd")
    yield _text("subject", FIRST_FORM, say["subject"], identifier=True)
    raters = {rater.value: texts.tables["rater"][rater] for rater in Rater}
    yield _choice("rater", FIRST_FORM, say["rater"], raters)
    yield _text("unit", FIRST_FORM, say["unit"])


def _form(instrument: Instrument, language: str, texts: Texts) -> Iterator[_Line]:
    say = texts.tables["redcap"]
    form_text = instrument.text(language if language in instrument.languages else instrument.languages[0])
    try:
        fields = SheetFields(instrument.code, tuple(item.key for item in instrument.items))
    except ValueError as error:
        raise JanaError(f"{error}: give its items other keys.") from error
    form = fields.form
    reasons = {reason.value: texts.tables["missing"][reason] for reason in MissingReason}
    for item, words in zip(instrument.items, form_text.items, strict=True):
        score = _number(fields.score(item.key), form, words.title, LINE_MAX)
        yield score if item is not instrument.items[0] else {**score, HEADER[2]: instrument.name}
        yield _choice(fields.why(item.key), form, f"{words.title}: {say['why']}", reasons)
    most = LINE_MAX * len(instrument.items)
    # Also where the items make no total, so that every row finds all its fields.
    note = say["total"] if instrument.total is not TotalRule.NONE else say["no_total"]
    yield _number(fields.about("total"), form, note, most)
    withdrawals = {why.value: say[why.value] for why in Withdrawal}
    yield _choice(fields.about("withdrawn"), form, say["withdrawn"], withdrawals)
    yield _text(fields.about("sheet"), form, say["sheet"])
    yield _text(fields.about("version"), form, say["version"], "integer")
    yield _text(fields.about("language"), form, say["language"])
    yield _text(fields.about("form_version"), form, say["form_version"], "integer")
    yield _text(fields.about("read_at"), form, say["read_at"], "datetime_seconds_ymd", note="UTC")
    yield _text(fields.about("settled_at"), form, say["settled_at"], "datetime_seconds_ymd", note="UTC")
    yield _text(fields.about("reader"), form, say["reader"])


def _text(
    name: str, form: str, label: str, kind: str = "", *, note: str = "", identifier: bool = False
) -> _Line:
    line = dict.fromkeys(HEADER, "")
    line |= {HEADER[0]: name, HEADER[1]: form, HEADER[3]: "text", HEADER[4]: label, HEADER[6]: note}
    return {**line, HEADER[7]: kind, HEADER[10]: "y" if identifier else ""}


def _number(name: str, form: str, label: str, most: int) -> _Line:
    return {**_text(name, form, label, "number"), HEADER[8]: "0", HEADER[9]: str(most)}


def _choice(name: str, form: str, label: str, choices: dict[str, str]) -> _Line:
    listed = " | ".join(f"{code}, {words}" for code, words in choices.items())
    return {**_text(name, form, label), HEADER[3]: "dropdown", HEADER[5]: listed}
