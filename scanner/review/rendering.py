"""Pages from templates. Whatever is put into one is escaped; a value that is missing is an error."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

import jinja2

FOLDER = Path(__file__).parent

MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


class StaticFile:
    """A file that everybody may have: it is the same for all, and holds nothing of a client."""

    __slots__ = ("content", "digest", "media")

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.digest = sha256(self.content).hexdigest()[:16]
        self.media = MEDIA[path.suffix]


class Rendering:
    """The templates and the static files, read once."""

    def __init__(self) -> None:
        self.files = {path.name: StaticFile(path) for path in sorted((FOLDER / "static").iterdir())}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def static(self, name: str) -> str:
        """The path of a static file, with its content's digest: a new version has a new address."""
        return f"/static/{name}?v={self.files[name].digest}"

    def page(self, template: str, context: dict[str, object]) -> str:
        """A page as HTML."""
        return self._templates.get_template(template).render(context)


@cache
def shared() -> Rendering:
    """The one of this process: nothing in it changes."""
    return Rendering()
