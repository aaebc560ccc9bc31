"""What all requests share: the record, the settings, and the services of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from scanner.record import Record
from scanner.review.access.cookies import Cookies
from scanner.review.access.keys import ServerKey
from scanner.review.access.oidc import OidcSignIn
from scanner.review.access.passwords import Passwords
from scanner.review.access.rules import RuledRoute
from scanner.review.access.sessions import Sessions
from scanner.review.access.sign_in import SignIn
from scanner.review.access.throttle import Throttle
from scanner.review.rendering import Rendering
from scanner.settings import Settings
from scanner.settings_review import ReviewRules

Note = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How browsers reach the page."""

    names: tuple[str, ...]
    """Host names that are ours, lower case, without ports."""
    secure: bool
    """Over TLS: our own, or that of a reverse proxy."""

    @property
    def scheme(self) -> str:
        return "https" if self.secure else "http"


HERE = Serving(names=("localhost", "127.0.0.1", "[::1]"), secure=False)
"""On this machine only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Made once by `create_app`."""

    record: Record
    settings: Settings
    serving: Serving
    cookies: Cookies
    key: ServerKey
    passwords: Passwords
    sign_in: SignIn
    throttle: Throttle
    sessions: Sessions
    oidc: OidcSignIn | None
    """None: people sign in here only."""
    rendering: Rendering
    paths: dict[str, RuledRoute]
    """Routes by name."""
    note: Note
    """Tells the service's log of something that an administrator wants to know: an event and its facts."""

    @property
    def rules(self) -> ReviewRules:
        return self.settings.review

    def path(self, name: str, /, **parameters: object) -> str:
        """The path of a route, without the host. Raises KeyError for a route that is not there."""
        route = self.paths[name]
        path = route.path
        for parameter in route.parameters:
            path = path.replace(f"{{{parameter}}}", quote(str(parameters[parameter]), safe=""))
        return path
