"""REDCap's API: records in, records out. Its words for no are sorted here, since it has several.

The documented codes are 400 and its like with a text, but errors come as 200 with an `error` too, and a
server in maintenance answers 200 with a page for people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scanner.delivery.http import NoAnswerError, Reply, Server, plain
from scanner.delivery.redcap_fields import Row
from scanner.delivery.secret_file import token
from scanner.delivery.target import TargetDownError

_WRONG_ACCESS = (401, 403, 404, 405, 407, 410)
_ABOUT_ACCESS = ("permission", "token")
"""In the text of an error: it is about us, not about a row."""


class BadDataError(Exception):
    """REDCap looked at the records and took none of them; the text is its own."""


class RedcapApi:
    """One project."""

    def __init__(self, server: Server, url: str, token_file: Path, record_field: str) -> None:
        self._server = server
        # The address without its last stroke answers with a redirect, which is not followed.
        self._url = f"{url}/"
        self._token_file = token_file
        self._record_field = record_field

    def put(self, rows: Sequence[Row]) -> None:
        """Import records: all of them, or BadDataError. Raises TargetDownError when it is not known."""
        said = self._ask(
            {
                "content": "record",
                "action": "import",
                "format": "json",
                "type": "flat",
                # `normal` would pass over empty values: a correction to blank would never arrive.
                "overwriteBehavior": "overwrite",
                "forceAutoNumber": "false",
                "dateFormat": "YMD",
                "returnContent": "ids",
                "data": json.dumps(rows, ensure_ascii=False),
            }
        )
        sent = {row[self._record_field] for row in rows}
        stored = isinstance(said, list) and {str(name) for name in said} == sent
        counted = isinstance(said, dict) and str(said.get("count")) == str(len(sent))
        if not stored and not counted:
            raise TargetDownError(f"{self._url} does not say that it stored what it was sent.")

    def get(self, records: Sequence[str], fields: Sequence[str]) -> dict[str, Row]:
        """What stands in these fields, by record; records that are not there are left out.

        Raises BadDataError when the project has no such fields, TargetDownError when it does not answer.
        """
        asked = {f"records[{at}]": name for at, name in enumerate(records)}
        asked |= {f"fields[{at}]": name for at, name in enumerate((self._record_field, *fields))}
        said = self._ask({"content": "record", "action": "export", "format": "json", "type": "flat", **asked})
        if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
            raise TargetDownError(f"{self._url} answers a question for records with something else.")
        rows = [{str(name): str(value) for name, value in row.items()} for row in said]
        return {row.get(self._record_field, ""): row for row in rows}

    def _ask(self, fields: dict[str, str]) -> Any:
        secret = token(self._token_file)
        content = urlencode({"token": secret, **fields, "returnFormat": "json"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            reply = self._server.post(self._url, content, headers)
        except NoAnswerError as error:
            raise TargetDownError(f"{self._url}: {error}.") from error
        return self._understood(reply)

    def _understood(self, reply: Reply) -> Any:
        status, said = reply.status, reply.json()
        error = said.get("error") if isinstance(said, dict) else None
        text = None if error is None else plain(error)
        if status in _WRONG_ACCESS or 300 <= status < 400:
            hint = f"look at url and token_file. {text or ''}".rstrip()
            raise TargetDownError(f"{self._url} answers {status}: {hint}")
        if status in (408, 409, 423, 425, 429) or status >= 500:
            raise TargetDownError(f"{self._url} answers {status}. {text or ''}".rstrip(), reply.retry_after_s)
        if text is not None:
            if any(word in text.lower() for word in _ABOUT_ACCESS):
                raise TargetDownError(f"{self._url} refuses us: {text}")
            raise BadDataError(text)
        if not 200 <= status < 300 or said is None:
            raise TargetDownError(f"{self._url} answers {status}, and nothing that REDCap would say.")
        return said
