"""Settings: the file, the variables over it, and what is wrong named before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import SettingsError
from scanner.settings import Settings, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and none of the user's variables."""
    for name in (*Settings.model_fields, "limits__pages"):
        monkeypatch.delenv(f"JANA_{name.upper()}", raising=False)
    monkeypatch.setenv("JANA_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")
    return tmp_path


def test_without_anything_the_record_is_a_file_in_the_home(home: Path) -> None:
    settings = load_settings()

    assert settings.home == home
    assert settings.record_url() == f"sqlite:///{home}/jana.sqlite"
    assert settings.scans == home / "scans"
    assert settings.language == "en"
    assert settings.licence is None
    assert settings.processes >= 1


@pytest.mark.parametrize(
    ("spoken", "language"), [("fi_FI.UTF-8", "fi"), ("sv_SE", "sv"), ("sv_FI.UTF-8", "sv"), ("de_DE", "en")]
)
def test_messages_are_in_the_language_of_the_user(
    monkeypatch: pytest.MonkeyPatch, spoken: str, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", spoken)
    assert load_settings().language == language


def test_variables_come_before_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "settings.toml").write_text(
        'language = "fi"\nlicence = "Licence 1"\nprocesses = 3\n[limits]\npages = 10\nfile_bytes = 99\n'
    )
    monkeypatch.setenv("JANA_LANGUAGE", "sv")
    monkeypatch.setenv("JANA_LIMITS__PAGES", "20")

    settings = load_settings()

    assert (settings.language, settings.licence, settings.processes) == ("sv", "Licence 1", 3)
    assert (settings.limits.pages, settings.limits.file_bytes) == (20, 99)


def test_a_variable_without_content_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "share"))
    for name in ("JANA_HOME", "JANA_DATABASE_URL", "JANA_LANGUAGE"):
        monkeypatch.setenv(name, "")

    assert load_settings().home == home / "share" / "jana"


def test_the_database_by_url_or_by_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "url").write_text("postgresql://jana:pass@host/jana\n")
    (home / "settings.toml").write_text('database_url_file = "url"\n')
    assert load_settings().record_url() == "postgresql://jana:pass@host/jana"

    # The variable names a database: the file of the settings must not win because it says it otherwise.
    monkeypatch.setenv("JANA_DATABASE_URL", "sqlite:////tmp/other.sqlite")
    assert load_settings().record_url() == "sqlite:////tmp/other.sqlite"

    monkeypatch.setenv("JANA_DATABASE_URL_FILE", str(home / "url"))
    with pytest.raises(SettingsError, match="keep one"):
        load_settings()


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_DATABASE_URL", "postgresql://jana:hidden@host/jana")
    assert "hidden" not in repr(load_settings())


def test_a_missing_url_file_is_named(home: Path) -> None:
    (home / "settings.toml").write_text('database_url_file = "nothing"\n')
    with pytest.raises(SettingsError, match="nothing"):
        load_settings().record_url()


def test_paths_count_from_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (home / "settings.toml").write_text('instruments = ["ours", "/abs.toml"]\nprofile = "~/p.toml"\n')
    settings = load_settings()
    assert settings.instruments == (home / "ours", Path("/abs.toml"))
    assert settings.profile == Path.home() / "p.toml"

    monkeypatch.setenv("JANA_INSTRUMENTS", f"{home}/a:b")
    assert load_settings().instruments == (home / "a", home / "b")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('langauge = "fi"', "langauge"),
        ('language = "de"', "language"),
        ("processes = 0", "processes"),
        ("limits = {pagse = 3}", "pagse"),
        ('limits = {pages = "many"}', "limits.pages"),
        ("not toml at all", "settings.toml"),
        ('database_url = "a"\ndatabase_url_file = "b"', "database_url_file"),
    ],
)
def test_a_wrong_setting_is_named(home: Path, content: str, named: str) -> None:
    (home / "settings.toml").write_text(content)
    with pytest.raises(SettingsError, match=named):
        load_settings()


def test_variables_that_mean_nothing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANA_LIMITS__PAGES", "3")
    monkeypatch.setenv("JANA_LANGAUGE", "fi")
    assert unknown_variables() == ["JANA_LANGAUGE"]
