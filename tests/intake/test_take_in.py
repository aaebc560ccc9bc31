"""Taking files in: what is stored, recorded and told, whatever the workers make of the pages.

The pages go through real reading processes; the jobs on them are short ones of the test's own, so that
each can end as the test wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanner.errors import DatabaseError, JanaError
from scanner.intake.find_files import NotTaken
from scanner.intake.page_job import PageReader, ReaderSetup, overlay_name
from scanner.intake.scan_store import FolderScanStore
from scanner.intake.take_in import FileReport, Intake, PageReport
from scanner.intake.workers import PageWorkers
from scanner.model.outcome import RefusalReason
from scanner.model.page import PageSource, ScannedPage
from scanner.model.result import EmptyPage, PageOutcome
from scanner.reading.profile import SHIPPED, load_profile
from scanner.record import Record
from scanner.settings_limits import Limits

pytestmark = pytest.mark.usefixtures("warm_nurseries")
LIMITS = Limits(file_bytes=2_000_000)
Job = Callable[[ScannedPage], PageOutcome | JanaError]


def empty(page: ScannedPage) -> PageOutcome | JanaError:
    return EmptyPage(page.source)


def without_database(_: ScannedPage) -> PageOutcome | JanaError:
    return DatabaseError("the database went away")


def writing_down(folder: Path, page: ScannedPage) -> PageOutcome | JanaError:
    (folder / overlay_name(page.source)).touch()
    return EmptyPage(page.source)


def job(which: Job) -> Job:
    return which


def scan(path: Path, seed: int, pages: int = 1) -> Path:
    """A small TIFF of so many grey pages, other bytes for another seed."""
    rng = np.random.default_rng(seed)
    images = [Image.fromarray(rng.integers(0, 255, (40, 30), dtype=np.uint8)) for _ in range(pages)]
    images[0].save(path, save_all=True, append_images=images[1:])
    return path


@pytest.fixture
def record(embedded_url: str) -> Record:
    return Record.open(embedded_url)


def taken(
    record: Record, store: Path, found: list[Path | NotTaken], which: Job = empty, *, redraw: bool = False
) -> list[PageReport | FileReport | NotTaken]:
    with PageWorkers(partial(job, which), LIMITS, count=1) as workers:
        intake = Intake(
            record, FolderScanStore(store, LIMITS.file_bytes), workers, actor="test", redraw=redraw
        )
        return list(intake.take(found))


def outcomes(told: list[PageReport | FileReport | NotTaken]) -> list[tuple[str, int | None, str]]:
    return [(it.scan_name, it.scan_page, it.outcome) for it in told if isinstance(it, PageReport)]


def test_each_content_is_read_once_under_whatever_name(record: Record, tmp_path: Path) -> None:
    first = scan(tmp_path / "a.tif", 1, pages=2)
    same = tmp_path / "b.tif"
    same.write_bytes(first.read_bytes())
    store = tmp_path / "store"

    told = taken(record, store, [first, same, first])

    assert [it for it in told if isinstance(it, FileReport)] == [FileReport("a.tif", 2)]
    assert outcomes(told) == [
        ("a.tif", 1, "empty"),
        ("a.tif", 2, "empty"),
        *[(name, page, "seen_before") for name in ("b.tif", "a.tif") for page in (1, 2)],
    ]
    assert outcomes(taken(record, store, [same])) == [
        ("b.tif", 1, "seen_before"),
        ("b.tif", 2, "seen_before"),
    ]
    assert record.counts().pages_empty == 2
    assert record.verify().fault is None


def test_the_source_may_go_and_the_store_keeps_it(record: Record, tmp_path: Path) -> None:
    source = scan(tmp_path / "a.tif", 1)
    data = source.read_bytes()
    taken(record, tmp_path / "store", [source])
    source.unlink()

    kept = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]

    assert [path.read_bytes() for path in kept] == [data]


def test_what_cannot_be_opened_is_told_and_the_rest_is_read(record: Record, tmp_path: Path) -> None:
    gone, listed = tmp_path / "gone.tif", NotTaken(tmp_path / "folder", "permission denied")
    link = tmp_path / "link.tif"
    link.symlink_to(scan(tmp_path / "a.tif", 1))
    large = tmp_path / "large.tif"
    large.write_bytes(bytes(LIMITS.file_bytes + 1))

    told = taken(record, tmp_path / "store", [gone, listed, link, large, tmp_path / "a.tif"])

    assert [it for it in told if isinstance(it, NotTaken)] == [
        NotTaken(gone, "no such file or directory"),
        listed,
    ]
    reasons = {it.scan_name: it.reason for it in told if isinstance(it, PageReport)}
    assert reasons == {
        "link.tif": RefusalReason.NOT_A_SCAN,
        "large.tif": RefusalReason.TOO_LARGE,
        "a.tif": None,
    }
    assert [row.scan_name for row in record.refused_rows()] == ["large.tif"]


def test_a_lost_database_is_not_the_fault_of_the_page(record: Record, tmp_path: Path) -> None:
    """The page stays unread, is refused for nothing, and is read the next time."""
    source = scan(tmp_path / "a.tif", 1)

    with pytest.raises(DatabaseError, match="went away"):
        taken(record, tmp_path / "store", [source], without_database)

    assert list(record.refused_rows()) == []
    (unfinished,) = record.unfinished()
    known = record.known(unfinished.sha256)
    assert known is not None
    assert known.waiting == (1,)
    assert outcomes(taken(record, tmp_path / "store", [source])) == [("a.tif", 1, "empty")]
    assert record.unfinished() == []


def test_the_reader_hands_its_own_troubles_back(tmp_path: Path) -> None:
    page = ScannedPage(
        PageSource("ab" * 32, "a.tif", 1), np.full((1754, 1240), 255, np.uint8), 150.0, bilevel=False
    )
    profile = load_profile(SHIPPED)
    nowhere = ReaderSetup(f"sqlite:///{tmp_path}/nothing.sqlite", profile, None, 0.0)
    assert isinstance(PageReader(nowhere)(page), DatabaseError)
    url = f"sqlite:///{tmp_path}/record.sqlite"
    Record.open(url).close()
    assert isinstance(PageReader(ReaderSetup(url, profile, None, 0.0))(page), EmptyPage)
    trouble = PageReader(ReaderSetup(url, profile, tmp_path / "no folder", 0.0))(page)
    assert type(trouble) is JanaError
    assert "cannot be written" in str(trouble)


def test_redrawing_shows_again_and_records_nothing(record: Record, tmp_path: Path) -> None:
    source = scan(tmp_path / "a.tif", 1, pages=2)
    taken(record, tmp_path / "store", [source])
    counts = record.counts()

    told = taken(record, tmp_path / "store", [source], partial(writing_down, tmp_path), redraw=True)

    assert outcomes(told) == [("a.tif", 1, "seen_before"), ("a.tif", 2, "seen_before")]
    assert len(list(tmp_path.glob("a.tif-p*.png"))) == 2
    assert record.counts() == counts


def test_names_of_pictures_are_tame_and_apart() -> None:
    first, second = (
        overlay_name(PageSource(sha256 * 32, "../\x1b[31m=x|y\u202e" + "a" * 300, 12))
        for sha256 in ("ab", "cd")
    )

    assert first != second
    assert first.isprintable()
    assert len(first) < 120
    assert not set(first) & set("/\\ |=")
    assert first.startswith("_")
    assert first.endswith("-p0012-abababab.png")
