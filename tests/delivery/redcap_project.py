"""A REDCap project made from our own dictionary, served over HTTP, and the target that delivers to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forms.definition import load_library
from scanner.delivery.redcap import Redcap
from scanner.delivery.redcap_dictionary import write_dictionary
from scanner.model.delivery import SettledSheet
from scanner.settings_receivers import RedcapSettings
from scanner.texts import texts
from tests.delivery.redcap_double import RedcapDouble
from tests.delivery.serving import DoubleServer, serving
from tests.delivery.settled import settled

TOKEN = "9A81268476645C4E5F03428B8AC3AA7B"
ORS = settled()
SRS = settled("J1KCCX8ME2FVCHYR20", "srs", ("8.8", "9.0", "9.1", "9.3"))
RECORD = "A-1042:3:client:self"


@cache
def dictionary(language: str = "en") -> str:
    out = io.StringIO(newline="")
    write_dictionary(load_library(()).values(), "record_id", language, texts(language), out)
    return out.getvalue()


@pytest.fixture
def double() -> RedcapDouble:
    return RedcapDouble(dictionary(), TOKEN)


@pytest.fixture
def server(double: RedcapDouble) -> Iterator[DoubleServer]:
    with serving(double.answer) as running:
        yield running


@contextmanager
def target_of(server: DoubleServer, folder: Path, **changes: Any) -> Iterator[Redcap]:
    token_file = folder / "token"
    token_file.write_text(TOKEN)
    token_file.chmod(0o600)
    url = f"http://{server.address}/redcap/api/"
    values = {"kind": "redcap", "url": url, "token_file": token_file, "timeout_s": 5}
    with closing(Redcap("study", RedcapSettings.model_validate({**values, **changes}))) as made:
        yield made


@pytest.fixture
def target(server: DoubleServer, tmp_path: Path) -> Iterator[Redcap]:
    with target_of(server, tmp_path) as made:
        yield made


@pytest.fixture
def by_session(server: DoubleServer, tmp_path: Path) -> Iterator[Redcap]:
    with target_of(server, tmp_path, record="session") as made:
        yield made


def deliver(target: Redcap, *sheets: SettledSheet) -> list[object]:
    return list(target.deliver("b1", sheets))
