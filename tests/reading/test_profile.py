"""A profile is read whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from scanner.errors import ExitCode, SettingsError
from scanner.model.profile import Profile
from scanner.reading.profile import CAUTIOUS, SHIPPED, load_profile

TEXT = CAUTIOUS.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [CAUTIOUS, SHIPPED], ids=lambda path: path.stem)
def test_a_profile_that_comes_with_the_product_is_whole(path: Path) -> None:
    profile = load_profile(path)
    assert profile.profile_id
    assert profile.provenance
    numbers = [getattr(profile, field.name) for field in fields(Profile) if field.type == "float"]
    assert len(numbers) == len(fields(Profile)) - 3
    assert all(number > 0 for number in numbers)


def test_a_whole_number_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("max_slant_deg = 65.0", "max_slant_deg = 60"), encoding="utf-8")
    assert load_profile(path).max_slant_deg == 60


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "a number is missing": (lambda text: text.replace("min_tick = 0.3\n", ""), "missing min_tick"),
    "a number is unknown": (lambda text: text + "\nmin_tack = 0.3\n", "unknown min_tack"),
    "a number is misspelt": (lambda text: text.replace("min_tick", "min_tack"), "missing min_tick, unknown"),
    "words instead of a number": (
        lambda text: text.replace("min_tick = 0.3", 'min_tick = "0.3"'),
        "unusable value for min_tick",
    ),
    "a number instead of words": (
        lambda text: text.replace('profile_id = "cautious-1"', "profile_id = 1"),
        "unusable value for profile_id",
    ),
    "no TOML": (lambda text: text + "\n]]", "cannot be read"),
    "nothing": (lambda text: "", "missing clear_tick, dot_rival_area_mm2"),
}


@pytest.mark.parametrize("spoil", WRONG)
def test_a_wrong_profile_says_what_is_wrong(tmp_path: Path, spoil: str) -> None:
    change, told = WRONG[spoil]
    path = tmp_path / "mine.toml"
    path.write_text(change(TEXT), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != TEXT
    with pytest.raises(SettingsError, match=told) as caught:
        load_profile(path)
    assert "mine.toml" in str(caught.value)
    assert caught.value.exit_code is ExitCode.SETTINGS


def test_no_file_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read"):
        load_profile(tmp_path / "nowhere.toml")


def test_no_text_is_a_wrong_setting(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_profile(path)
