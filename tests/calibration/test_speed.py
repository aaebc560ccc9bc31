"""The speed of reading is measured on real pages, stage by stage; how fast they are is not judged here."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from calibration.speed import STAGES, Timed, as_table, time_pages
from scanner.cli.main import run


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """The measurement wants one thread; the other tests of this process may have what they had."""
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)


def test_two_pages_are_timed_in_all_their_stages() -> None:
    timed = time_pages(2, 150, seed=1)
    assert len(timed) == 2
    for page in timed:
        assert tuple(page.ms) == STAGES
        assert all(ms > 0 for ms in page.ms.values())
        assert page.ratio > 0
    assert cv2.getNumThreads() == 1


def test_the_ratio_is_the_whole_way_against_the_floor() -> None:
    page = Timed(
        {"imdecode": 8.0, "decode": 9.0, "identify": 4.0, "register": 1.0, "measure": 6.0, "decide": 0.0}
    )
    assert page.ratio == pytest.approx(20.0 / 8.0)


def test_the_table_holds_medians_and_shares() -> None:
    slow, fast = (
        Timed(dict(zip(STAGES, ms, strict=True)))
        for ms in ((10.0, 10.0, 5.0, 2.0, 12.9, 0.1), (4.0, 4.0, 2.0, 1.0, 0.9, 0.1))
    )
    floor, *rest = as_table([fast, slow, slow]).splitlines()
    assert floor.split()[:2] == ["floor", "10.00"]
    stages = {line.split()[0]: line.split()[1:] for line in rest}
    assert set(stages) == {*STAGES[1:], "whole", "ratio"}
    assert stages["measure"] == ["12.90", "ms", "43.0", "%"]
    assert stages["whole"][0] == "30.00"
    assert stages["ratio"][0] == "3.00"


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", "speed", "--pages", "1", "--dpi", "150"]) == 0
    assert "ratio" in capsys.readouterr().out
