"""The judge: does everything hold that must hold after a fault and a restart?

It uses none of the code under test: plain SQL, system calls, and its own sums over the audit. Each fault
that it names begins with the invariant that is broken, I1 to I8 (see CONTRIBUTING).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from tests.faults.drops import Expected, Places
from tests.faults.findings import REASON, Folders, Row, folders, moment, tables

NEAR_MM = 1.0
GENESIS = "0" * 64
CHAINED = ("sequence", "at", "actor", "action", "target", "detail", "token", "previous")
SEALED = (
    "sheet_id", "item", "item_number", "revision", "kind", "actor", "at", "reading_id", "status",
    "position_um", "score_tenths", "missing_reason", "reasons", "confidence", "decided_by", "restores",
    "salt",
)  # fmt: skip
OUTCOMES = frozenset({"page.read", "page.refuse", "page.empty", "scan.refuse"})

Tables = dict[str, list[Row]]


def broken(places: Places, expected: Expected, *, services: int = 0) -> list[str]:
    """Every invariant that does not hold at rest; empty when all is well.

    `services` is how many services run and so have a folder for their claims.
    """
    found, rows = folders(places), tables(places.url)
    faults = [
        *_every_file_is_in_one_place(found, rows, expected),
        *_each_value_is_there_once(rows, expected),
        *_meetings_are_right(rows, expected),
        *_outcomes_are_right(rows, expected),
        *_bytes_are_stored(found, rows),
        *_sources_went_after_their_row(found, rows),
        *_nothing_is_left(found, services),
        *_audit_holds(rows),
        *_audit_explains(rows),
    ]
    return list(dict.fromkeys(faults))


def unchanged(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """I7: what is otherwise after everything was run once more; of `findings.traces`."""
    old, new = set(before), set(after)
    return [f"I7 new: {one[:200]}" for one in new - old] + [f"I7 gone: {one[:200]}" for one in old - new]


def blind(exit_code: int | None, *, answers: bool, work_left: bool) -> list[str]:
    """I8: an exit code (None: it runs), whether its health says that it lives, and whether work is left."""
    if exit_code is None:
        return [] if answers else ["I8 the service runs, and does not live"]
    return ["I8 the service left with 0, and with work undone"] if exit_code == 0 and work_left else []


def _every_file_is_in_one_place(found: Folders, rows: Tables, expected: Expected) -> Iterator[str]:
    dropped = Counter(drop.content.sha256 for drop in expected.drops)
    lying = Counter(file.sha256 for file in found.files if file.sha256)
    for sha256 in dropped.keys() | lying.keys():
        if dropped[sha256] != lying[sha256]:
            where = [file.where for file in found.files if file.sha256 == sha256]
            yield f"I1 {sha256[:8]} dropped {dropped[sha256]} times, found {lying[sha256]} times: {where}"
    refused = {drop.content.sha256 for drop in expected.drops if drop.content.refused}
    offices = {(drop.content.sha256, drop.office) for drop in expected.drops}
    for file in found.files:
        if file.where in ("waiting", "claimed"):
            yield f"I1 {file.where} still: {file.name!r}"
        if file.sha256 and (file.where == "refused") != (file.sha256 in refused):
            yield f"I1 {file.name!r} ended in {file.where}"
        if file.sha256 and (file.sha256, file.office) not in offices:
            yield f"I1 {file.name!r} is in the folder of {file.office!r}, where nobody dropped it"
    odd = Counter(file.name for file in found.files if file.sha256 is None)
    if odd != Counter(expected.odd):
        yield f"I1 links and pipes: {dict(odd)}, expected {sorted(expected.odd)}"
    told = {path.name.removesuffix(REASON) for path in found.reasons}
    in_refused = {file.name for file in found.files if file.where == "refused"}
    if told != in_refused or len(found.reasons) != sum(file.where == "refused" for file in found.files):
        yield f"I1 refused {sorted(in_refused)}, reasons for {sorted(told)}"
    if any(path.stat().st_size == 0 for path in found.reasons):
        yield "I1 a reason file is empty"


def _each_value_is_there_once(rows: Tables, expected: Expected) -> Iterator[str]:
    identifiers = {row["id"]: row["identifier"] for row in rows["sheet"]}
    scanned = {sheet for drop in expected.drops for sheet in drop.content.sheets if sheet}
    histories: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for event in rows["event"]:
        histories[identifiers[event["sheet_id"]], event["item_number"]].append(event)
    wanted = {
        (sheet, number): at
        for sheet in scanned
        for number, at in enumerate(expected.marks_mm[sheet], start=1)
    }
    for key in wanted.keys() - histories.keys():
        yield f"I2 {key} has no value"
    for key, events in histories.items():
        if key not in wanted:
            yield f"I2 {key} has a value, and was never dropped"
            continue
        if [event["revision"] for event in events] != [1]:
            yield f"I2 {key} has {len(events)} events"
        newest = events[-1]
        if newest["position_um"] is None or abs(newest["position_um"] / 1000 - wanted[key]) > NEAR_MM:
            yield f"I2 {key} is at {newest['position_um']} um, should be at {wanted[key]} mm"


def _meetings_are_right(rows: Tables, expected: Expected) -> Iterator[str]:
    """One row for each content, one sighting for each drop."""
    contents = {drop.content.sha256: drop.content for drop in expected.drops}
    met = Counter(drop.content.sha256 for drop in expected.drops)
    hashes = {row["id"]: row["sha256"] for row in rows["scan_file"]}
    for sha256 in contents.keys() - set(hashes.values()):
        yield f"I2 {sha256[:8]} is not in the record"
    for sha256 in set(hashes.values()) - contents.keys() - expected.revisions:
        yield f"I2 {sha256[:8]} is in the record, and was never dropped"
    sighted = Counter(hashes[row["scan_file_id"]] for row in rows["sighting"])
    for sha256, times in met.items():
        if sighted[sha256] != times:
            yield f"I2 {sha256[:8]} was dropped {times} times and sighted {sighted[sha256]} times"


def _outcomes_are_right(rows: Tables, expected: Expected) -> Iterator[str]:
    """One outcome for each page, and the right one."""
    contents = {drop.content.sha256: drop.content for drop in expected.drops}
    hashes = {row["id"]: row["sha256"] for row in rows["scan_file"]}
    pages = {row["id"]: (hashes[row["scan_file_id"]], row["number"]) for row in rows["page"]}
    outcomes: dict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
    for row in rows["outcome"]:
        sha256, number = pages.pop(row["page_id"], ("", -1))
        outcomes[sha256].append((number, row["kind"], row["reason"]))
    if "" in outcomes:
        yield "I2 a page has two outcomes"
    for sha256, number in pages.values():
        yield f"I2 page {number} of {sha256[:8]} has no outcome"
    for sha256, content in contents.items():
        got = sorted(outcomes[sha256], key=lambda it: it[0])
        if content.refused:
            right = got == [(0, "refused", content.refused)]
        else:
            kinds = [(number, kind == "read") for number, kind, _ in got]
            right = kinds == [(n, sheet is not None) for n, sheet in enumerate(content.sheets, start=1)]
        if not right:
            yield f"I2 {sha256[:8]} ({content.extension}) has the outcomes {got}"


def _bytes_are_stored(found: Folders, rows: Tables) -> Iterator[str]:
    pieces: dict[str, list[bytes]] = defaultdict(list)
    for row in rows["scan_bytes"]:
        pieces[row["sha256"]].append(bytes(row["bytes"]))
    held = dict(found.stored)
    held |= {sha256: hashlib.sha256(b"".join(parts)).hexdigest() for sha256, parts in pieces.items()}
    for row in rows["scan_file"]:
        if row["stored"] is None or row["purged_at"] is not None:
            continue
        if row["sha256"] not in held:
            yield f"I3 {row['sha256'][:8]} has a row and no bytes"
    for sha256, real in held.items():
        if sha256 != real:
            yield f"I3 the bytes of {sha256[:8]} are others"


def _sources_went_after_their_row(found: Folders, rows: Tables) -> Iterator[str]:
    finished = {row["sha256"] for row in rows["scan_file"] if row["finished_at"] is not None}
    known = {row["sha256"] for row in rows["scan_file"]}
    for file in found.files:
        if file.where in ("done", "refused") and file.sha256 and file.sha256 not in finished:
            state = "unfinished" if file.sha256 in known else "unknown to the record"
            yield f"I4 {file.name!r} is in {file.where}, and {state}"


def _nothing_is_left(found: Folders, services: int) -> Iterator[str]:
    for what in found.left_over:
        yield f"I5 left over {what}"
    if found.services != services:
        yield f"I5 {found.services} services have a folder, {services} run"
    for file in found.files:
        if file.where in ("done", "refused") and Path(file.name).suffix in (".part", ".reason", ".claim"):
            yield f"I5 left over {file.name!r}"


def _audit_holds(rows: Tables) -> Iterator[str]:
    start = {"sequence": 0, "digest": GENESIS}
    for before, entry in pairwise([start, *rows["audit"]]):
        if entry["sequence"] != before["sequence"] + 1 or entry["previous"] != before["digest"]:
            yield f"I6 entry {entry['sequence']} does not continue entry {before['sequence']}"
        if _digest([_plain(name, entry[name], microseconds=True) for name in CHAINED]) != entry["digest"]:
            yield f"I6 entry {entry['sequence']} was changed"
    if not rows["audit"]:
        yield "I6 there is no audit"


def _audit_explains(rows: Tables) -> Iterator[str]:
    """Every event is vouched for once; every outcome and every sighting has its entry."""
    events = {row["id"]: row for row in rows["event"]}
    vouched: Counter[int] = Counter()
    for entry in rows["audit"]:
        detail = json.loads(entry["detail"])
        numbers = detail.get("events", ())
        vouched.update(numbers)
        known = [events[number] for number in numbers if number in events]
        if numbers and detail["seal"] != _digest([[_plain(n, row[n]) for n in SEALED] for row in known]):
            yield f"I6 entry {entry['sequence']} vouches for other events"
    for number in events.keys() | vouched.keys():
        if vouched[number] != 1 or number not in events:
            yield f"I6 event {number} is vouched for {vouched[number]} times"
    actions = Counter(entry["action"] for entry in rows["audit"])
    if sum(actions[action] for action in OUTCOMES) != len(rows["outcome"]):
        yield f"I6 {len(rows['outcome'])} outcomes, in the audit {dict(actions)}"
    if actions["scan.take"] != len(rows["scan_file"]):
        yield f"I6 {len(rows['scan_file'])} files, in the audit {dict(actions)}"
    if actions["scan.take"] + actions["scan.again"] != len(rows["sighting"]):
        yield f"I6 {len(rows['sighting'])} sightings, in the audit {dict(actions)}"


def _plain(name: str, value: object, *, microseconds: bool = False) -> object:
    if name != "at":
        return value
    text = moment(value)
    bare = microseconds and "." not in text
    return text.replace("+00:00", ".000000+00:00") if bare else text


def _digest(parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
