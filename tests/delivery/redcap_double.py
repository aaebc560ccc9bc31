"""A REDCap project in memory, as its API documentation describes it: form fields in, JSON out.

The project is made from a data dictionary, and every value is checked against it, as REDCap does: an unknown
field, a choice that is none, a number out of range, a day that is none. An import is all or nothing. With
`overwriteBehavior=normal` empty values are passed over.
"""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.delivery.serving import Request, Response

FORMATS = {"date_ymd": "%Y-%m-%d", "datetime_seconds_ymd": "%Y-%m-%d %H:%M:%S"}
EIGHTEEN = 18
"""Columns of a data dictionary."""


class RefusedError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class RedcapDouble:
    """`answer` is what serves; `records` is what a test looks at."""

    def __init__(self, dictionary: str, token: str, *, errors_as_200: bool = False) -> None:
        rows = list(csv.reader(io.StringIO(dictionary)))
        assert all(len(row) == EIGHTEEN for row in rows), "no data dictionary"
        self.fields = {row[0]: row for row in rows[1:]}
        assert all(re.fullmatch(r"[a-z](?:[a-z0-9_]*[a-z0-9])?", name) for name in self.fields)
        assert len(self.fields) == len(rows) - 1, "a field twice"
        self.first = rows[1][0]
        self.forms = {row[1] for row in rows[1:]}
        self.token = token
        self.errors_as_200 = errors_as_200
        self.records: dict[str, dict[str, str]] = {}
        self.imports = 0
        self._turn = threading.Lock()

    def answer(self, request: Request) -> Response:
        try:
            with self._turn:
                return _reply(200, self._asked(request))
        except RefusedError as error:
            return _reply(200 if self.errors_as_200 else error.status, {"error": str(error)})

    def _asked(self, request: Request) -> Any:
        if (request.method, request.path) != ("POST", "/redcap/api/"):
            raise RefusedError(404, "nothing here")
        form = request.headers.get("content-type") == "application/x-www-form-urlencoded"
        asked = dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
        if not form or asked.get("token") != self.token:
            raise RefusedError(403, "You do not have permissions to use the API")
        if (asked.get("content"), asked.get("format"), asked.get("returnFormat")) != (
            "record",
            "json",
            "json",
        ):
            raise RefusedError(400, "The value of the parameter is not valid")
        return self._export(asked) if asked.get("action") == "export" else self._import(asked)

    def _import(self, asked: dict[str, str]) -> Any:
        if asked.get("type") != "flat" or asked.get("forceAutoNumber") != "false":
            raise RefusedError(400, "this project takes flat records under their own names")
        rows = json.loads(asked["data"])
        wrong = [f'"{row.get(self.first)}",{what}' for row in rows for what in self._wrong(row)]
        if wrong:
            raise RefusedError(400, "\n".join(wrong))
        self.imports += 1
        for row in rows:
            record = self.records.setdefault(row[self.first], {})
            for name, value in row.items():
                if value or asked.get("overwriteBehavior") == "overwrite":
                    record[name] = value
        names = list(dict.fromkeys(row[self.first] for row in rows))
        return names if asked.get("returnContent") == "ids" else {"count": len(names)}

    def _export(self, asked: dict[str, str]) -> Any:
        names = [value for key, value in asked.items() if key.startswith("records[")]
        fields = [value for key, value in asked.items() if key.startswith("fields[")]
        unknown = [name for name in fields if name not in self.fields]
        if unknown:
            raise RefusedError(400, f"The following values in the parameter fields are not valid: {unknown}")
        found = [self.records[name] for name in names if name in self.records]
        return [{name: record.get(name, "") for name in fields} for record in found]

    def _wrong(self, row: dict[str, str]) -> list[str]:
        if not row.get(self.first):
            return ['"","the record has no name"']
        return [
            f'"{name}","{value}","{why}"' for name, value in row.items() if (why := self._fault(name, value))
        ]

    def _fault(self, name: str, value: Any) -> str | None:
        if name.endswith("_complete") and name.removesuffix("_complete") in self.forms:
            return None if value in ("0", "1", "2", "") else "not a valid category"
        if name not in self.fields:
            return "This field does not exist in the project"
        if not isinstance(value, str):
            return "not a text"
        _, _, _, kind, _, choices, _, check, least, most, *_ = self.fields[name]
        if not value:
            return None
        if kind == "dropdown":
            known = [choice.partition(",")[0].strip() for choice in choices.split("|")]
            return None if value in known else "not a valid category"
        return _misfit(value, check, least, most)


def _misfit(value: str, check: str, least: str, most: str) -> str | None:
    if check in FORMATS:
        try:
            datetime.strptime(value, FORMATS[check])  # noqa: DTZ007 — REDCap knows no time zones
        except ValueError:
            return "not in the format of the field"
    elif check:
        number = r"-?\d+" if check == "integer" else r"-?\d+(\.\d+)?"
        if not re.fullmatch(number, value):
            return "not a number"
        if (least and float(value) < float(least)) or (most and float(value) > float(most)):
            return "out of range"
    return None


def _reply(status: int, body: Any) -> Response:
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})
