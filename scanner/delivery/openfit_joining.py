"""Joining the ORS and the SRS of one session into one row, or saying why that cannot be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanner.delivery.openfit_people import People
from scanner.delivery.openfit_row import OpenFitRow, Questionnaire, Skipped, Unfit, questionnaire_of
from scanner.delivery.openfit_sessions import KnownSessions
from scanner.model.delivery import SessionSheet, SettledSheet

SessionLook = Callable[[str, int], Sequence[SessionSheet]]
"""From a case and a session's number to all sheets that were printed for it."""


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
    sheets: Sequence[SettledSheet], places: Places, look: SessionLook, people: People, sessions: KnownSessions
) -> list[Joined]:
    """One row for each (client, session), in the order of the sheets; sheets that were refused before
    do not come here, withdrawn ones neither."""
    groups: dict[tuple[object, ...], list[SettledSheet]] = defaultdict(list)
    for sheet in sheets:
        groups[sheet.case, sheet.session, sheet.subject, sheet.rater].append(sheet)
    joined = [Joined(tuple(group), _row(group, places, look, people)) for group in groups.values()]
    of_case: dict[str, list[OpenFitRow]] = defaultdict(list)
    for each in joined:
        if isinstance(each.row, OpenFitRow):
            of_case[each.row.client.cells["Case_ID"]].append(each.row)
    return [Joined(each.sheets, _checked(each.row, of_case, sessions)) for each in joined]


def waits_for(
    sheet: SettledSheet, places: Places, look: SessionLook, now: datetime, patience: timedelta
) -> str | None:
    """The partner of the session that a sheet should still wait for; None: it may go."""
    if sheet.case is None or sheet.session is None or now - sheet.settled_at >= patience:
        return None
    wanted = places.partners(sheet.instrument)
    for other in _beside(sheet, look):
        if other.instrument in wanted and other.settled is None:
            return f"waits for the {other.instrument} of the same session ({other.sheet_id})"
    return None


def _row(
    group: Sequence[SettledSheet], places: Places, look: SessionLook, people: People
) -> OpenFitRow | Unfit:
    client = people.find(group[0])
    if isinstance(client, Unfit):
        return client
    ids = {sheet.sheet_id for sheet in group}
    known = [other.settled for other in _beside(group[0], look)]
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


def _beside(sheet: SettledSheet, look: SessionLook) -> list[SessionSheet]:
    """The others by the same rater about the same person."""
    if sheet.case is None or sheet.session is None:
        return []
    return [
        other
        for other in look(sheet.case, sheet.session)
        if other.sheet_id != sheet.sheet_id and (other.subject, other.rater) == (sheet.subject, sheet.rater)
    ]


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
