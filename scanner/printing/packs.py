"""The sheets of a meeting: who gets which form, in the order in which they are handed out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.instrument import Instrument
from scanner.model.case import AgeBand, Meeting
from scanner.model.sheet import SheetPurpose
from scanner.printing.requests import SheetRequest
from scanner.settings_packs import PackRules

CLIENT = {AgeBand.CHILD: "child"}
"""What the client is called on the sheets where nobody says otherwise; others are `client`."""

SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever prints asks for; None leaves it to the plan of the meeting, and then to the rules."""

    raters: tuple[str, ...] | None = None
    own: tuple[str, ...] | None = None
    instruments: tuple[str, ...] | None = None
    language: str | None = None
    subject: str | None = None
    again: bool = False
    """Also what is printed already."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to print, and how it is chosen."""

    instruments: Mapping[str, Instrument]
    rules: PackRules
    language: str
    """Of forms for which nobody asks one."""


@dataclass(frozen=True, slots=True)
class Pack:
    """The sheets of one meeting."""

    requests: tuple[SheetRequest, ...]
    """Person by person, each person's sheets in the order of the meeting."""
    printed_before: int
    """Sheets that would belong to it and are printed already."""


def pack_for(meeting: Meeting, wishes: Wishes, shelf: Shelf) -> Pack:
    """The sheets that a meeting takes, but for those that it has.

    Raises ValueError, in words for people, when it cannot be said which.
    """
    language = wishes.language or meeting.plan.language
    whole = [
        SheetRequest(instrument, _language(instrument, language, shelf.language), purpose)
        for instrument, purpose in _ratings(meeting, wishes, shelf)
    ]
    if wishes.again:
        return Pack(tuple(whole), 0)
    left = tuple(request for request in whole if not _is_printed(request, meeting))
    return Pack(left, len(whole) - len(left))


def _ratings(meeting: Meeting, wishes: Wishes, shelf: Shelf) -> Iterator[tuple[Instrument, SheetPurpose]]:
    band, plan = meeting.facts.age_band, meeting.plan
    named = wishes.instruments or plan.instruments
    if band is None and named is None:
        raise ValueError(
            "its age band is not known, so neither are its forms: take it in with `jana case import` "
            "(column age_band), or name the forms with --instruments"
        )
    client = wishes.subject or plan.subject or CLIENT.get(band or AgeBand.ADULT, "client")
    raters = wishes.raters or plan.raters or (SELF,)
    own = (wishes.own if wishes.own is not None else plan.own) or ()
    for role in dict.fromkeys((*raters, *own)):
        if role in raters:
            for code in named or _codes(band, role, shelf.rules):
                if role in own and code in shelf.rules.on_meeting:
                    continue
                yield _instrument(code, shelf), _purpose(meeting, client, role)
        if role in own:
            for code in _own_codes(band, named, shelf.rules):
                yield _instrument(code, shelf), _purpose(meeting, role, SELF)


def _codes(band: AgeBand | None, role: str, rules: PackRules) -> tuple[str, ...]:
    if band is AgeBand.CHILD:
        return rules.child if role == SELF else rules.beside_child
    return rules.adolescent if band is AgeBand.ADOLESCENT else rules.adult


def _own_codes(band: AgeBand | None, named: tuple[str, ...] | None, rules: PackRules) -> tuple[str, ...]:
    """A child's forms are never right for what a grown-up says of himself or herself."""
    return rules.adult if named is None or band is AgeBand.CHILD else named


def _instrument(code: str, shelf: Shelf) -> Instrument:
    instrument = shelf.instruments.get(code)
    if instrument is None:
        known = ", ".join(sorted(shelf.instruments))
        raise ValueError(f"there is no instrument {code!r}; there are {known}")
    return instrument


def _purpose(meeting: Meeting, subject: str, rater: str) -> SheetPurpose:
    return SheetPurpose(
        case=meeting.case,
        session=meeting.session,
        session_date=meeting.plan.session_date,
        subject=subject,
        rater=rater,
        unit=meeting.facts.unit,
    )


def _language(instrument: Instrument, asked: str | None, default: str) -> str:
    """The language that was asked for, or else the usual one where the form has it."""
    if asked is None:
        return default if default in instrument.languages else instrument.languages[0]
    if asked not in instrument.languages:
        known = ", ".join(instrument.languages)
        raise ValueError(f"{instrument.code} has no language {asked!r}; it has {known}")
    return asked


def _is_printed(request: SheetRequest, meeting: Meeting) -> bool:
    """In another language too: whoever wants that makes the first one void, or asks for it again."""
    purpose = request.purpose
    return (request.instrument.code, purpose.subject, purpose.rater) in meeting.printed
