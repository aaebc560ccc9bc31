"""The documents cannot lie: what they name exists, and what exists is named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

import scanner
from forms.definition import load_library
from forms.instrument import Rater
from scanner.cases.rows import COLUMNS as CASES
from scanner.cli.main import jana
from scanner.delivery.results_table import columns
from scanner.errors import ExitCode
from scanner.model.decision import Reason, Status
from scanner.model.outcome import RefusalReason
from scanner.printing.manifest import COLUMNS as MANIFEST
from scanner.printing.requests import COLUMNS as REQUESTS
from scanner.record import OutstandingRow, RefusedRow, ResultRow
from scanner.settings import Settings
from scanner.texts import texts

ROOT = Path(str(scanner.__file__)).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "fixtures/README.md", "forms/library/README.md")
BLOCKS = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"`\n *`", "", BLOCKS.sub("", README))
"""Without code blocks; a list of columns that goes over two lines is one."""
CODE = set(re.findall(r"`([^`\n]+)`", PROSE))
WORDS = {word for code in CODE for word in re.split(r"[ ,|]+", code)}


def commands() -> dict[str, click.Command]:
    """Every command by its words."""
    context = click.Context(jana)
    found: dict[str, click.Command] = {}
    for name in jana.list_commands(context):
        command = jana.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            inner = {word: command.get_command(context, word) for word in command.list_commands(context)}
            found |= {f"{name} {word}": it for word, it in inner.items() if it is not None}
    return found


def options_of(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def examples() -> list[str]:
    """Every call of jana in a block or in the text, on one line each."""
    blocks = "\n".join(BLOCKS.findall(README))
    return re.findall(r"^(?:\$ )?(jana .*)$", blocks, re.MULTILINE) + [
        c for c in CODE if c.startswith("jana ")
    ]


@pytest.mark.parametrize("example", sorted(set(examples())))
def test_every_command_and_option_in_the_readme_exists(example: str) -> None:
    words = example.partition("  #")[0].split()[1:]
    known = commands()
    name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
    assert name in known
    assert {word for word in words if word.startswith("--")} <= options_of(known[name]) | {"--help"}


def test_every_command_and_option_is_in_the_readme() -> None:
    for name, command in commands().items():
        inner = name.partition(" ")[2]
        assert f"jana {name}" in README or f"`{inner}`" in README, name
        for option in options_of(command) - {"--help"}:
            assert option in README, f"{name} {option}"


@pytest.mark.parametrize("reason", [*Reason, *RefusalReason, *Status])
def test_every_reason_and_status_is_explained(reason: str) -> None:
    assert reason in CODE


def test_outcomes_raters_and_forms_are_named() -> None:
    assert set(texts("en").tables["outcome"]) <= CODE
    assert set(Rater) <= CODE
    assert set(load_library()) <= CODE


@pytest.mark.parametrize(
    "names",
    [REQUESTS, CASES, MANIFEST, columns(ResultRow), columns(RefusedRow)],
    ids=["requests", "cases", "manifest", "results", "refused"],
)
def test_columns_stand_there_to_the_letter(names: tuple[str, ...]) -> None:
    assert ",".join(names) in CODE


def test_the_manifest_without_page_and_with_printed_at_is_what_is_outstanding() -> None:
    assert columns(OutstandingRow) == (*MANIFEST[1:], "printed_at")


def test_every_exit_code_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_every_setting_is_explained_and_the_example_holds() -> None:
    settings = set(Settings.model_fields) - {"home"}
    assert settings <= CODE
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert tomllib.loads(example).keys() <= settings


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r'\]\(([^)#]+)\)|src="([^"]+)"', text):
            link = "".join(target)
            assert link.startswith("https://") or (path.parent / link).exists(), f"{document}: {link}"


def test_lines_fit_on_a_screen() -> None:
    for document in DOCUMENTS[:4]:
        for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
            assert len(line) <= 125 or line.startswith(("|", "<img")), f"{document}: {line}"
