"""The speed of reading is measured on real pages, stage by stage; how fast they are is not judged here."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import pytest

from calibration.speed import STAGES, Kind, Timed, as_table, summary_of, time_pages
from scanner.cli.main import run


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """The measurement wants one thread; the other tests of this process may have what they had."""
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)


@pytest.mark.parametrize("kind", Kind)
def test_pages_of_every_kind_are_timed_in_all_their_stages(kind: Kind) -> None:
    timed = time_pages(2, 150, seed=1, kind=kind)
    assert len(timed) == 2
    for page in timed:
        assert tuple(page.ms) == STAGES
        assert all(ms > 0 for ms in page.ms.values())
        assert page.ratio > 0
    assert cv2.getNumThreads() == 1


def page_of(*ms: float) -> Timed:
    return Timed(dict(zip(STAGES, ms, strict=True)))


SLOW, FAST = page_of(10.0, 10.0, 1.0, 4.0, 2.0, 12.9, 0.1), page_of(4.0, 4.0, 0.0, 2.0, 1.0, 0.9, 0.1)


def test_the_ratio_is_the_whole_way_against_the_floor() -> None:
    assert SLOW.whole == pytest.approx(30.0)
    assert SLOW.ratio == pytest.approx(3.0)
    assert FAST.ratio == pytest.approx(2.0)


def test_the_summary_holds_medians_shares_and_the_spread() -> None:
    pages = [page_of(1.0, n, 0, 0, 0, 0, 0) for n in range(1, 22)]
    found = summary_of(pages)
    assert (found.ratio_low, found.ratio, found.ratio_high) == (3.0, 11.0, 19.0)
    assert found.shares["decode"] == 1.0
    assert sum(summary_of([SLOW, FAST]).shares.values()) == pytest.approx(1.0)


def test_the_table_holds_medians_and_shares() -> None:
    floor, *rest = as_table([FAST, SLOW, SLOW]).splitlines()
    assert floor.split()[:2] == ["floor", "10.00"]
    stages = {line.split()[0]: line.split()[1:] for line in rest}
    assert set(stages) == {*STAGES[1:], "whole", "ratio"}
    assert stages["measure"] == ["12.90", "ms", "43.0", "%"]
    assert stages["whole"][0] == "30.00"
    assert stages["ratio"][0] == "3.00"
    assert rest[-1].endswith("for the middle 80 %)")


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", "speed", "--pages", "1", "--dpi", "150"]) == 0
    assert "ratio" in capsys.readouterr().out


def test_the_command_prints_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", "speed", "--pages", "1", "--dpi", "150", "--kind", "bilevel", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pages"] == 1
    assert set(found["ms"]) == set(STAGES)
    assert found["ratio"] == pytest.approx(found["whole_ms"] / found["ms"]["imdecode"])
