"""Device profiles: kept as TOML, the older ones beside the new, never written over."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.ruler_devices import as_table, check_name, keep, kept
from calibration.ruler_verdicts import judge
from scanner.errors import JanaError, UsageError
from tests.calibration.ruler_scans import figures_of

NOON = datetime(2026, 11, 30, 14, 0, tzinfo=timezone(timedelta(hours=2)))


def test_a_second_measurement_stands_behind_the_first(tmp_path: Path) -> None:
    figures = figures_of()
    table = as_table(figures, judge(figures), NOON, "ab" * 32)
    path = keep(tmp_path, "front-desk", table)
    first = path.read_bytes()
    assert keep(tmp_path, "front-desk", {**table, "measured_at": "2026-12-01T08:00:00Z"}) == path
    assert path.read_bytes().startswith(first)
    (device,) = kept(tmp_path)
    assert device.name == "front-desk"
    assert [m["measured_at"] for m in device.measurements] == ["2026-11-30T12:00:00Z", "2026-12-01T08:00:00Z"]
    content = device.measurements[0]
    assert content["shape"]["skew_deg"] == pytest.approx(figures.shape.skew_deg, abs=1e-6)
    assert content["tone"]["greys"] == pytest.approx(list(figures.tone.greys), abs=1e-6)
    assert content["verdict"] == "ok"
    assert "printer_scale_across" not in content


def test_a_damaged_profile_is_told_of_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "devices" / "x.toml"
    path.parent.mkdir()
    path.write_text("not = [toml", encoding="utf-8")
    for act in (lambda: keep(tmp_path, "x", {"measured_at": "2026"}), lambda: kept(tmp_path)):
        with pytest.raises(JanaError, match="cannot be read"):
            act()
    assert path.read_text(encoding="utf-8") == "not = [toml"


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "x" * 65, "\n"])
def test_names_that_are_none_for_a_file_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no name"):
        check_name(name)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.none()
        | st.booleans()
        | st.integers(-9, 9)
        | st.floats(-1e6, 1e6)
        | st.text(max_size=8).filter(lambda t: t.isprintable() or "\x7f" in t),
        max_size=5,
    )
)
@settings(derandomize=True, max_examples=15, deadline=None, database=None)
def test_whatever_is_kept_reads_back(values: dict[str, object]) -> None:
    with TemporaryDirectory() as home:
        path = keep(Path(home), "x", {**values, "measured_at": "t", "verdict": "ok", "inner": values})
        (content,) = tomllib.loads(path.read_text(encoding="utf-8"))["measurement"]
    known = {key: value for key, value in values.items() if value is not None}
    for key, value in known.items():
        if key not in ("measured_at", "verdict", "inner"):
            assert content[key] == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value)
    assert content["inner"].keys() == known.keys()
