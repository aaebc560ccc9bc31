"""The words of the review page: each that a template asks for is there, and none is there for nothing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import scanner.review
from scanner.model.decision import Status
from scanner.model.delivery import DeliveryState
from scanner.record.accounted import LISTS, STANDINGS
from scanner.record.accounted_pages import PARTS, PageCount
from scanner.review.access.passwords import PasswordTrouble
from scanner.review.access.roles import Role
from scanner.review.errors import SAID
from scanner.review.figure import BY
from scanner.review.navigation import PLACES
from scanner.texts import texts

ROOT = Path(str(scanner.review.__file__)).parent
ASKED = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*(~)?""")
STATES = {
    "stands": (*STANDINGS, "unclear"),
    "state": tuple(DeliveryState),
    "page": (*PARTS, "unclear"),
}
WORDS = {
    *(f"{kind}_{state}" for kind, states in STATES.items() for state in states),
    *(f"by_{way.replace('-', '_') or 'nothing'}" for way in BY),
    *(role.value for role in Role),
    *(trouble.value for trouble in PasswordTrouble),
    *(f"line_{status.value}" for status in Status),
    *(f"{part}_{status}" for part in ("title", "advice") for status in SAID),
    *PLACES,
    *("with_machine", "with_people"),
}
"""Keys that are put together from something else."""


def sources() -> str:
    files = [path for kind in ("*.py", "*.html") for path in ROOT.rglob(kind)]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_what_templates_ask_for_is_there() -> None:
    tables = texts("en").tables
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").iterdir())
    asked = ASKED.findall(re.sub(r"{#.*?#}", "", templates, flags=re.DOTALL))
    assert len(asked) > 100
    for key, more in asked:
        table, _, name = key.partition(".")
        assert name in tables[table] or (more and any(known.startswith(name) for known in tables[table])), key


def test_every_word_of_the_shell_is_said() -> None:
    said = set(re.findall(r"\w+", sources())) | WORDS
    for place in ("review", "accounting"):
        path = Path(str(scanner.review.__file__)).parents[1] / "texts" / place / "en.toml"
        for table, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for key in entries:
                assert key in said, f"{table}.{key}"


def test_every_figure_and_every_state_has_its_words() -> None:
    words = texts("en").tables["accounting"]
    keys = {*LISTS, *PageCount, *(f"{kind}_{state}" for kind, states in STATES.items() for state in states)}
    assert keys <= words.keys()
