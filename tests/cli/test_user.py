"""`jana user`: accounts from the command line, with no secret in the arguments, the log or what is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from scanner.errors import ExitCode
from scanner.model.sheet import SheetPurpose
from scanner.record import Account, Record
from scanner.review.access import totp
from scanner.review.access.keys import ServerKey
from scanner.review.access.passwords import Passwords
from tests.acceptance.command import Jana
from tests.record.builders import printed

PASSWORD = "kolme vihreää kirahvia"


@pytest.fixture
def record(jana: Jana, home: Path) -> Iterator[Record]:
    with Record.open(f"sqlite:///{home}/jana.sqlite") as opened:
        yield opened


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def anna(jana: Jana, record: Record, password_file: Path) -> str:
    answer = jana(
        *("user", "add", "anna", "--role", "reviewer", "--unit", "North", "--unit", "South"),
        *("--display-name", "Anna A.", "--language", "sv", "--temporary", "--password-file", password_file),
    )
    assert answer.code == 0, answer.err
    return "anna"


def known(record: Record, name: str = "anna") -> Account:
    account = record.account_named(name)
    assert account is not None
    return account


def types(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """What somebody types at the prompts, one after the other."""
    typed = iter(words)
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: next(typed))
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(typed))


def test_an_account_is_made_and_shown(jana: Jana, record: Record, anna: str) -> None:
    account = known(record)
    assert (account.roles, account.all_units) == (("reviewer",), False)
    assert account.units == {"North", "South"}
    assert (account.display_name, account.language) == ("Anna A.", "sv")
    assert account.must_change_password
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert Passwords().matches(account.password_hash, PASSWORD)

    shown = json.loads(jana("user", "show", "ANNA", "--json").out)
    assert (shown["units"], shown["password"], shown["second_factor"]) == (["North", "South"], True, False)
    assert [json.loads(line)["name"] for line in jana("user", "list", "--json").out.splitlines()] == [anna]
    table = jana("user", "list").out.splitlines()
    assert table[1].split() == ["anna", "reviewer", "North,", "South"]
    said = jana("user", "show", "anna").out + jana("user", "show", "anna", "--json").out
    assert "Anna A." in said
    assert "argon2" not in said
    told = "".join(entry.target + entry.detail for entry in record.audit_entries())
    assert PASSWORD not in told
    assert "argon2" not in told


def test_a_name_is_taken_once(jana: Jana, anna: str, password_file: Path) -> None:
    again = jana("user", "add", "Anna", "--role", "admin", "--password-file", password_file)
    assert (again.code, "already" in again.err) == (ExitCode.USAGE, True)
    odd = jana("user", "add", "cli/anna", "--role", "admin", "--password-file", password_file)
    assert (odd.code, "cannot be an account's name" in odd.err) == (ExitCode.ERROR, True)
    nobody = jana("user", "disable", "bo")
    assert (nobody.code, "jana user list" in nobody.err) == (ExitCode.ERROR, True)


@pytest.mark.parametrize(
    ("password", "why"),
    [("lyhyt", "at least 15"), ("anna anna anna anna", "account's name"), ("password1234567890", "guessed")],
)
def test_a_bad_password_is_refused(
    jana: Jana, record: Record, monkeypatch: pytest.MonkeyPatch, password: str, why: str
) -> None:
    types(monkeypatch, password, password)
    answer = jana("user", "add", "anna", "--role", "reviewer")
    assert (answer.code, why in answer.err) == (ExitCode.ERROR, True), answer.err
    assert password not in answer.err
    assert record.accounts() == ()


def test_a_password_is_typed_twice_and_changed(
    jana: Jana, record: Record, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    types(monkeypatch, "another one, 2nd try", "another one, mistyped", *["another one, 2nd try"] * 2)
    answer = jana("user", "password", anna)
    assert answer.code == 0, answer.err
    account = known(record)
    assert Passwords().matches(account.password_hash, "another one, 2nd try")
    assert not account.must_change_password
    assert not Passwords().matches(account.password_hash, PASSWORD)


def test_a_file_that_everybody_may_read_is_refused(
    jana: Jana, record: Record, anna: str, password_file: Path
) -> None:
    before = known(record).password_hash
    password_file.chmod(0o644)
    answer = jana("user", "password", anna, "--password-file", password_file)
    assert (answer.code, "chmod" in answer.err) == (ExitCode.SETTINGS, True)
    assert known(record).password_hash == before


def test_a_second_factor_is_set_up_with_a_code_that_is_then_used_up(
    jana: Jana, home: Path, record: Record, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: list[str] = []
    new_secret = totp.new_secret

    def noted() -> str:
        secrets.append(new_secret())
        return secrets[-1]

    monkeypatch.setattr(totp, "new_secret", noted)
    types(monkeypatch, "000 000 0")
    wrong = jana("user", "totp", anna)
    assert (wrong.code, "Nothing was changed" in wrong.err) == (ExitCode.ERROR, True)
    assert known(record).totp_secret is None

    given: list[str] = []

    def code(_: str) -> str:
        given.append(pyotp.TOTP(secrets[-1]).now())
        return given[-1]

    monkeypatch.setattr("click.termui.visible_prompt_func", code)
    answer = jana("user", "totp", anna)
    assert answer.code == 0, answer.err
    address = next(line for line in answer.out.splitlines() if line.startswith("otpauth://"))
    assert pyotp.parse_uri(address).secret == secrets[-1]
    assert "▄" in answer.out, "the QR code"
    account = known(record)
    assert account.totp_secret is not None
    assert secrets[-1] not in account.totp_secret
    key = ServerKey.open(home / "review.key")
    assert totp.opened(key, account.totp_secret, account_id=account.account_id) == secrets[-1]
    step = totp.step_of(secrets[-1], given[-1], at=record.moment())
    assert step is None or not record.use_totp_step(account.account_id, step)

    assert jana("user", "totp", anna, "--off").code == 0
    assert known(record).totp_secret is None


def test_what_an_account_may_do_is_changed(jana: Jana, record: Record, anna: str) -> None:
    printed(record, SheetPurpose(case="A-1"), SheetPurpose(case="B-2"))
    assert "auditor, professional." in jana("user", "role", anna, "professional", "auditor").err
    assert jana("user", "unit", anna, "East").code == 0
    assert jana("user", "case", anna, "--add", "A-1", "--add", "B-2", "--remove", "B-2").code == 0
    account = known(record)
    assert account.roles == ("auditor", "professional")
    assert account.units == {"East"}
    assert account.cases == {"A-1"}
    assert jana("user", "unit", anna, "--all-units").code == 0
    assert (known(record).all_units, known(record).units) == (True, frozenset())
    assert jana("user", "case", anna).code == ExitCode.USAGE
    assert jana("user", "role", anna, "king").code == ExitCode.USAGE
    assert jana("user", "case", anna, "--add", "C-9").code == ExitCode.ERROR

    assert jana("user", "disable", anna).code == 0
    assert known(record).disabled_at is not None
    assert jana("user", "enable", anna).code == 0
    assert known(record).disabled_at is None


def test_a_person_at_a_provider_has_no_password_here(jana: Jana, home: Path, record: Record) -> None:
    unnamed = jana("user", "add", "bo", "--role", "admin", "--oidc-subject", "17")
    assert (unnamed.code, "--oidc-issuer" in unnamed.err) == (ExitCode.USAGE, True)
    (home / "settings.toml").write_text(
        '[review.oidc]\nissuer = "https://login.example"\nclient_id = "jana"\nclient_secret_file = "s"\n'
    )
    assert jana("user", "add", "bo", "--role", "admin", "--oidc-subject", "17").code == 0
    account = known(record, "bo")
    assert (account.oidc, account.password_hash) == (("https://login.example", "17"), None)
    assert jana("user", "oidc", "bo", "--off").code == 0
    assert known(record, "bo").oidc is None
    other = jana("user", "oidc", "bo", "--oidc-subject", "9", "--oidc-issuer", "https://o.example")
    assert other.code == 0
    assert known(record, "bo").oidc == ("https://o.example", "9")
    assert jana("user", "oidc", "bo").code == ExitCode.USAGE
