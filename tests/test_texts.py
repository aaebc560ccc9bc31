"""The same things are said in every language, and there are words for all that can be said."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from string import Formatter

import pytest

import scanner
from forms.instrument import Rater
from scanner.intake.take_in import SEEN_BEFORE
from scanner.model.decision import Reason, Status
from scanner.model.outcome import RefusalReason
from scanner.record import AuditTrouble, MissingReason, PageKind
from scanner.review.access.roles import Role
from scanner.texts import LANGUAGES, Texts, texts

ROOT = Path(str(scanner.__file__)).parent
KINDS = {
    "page_reason": set(RefusalReason),
    "line_reason": set(Reason),
    "status": set(Status),
    "missing": set(MissingReason),
    "outcome": {*PageKind, SEEN_BEFORE},
    "rater": set(Rater),
    "role": set(Role),
    "audit": {trouble.name.lower() for trouble in AuditTrouble},
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def keys_said_by_the_code() -> set[str]:
    """First arguments of `say` and `progress`, and second ones of `of("message", ...)`."""
    said = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            words = [arg for arg in node.args if not isinstance(arg, ast.Starred)]
            of_messages = node.func.attr == "of" and ast.unparse(words[0]) == "'message'"
            if node.func.attr in ("say", "progress") or of_messages:
                said |= {c.value for c in ast.walk(words[of_messages]) if isinstance(c, ast.Constant)}
    return {key for key in said if isinstance(key, str)}


@pytest.fixture(params=LANGUAGES)
def spoken(request: pytest.FixtureRequest) -> Texts:
    return texts(str(request.param))


def test_same_keys_and_placeholders(spoken: Texts) -> None:
    english = texts("en")
    assert spoken.tables.keys() == english.tables.keys()
    for table, entries in english.tables.items():
        assert spoken.tables[table].keys() == entries.keys()
        for key, text in entries.items():
            assert placeholders(spoken.tables[table][key]) == placeholders(text), key


@pytest.mark.parametrize("table", KINDS)
def test_there_are_words_for_everything_and_for_nothing_else(spoken: Texts, table: str) -> None:
    assert set(spoken.tables[table]) == KINDS[table]


def test_every_message_is_used_and_every_used_one_is_there(spoken: Texts) -> None:
    said = keys_said_by_the_code()
    known = {key.removesuffix("_one") for key in spoken.tables["message"]}
    named_in_a_table = {"demo_forms", "demo_filled", "demo_overlays", "demo_results", "demo_home"}
    assert said <= known
    assert known == said | named_in_a_table


def test_no_text_is_empty_or_left_in_english(spoken: Texts) -> None:
    english = texts("en").tables
    for table, entries in spoken.tables.items():
        for key, text in entries.items():
            assert text.strip() == text != ""
            same = text == english[table][key] and any(letter.isalpha() for letter in text)
            assert spoken.language == "en" or not same, f"{table}.{key}"


def test_one_is_said_otherwise_than_many(spoken: Texts) -> None:
    one, two = (spoken.of("message", "printed", count=count, file="a.pdf") for count in (1, 2))
    assert one.startswith("1 ")
    assert one.replace("1", "2") == two or spoken.language != "sv"
    assert spoken.of("message", "unhealthy", count=1) != spoken.of("message", "unhealthy", count=2)


def test_an_unknown_language_is_answered_in_english() -> None:
    assert texts("tlh") == texts("en")


def test_every_word_of_the_pages_is_asked_for() -> None:
    """By its table and key, or by its key alone where a template puts the two together."""
    review = ROOT / "review"
    files = [path for path in review.rglob("*") if path.suffix in (".py", ".html")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    said = tomllib.loads((ROOT / "texts" / "settling" / "en.toml").read_text(encoding="utf-8"))
    assert set(said.pop("question")) == set(Reason)
    for table, entries in said.items():
        for key in {key.removesuffix("_one") for key in entries}:
            words = (f"{table}.{key}", key, key.removeprefix("with_"))
            asked = any(f"{quote}{word}{quote}" in source for word in words for quote in "\"'")
            assert asked, f"{table}.{key}"
