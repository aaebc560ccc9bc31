"""What OpenFIT's import takes, written from its description alone; shares nothing with what writes the file.

The rules: the template's columns exactly and in order; names, provider and identifiers are there; dates
are yyyy-MM-dd; sessions count 1, 2, ... by date within a case; of each questionnaire either four items and a
blank total, or a total and no item, or the skip flag and nothing at all; a client has one row a session.
"""

from __future__ import annotations

import csv
import datetime
import io
import re

TEMPLATE = (
    "Service_Location,Provider_Email,Provider_FirstName,Provider_LastName,Provider_ID,Client_ID,"
    "Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date,Session_ID,"
    "Session_Date,Notes,ORS_Skip,ORSQ1,ORSQ2,ORSQ3,ORSQ4,Total_ORS,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS"
)
MUST = (
    *("Service_Location", "Provider_Email", "Provider_FirstName", "Provider_LastName", "Client_ID"),
    *("Client_FirstName", "Client_LastName", "Client_Gender", "Client_Group", "Case_ID"),
)
FLAGS = {"Y/N": {"Y": True, "N": False}, "1/0": {"1": True, "0": False}}


def complaints(content: bytes, style: str = "Y/N", encoding: str = "utf-8") -> list[str]:
    """Everything that is wrong with a file; empty for one that OpenFIT takes."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return ["not in the encoding"]
    lines = text.split("\n")
    if lines[0] != TEMPLATE:
        return ["the header is not the template's"]
    if lines[-1] != "":
        return ["the last line has no end"]
    wrong = []
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    names = rows[0]
    for number, cells in enumerate(rows[1:], 2):
        if len(cells) != len(names):
            wrong.append(f"{number}: {len(cells)} cells")
            continue
        row = dict(zip(names, cells, strict=True))
        wrong += [f"{number}: {what}" for what in of_row(row, FLAGS[style])]
    # Rows that are wrong in themselves say nothing together.
    return wrong or across([dict(zip(names, cells, strict=True)) for cells in rows[1:]])


def of_row(row: dict[str, str], flags: dict[str, bool]) -> list[str]:
    wrong = [f"{name} is empty" for name in MUST if not row[name]]
    wrong += [f"{name} is a formula" for name in MUST if row[name][:1] in tuple("=+-@\t\r")]
    wrong += [f"{name} is no day" for name in ("Case_Date", "Session_Date") if not is_day(row[name])]
    if not re.fullmatch(r"[1-9][0-9]*", row["Session_ID"]):
        wrong.append("Session_ID does not count from 1")
    for scale in ("ORS", "SRS"):
        items = [row[f"{scale}Q{at}"] for at in (1, 2, 3, 4)]
        total = row[f"Total_{scale}"]
        flag = flags.get(row[f"{scale}_Skip"])
        filled = sum(item != "" for item in items)
        if flag is None:
            wrong.append(f"{scale}_Skip is {row[f'{scale}_Skip']!r}")
        elif flag and (filled or total):
            wrong.append(f"{scale} is skipped and has values")
        elif not flag and (filled, total != "") not in ((4, False), (0, True)):
            wrong.append(f"{scale} is neither four items nor a total")
        if not all(is_score(item, 10) for item in items if item) or (total and not is_score(total, 40)):
            wrong.append(f"{scale} has a value that is no score")
    return wrong


def across(rows: list[dict[str, str]]) -> list[str]:
    wrong = []
    keys = [(row["Client_ID"], row["Case_ID"], row["Session_ID"]) for row in rows]
    wrong += [f"twice: {key}" for key in sorted(set(keys)) if keys.count(key) > 1]
    for case in sorted({row["Case_ID"] for row in rows}):
        days = {int(row["Session_ID"]): row["Session_Date"] for row in rows if row["Case_ID"] == case}
        by_number = [days[number] for number in sorted(days)]
        if by_number != sorted(by_number):
            wrong.append(f"sessions of {case} are not in the order of their days")
    return wrong


def is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_score(text: str, most: int) -> bool:
    return re.fullmatch(r"\d{1,2}\.\d", text) is not None and float(text) <= most
