"""One request as a handler gets it, and the ways to answer it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from scanner.record import Record
from scanner.review import navigation, wording
from scanner.review.access import cookies, csrf
from scanner.review.access.reach import number_of
from scanner.review.access.visitor import Visitor
from scanner.review.site import Site
from scanner.texts import Texts

SEE_OTHER = 303
GOOD, BAD = "good", "bad"


@dataclass(frozen=True)
class Visit:
    """A request whose rule holds. Handlers answer with `page`, `json`, `png` or `see_other`."""

    site: Site
    request: Request
    visitor: Visitor | None
    """None only where the rule admits anybody; see `known`."""
    form: Mapping[str, str]
    """The fields of a posted form; where one stands several times its last value. Empty for a GET."""
    lists: Mapping[str, tuple[str, ...]]
    """The same with all values of each field, such as ticked boxes."""

    @classmethod
    def of(cls, site: Site, request: Request, visitor: Visitor | None) -> Visit:
        """Without a form, for an answer that no handler gives."""
        return cls(site, request, visitor, {}, {})

    @property
    def record(self) -> Record:
        return self.site.record

    @property
    def known(self) -> Visitor:
        """The visitor, of a route that not everybody may ask."""
        if self.visitor is None:
            raise HTTPException(401)
        return self.visitor

    @property
    def now(self) -> datetime:
        return self.record.moment()

    @property
    def address(self) -> str:
        """Where the request comes from: what the server or a trusted proxy says."""
        return self.request.client.host if self.request.client else ""

    @property
    def origin(self) -> str:
        """Scheme and host under which the browser knows us; the host is one of our names."""
        return f"{self.site.serving.scheme}://{self.request.headers.get('host', '')}"

    @property
    def wants_json(self) -> bool:
        """Whether a script asks, not a person who follows links."""
        return "application/json" in self.request.headers.get("accept", "")

    @cached_property
    def texts(self) -> Texts:
        """The texts in the visitor's language."""
        return wording.chosen(
            self.visitor.language if self.visitor else None,
            self.cookie(cookies.LANGUAGE),
            self.request.headers.get("accept-language", ""),
            self.site.settings.language,
        )

    def parameter(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A part of the path that names a row. Raises HTTPException (404) when it names none."""
        number = number_of(self.parameter(name))
        if number is None:
            raise HTTPException(404)
        return number

    def query(self, name: str) -> str:
        """A value from behind the question mark; empty when it is not there."""
        return self.request.query_params.get(name, "")

    def cookie(self, name: str) -> str | None:
        return self.site.cookies.get(self.request.cookies, name)

    def path(self, name: str, /, **parameters: object) -> str:
        """The path of a route by its name."""
        return self.site.path(name, **parameters)

    def log(self, action: str, target: str, **detail: str | int | None) -> None:
        """Put a look into the audit before it is given: ids only, never a score. Raises when it cannot."""
        self.record.append_audit(self.known.name, action, target, **detail)

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response:
        """A page of the template with what all pages have (see `templates/base.html`)."""
        flash = self.cookie(cookies.FLASH)
        whole = self._shared | {"flash": self._said(flash)} | context
        response = HTMLResponse(self.site.rendering.page(template, whole), status_code=status)
        if self.visitor is None and self.cookie(cookies.VISIT) is None:
            self.site.cookies.set(response, cookies.VISIT, self._token_cookie)
        if flash is not None:
            self.site.cookies.drop(response, cookies.FLASH)
        return response

    def fragment(self, template: str, /, **context: object) -> str:
        """A piece of a page, for a script that puts it in its place."""
        return self.site.rendering.page(template, self._shared | context)

    def json(self, content: object, *, status: int = 200) -> Response:
        return JSONResponse(content, status_code=status)

    def png(self, picture: bytes) -> Response:
        return Response(picture, media_type="image/png")

    def see_other(
        self, name: str, /, *, say: str | None = None, bad: bool = False, **parameters: object
    ) -> Response:
        """Lead on after a form; with `say` the page there says this text of the table `flash` once."""
        return self.lead_to(self.path(name, **parameters), say=say, bad=bad)

    def lead_to(self, path: str, *, say: str | None = None, bad: bool = False) -> Response:
        """The same to a path of ours."""
        response = RedirectResponse(path, status_code=SEE_OTHER)
        if say is not None:
            self.site.cookies.set(response, cookies.FLASH, f"{BAD if bad else GOOD}.{say}", max_age_s=60)
        return response

    def token_holds(self) -> bool:
        """Whether the form, or a script's header, carries the token that was given to this visitor."""
        token = self.form.get(csrf.FIELD) or self.request.headers.get(csrf.HEADER, "")
        held = self.cookie(cookies.SESSION if self.visitor else cookies.VISIT)
        return csrf.holds(held, token)

    @cached_property
    def _shared(self) -> dict[str, object]:
        """What every template has."""
        here = self.request.url.path
        return {
            "t": wording.translator(self.texts),
            "language": self.texts.language,
            "languages": wording.NAMES,
            "visitor": self.visitor,
            "here": here,
            "places": navigation.places(self.site.paths, self.visitor, here),
            "path": self.path,
            "static": self.site.rendering.static,
            "csrf_field": csrf.FIELD,
            "csrf_token": csrf.token_for(self._token_cookie),
        }

    @cached_property
    def _token_cookie(self) -> str:
        """What the tokens of forms on this page are bound to."""
        held = self.cookie(cookies.SESSION if self.visitor else cookies.VISIT)
        return held or secrets.token_urlsafe(32)

    def _said(self, flash: str | None) -> tuple[str, str] | None:
        """Kind and text of the message that a cookie names; only our own texts can be named."""
        kind, _, key = (flash or "").partition(".")
        said = self.texts.tables["flash"].get(key)
        return None if said is None or kind not in (GOOD, BAD) else (kind, said)
