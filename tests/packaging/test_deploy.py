"""What an administrator copies from deploy/: it calls commands that exist, holds no secret, and is strict."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scanner.cli.main import jana
from scanner.settings import PREFIX, Settings
from tests.packaging.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
Unit = dict[str, list[str]]

STRICT = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "ProtectKernelModules": "true",
    "RestrictSUIDSGID": "true",
    "CapabilityBoundingSet": "",
    "SystemCallArchitectures": "native",
}


def unit(path: Path) -> Unit:
    """The settings of a unit, each with all its values."""
    found: Unit = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "[", ";")):
            name, _, value = line.partition("=")
            assert re.fullmatch(r"[A-Z]\w+", name), line
            found.setdefault(name, []).append(value)
    return found


def compose_calls(text: str) -> list[list[str]]:
    return [json.loads(words) for words in re.findall(r"^ +command: (\[.*\])$", text, re.MULTILINE)]


def container_calls(text: str) -> list[list[str]]:
    return [json.loads(words) for words in re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)]


def calls() -> list[tuple[str, list[str]]]:
    """Every call of jana in deploy/, without the word `jana`."""
    found = []
    for path in UNITS:
        for start in unit(path)["ExecStart"]:
            program, *words = start.split()
            assert program == "/opt/jana/.venv/bin/jana"
            found.append((path.name, words))
    compose, container = (DEPLOY / name for name in ("compose.yaml", "Containerfile"))
    found += [(compose.name, words) for words in compose_calls(compose.read_text(encoding="utf-8"))]
    found += [(container.name, words) for words in container_calls(container.read_text(encoding="utf-8"))]
    return found


@pytest.mark.parametrize(("file", "words"), calls(), ids=lambda value: str(value))
def test_every_command_exists_and_takes_these_words(file: str, words: list[str]) -> None:
    context = click.Context(jana)
    command = jana.get_command(context, words[0])
    assert command is not None, file
    here = [__file__ if word.startswith("/run/secrets/") else word for word in words[1:]]
    command.make_context(words[0], here)


def test_every_kind_of_file_calls_something() -> None:
    assert {file for file, _ in calls()} == {*(path.name for path in UNITS), "compose.yaml", "Containerfile"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_may_do_little(path: Path) -> None:
    settings = unit(path)
    assert {name: settings.get(name, [None])[-1] for name in STRICT} == STRICT
    assert settings["User"] == ["jana"]
    assert settings["SystemCallFilter"] == ["@system-service", "~@privileged"]


def test_the_service_is_started_again_and_watched() -> None:
    settings = unit(DEPLOY / "jana-watch.service")
    inbox = settings["ExecStart"][0].split()[-1]
    assert settings["ReadWritePaths"] == [inbox]
    assert settings["RequiresMountsFor"] == [inbox], "an empty mount point is no inbox"
    assert settings["Restart"] == ["on-failure"]
    assert (settings["Type"], bool(settings["WatchdogSec"])) == (["notify"], True)
    assert int(settings["TimeoutStopSec"][0]) > 5


def test_every_container_of_ours_may_do_little() -> None:
    services = (DEPLOY / "compose.yaml").read_text(encoding="utf-8").partition("\nsecrets:\n")[0]
    blocks = re.split(r"^  (\w+):$", services, flags=re.MULTILINE)[1:]
    ours = {name: block for name, block in zip(blocks[::2], blocks[1::2], strict=True) if name != "database"}
    assert {"watch", "review", "deliver"} == ours.keys()
    for block in ours.values():
        for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
            assert f"    {line}\n" in block
        assert "privileged:" not in block
        assert "user:" not in block, "the image's own user is none with rights"


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here (apt-get install systemd)")
    for path in DEPLOY.glob("jana-*"):
        text = path.read_text(encoding="utf-8").replace("/opt/jana/.venv/bin/jana", sys.executable)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    program = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "jana-" in line]) == (0, [])


def test_no_secret_stands_in_any_file_and_settings_exist() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for path in DEPLOY.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^ *[A-Z_]*(PASSWORD|DATABASE_URL) *[:=]", text, re.MULTILINE), path.name
        assert not re.search(r"^[^#]*://\w+:[^@\s]+@", text, re.MULTILINE), path.name
        assert set(re.findall(rf"\b{PREFIX}[A-Z_]+", text)) <= known, path.name


def test_the_image_has_what_the_product_uses() -> None:
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (packages,) = re.findall(r"^system_packages='(.*)'$", (ROOT / "run").read_text(), re.MULTILINE)
    for package in (*packages.split(), "postgresql-client"):
        assert re.search(rf"[ ]{package}[ \n]", container), package
    assert "--require-hashes" in container
    assert "USER jana" in container
    copied = set(re.findall(r"^COPY (\w[\w.]*)", container, re.MULTILINE))
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= kept | {"requirements.lock"}
    assert kept >= {"forms", "scanner", "calibration", "pyproject.toml", "requirements.lock"}
