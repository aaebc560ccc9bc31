"""What goes wrong is said in every language to whoever meets it on the review page."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import scanner
from scanner.errors import JanaError
from scanner.texts import LANGUAGES, texts
from scanner.texts.known_error import known_error, said

ROOT = Path(str(scanner.__file__)).parent
TABLE = texts("en").tables["known_error"]

REACHED = ("decisions", "second_looks", "page_words", "sheets", "accounts", "account_changes")
"""Files of the record that change something for whoever uses the page."""

NOT_BY_THE_PAGE = {"_refuse_twice", "_refuse_known"}
"""What is for those who print, and for them alone."""


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id == name]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def raised() -> list[tuple[str, set[str]]]:
    """Code and values of every known error in the source."""
    found = [call for path in ROOT.rglob("*.py") for call in calls(parsed(path), "known_error")]
    return [(ast.literal_eval(call.args[0]), {str(it.arg) for it in call.keywords}) for call in found]


def test_every_code_has_its_text_with_its_values() -> None:
    used = raised()
    assert {code for code, _ in used} == TABLE.keys()
    for code, values in used:
        assert values == {name for _, name, _, _ in Formatter().parse(TABLE[code]) if name}, code


@pytest.mark.parametrize("name", REACHED)
def test_nothing_that_the_page_can_cause_is_said_in_one_language_only(name: str) -> None:
    tree = parsed(ROOT / "record" / f"{name}.py")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    said_in_one = {function.name for function in functions if calls(function, "JanaError")}
    assert said_in_one <= NOT_BY_THE_PAGE


def test_an_error_is_said_in_the_language_of_whoever_reads_it() -> None:
    error = known_error("page_void", sheet="J1X")
    assert str(error) == said(texts("en"), error) == "The sheet J1X is void: nothing is read as that one."
    assert len({said(texts(language), error) for language in LANGUAGES}) == len(LANGUAGES)
    assert all("J1X" in said(texts(language), error) for language in LANGUAGES)
    assert said(texts("fi"), JanaError("Only English.")) == "Only English."


def test_a_text_with_braces_in_a_value_stays_as_it_is() -> None:
    assert "{nobody}" in str(known_error("bind_void", sheet="J1X", reason="{nobody}"))
