"""Joining the ORS and the SRS of one session into one row, or saying why that cannot be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.delivery.openfit_people import People
from scanner.delivery.openfit_row import OpenFitRow, Questionnaire, Skipped, Unfit, questionnaire_of
from scanner.delivery.openfit_sessions import KnownSessions
from scanner.model.delivery import SessionSheet, SettledSheet

SessionKey = tuple[str, int]
"""A case, and the number of a session in it."""

SessionLook = Callable[[Collection[SessionKey]], Mapping[SessionKey, Sequence[SessionSheet]]]
"""From sessions to all sheets that were printed for each."""


class Beside:
    """What the sessions of some sheets hold beside them, looked up once for all."""

    def __init__(self, sheets: Iterable[SettledSheet], look: SessionLook) -> None:
        keys = {key for key in map(_session, sheets) if key is not None}
        self._sessions = look(keys) if keys else {}

    def of(self, sheet: SettledSheet) -> list[SessionSheet]:
        """The others by the same rater about the same person."""
        key = _session(sheet)
        return [
            other
            for other in (() if key is None else self._sessions.get(key, ()))
            if other.sheet_id != sheet.sheet_id
            and (other.subject, other.rater) == (sheet.subject, sheet.rater)
        ]


def _session(sheet: SettledSheet) -> SessionKey | None:
    return None if sheet.case is None or sheet.session is None else (sheet.case, sheet.session)


@dataclass(frozen=True, slots=True)
class Places:
    """Which instruments fill which columns."""

    ors: Collection[str]
    srs: Collection[str]

    def partners(self, instrument: str) -> Collection[str]:
        """Those that fill the other columns of the row."""
        return self.srs if instrument in self.ors else self.ors


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of the sheets of one person in one session."""

    sheets: tuple[SettledSheet, ...]
    """Those of the batch."""
    row: OpenFitRow | Unfit


def join(
    sheets: Sequence[SettledSheet], places: Places, beside: Beside, people: People, sessions: KnownSessions
) -> list[Joined]:
    """One row for each (client, session), in the order of the sheets; sheets that were refused before
    do not come here, withdrawn ones neither."""
    groups: dict[tuple[object, ...], list[SettledSheet]] = defaultdict(list)
    for sheet in sheets:
        groups[sheet.case, sheet.session, sheet.subject, sheet.rater].append(sheet)
    joined = [Joined(tuple(group), _row(group, places, beside, people)) for group in groups.values()]
    of_case: dict[str, list[OpenFitRow]] = defaultdict(list)
    for each in joined:
        if isinstance(each.row, OpenFitRow):
            of_case[each.row.client.cells["Case_ID"]].append(each.row)
    return [Joined(each.sheets, _checked(each.row, of_case, sessions)) for each in joined]


def waits_for(sheet: SettledSheet, places: Places, beside: Beside) -> str | None:
    """The partner of the session that a sheet should still wait for; None: it may go."""
    wanted = places.partners(sheet.instrument)
    for other in beside.of(sheet):
        if other.instrument in wanted and other.settled is None:
            return f"waits for the {other.instrument} of the same session ({other.sheet_id})"
    return None


def _row(group: Sequence[SettledSheet], places: Places, around: Beside, people: People) -> OpenFitRow | Unfit:
    client = people.find(group[0])
    if isinstance(client, Unfit):
        return client
    ids = {sheet.sheet_id for sheet in group}
    known = [other.settled for other in around.of(group[0])]
    # What goes out now is what the batch holds; the record may have a newer version of it by now.
    beside = [sheet for sheet in known if sheet is not None and sheet.sheet_id not in ids]
    dates = {sheet.session_date for sheet in group}
    session, day = group[0].session, group[0].session_date
    if session is None or day is None or len(dates) > 1:
        return Unfit(
            "its sheets have different days" if len(dates) > 1 else "it has no session number or day"
        )
    halves: list[Questionnaire] = []
    for instruments in (places.ors, places.srs):
        half = _half(
            [sheet for sheet in group if sheet.instrument in instruments],
            [sheet for sheet in beside if sheet.instrument in instruments and sheet.session_date == day],
        )
        if isinstance(half, Unfit):
            return half
        halves.append(half)
    return OpenFitRow(client, session, day, ors=halves[0], srs=halves[1])


def _half(mine: Sequence[SettledSheet], beside: Sequence[SettledSheet]) -> Questionnaire | Unfit:
    """What stands in the columns of one questionnaire."""
    if len(mine) + len(beside) > 1 and mine:
        ids = ", ".join(sheet.sheet_id for sheet in (*mine, *beside))
        return Unfit(
            f"more than one {mine[0].instrument} for this session ({ids}): void those that do not count"
        )
    if mine:
        return questionnaire_of(mine[0])
    answers = [questionnaire_of(sheet) for sheet in beside]
    fit = [answer for answer in answers if not isinstance(answer, Unfit)]
    # A partner that OpenFIT cannot take, or that is there twice, is on the list for its own sake.
    return fit[0] if len(fit) == 1 and len(answers) == 1 else Skipped()


def _checked(
    row: OpenFitRow | Unfit, of_case: dict[str, list[OpenFitRow]], sessions: KnownSessions
) -> OpenFitRow | Unfit:
    if isinstance(row, Unfit):
        return row
    others = of_case[row.client.cells["Case_ID"]]
    twins = [
        other
        for other in others
        if (other.client.cells["Client_ID"], other.session_id)
        == (row.client.cells["Client_ID"], row.session_id)
    ]
    if len(twins) > 1:
        return Unfit(f"two rows would be session {row.session_id} of one client")
    trouble = sessions.trouble(row, others)
    return Unfit(trouble) if trouble else row
