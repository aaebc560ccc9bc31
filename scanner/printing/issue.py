"""Print sheets so that none can exist on paper and not in the record.

Order: PDF and manifest written beside their final names -> sheets in the record -> renamed. Killed
in between, there are sheets in the record that were never printed (they show as outstanding), but
never a paper that the record does not know.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from forms.identifier import SheetId
from forms.instrument import Rater
from forms.layout import FormLayout, compute_layout
from forms.render import SheetFace, render_pdf
from scanner.errors import JanaError
from scanner.printing.requests import SheetRequest
from scanner.record import NewSheet, Record

MANIFEST_COLUMNS = (
    "page",
    "sheet_id",
    "instrument",
    "version",
    "language",
    "case",
    "session",
    "session_date",
    "subject",
    "rater",
    "unit",
)


def issue(
    record: Record,
    requests: Sequence[SheetRequest],
    out: Path,
    *,
    manifest: Path | None,
    licence: str | None,
    actor: str,
    progress: Callable[[int], None] | None = None,
) -> tuple[SheetFace, ...]:
    """Print a sheet for every request, a page each, in order.

    Raises JanaError when a file cannot be written; then nothing was registered.
    """
    faces = _faces(requests)
    sheets = [_new_sheet(face, request) for face, request in zip(faces, requests, strict=True)]
    with ExitStack() as files:
        render_pdf(faces, files.enter_context(_appearing(out)), licence=licence, progress=progress)
        if manifest is not None:
            _write_manifest(files.enter_context(_appearing(manifest)), sheets)
        record.register(sheets, printed_at=datetime.now(UTC), actor=actor)
    return faces


def _faces(requests: Sequence[SheetRequest]) -> tuple[SheetFace, ...]:
    layouts: dict[tuple[str, str], FormLayout] = {}
    return tuple(_face(request, layouts) for request in requests)


def _face(request: SheetRequest, layouts: dict[tuple[str, str], FormLayout]) -> SheetFace:
    instrument, language, purpose = request.instrument, request.language, request.purpose
    layout = layouts.get((instrument.code, language)) or compute_layout(instrument, language)
    layouts[instrument.code, language] = layout
    return SheetFace(
        sheet_id=SheetId.new(),
        instrument=instrument,
        language=language,
        layout=layout,
        rater=None if purpose.rater is None else Rater(purpose.rater),
        subject=purpose.subject,
        session=purpose.session,
        session_date=purpose.session_date,
    )


def _new_sheet(face: SheetFace, request: SheetRequest) -> NewSheet:
    return NewSheet(
        sheet_id=face.sheet_id.text,
        instrument=face.instrument.code,
        version=face.instrument.version,
        language=face.language,
        layout=face.layout,
        purpose=request.purpose,
    )


def _write_manifest(path: Path, sheets: Sequence[NewSheet]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(MANIFEST_COLUMNS)
        for page, sheet in enumerate(sheets, 1):
            purpose = sheet.purpose
            what = (sheet.sheet_id, sheet.instrument, sheet.version, sheet.language)
            whom = (purpose.case, purpose.session, purpose.session_date, purpose.subject, purpose.rater)
            writer.writerow(["" if cell is None else cell for cell in (page, *what, *whom, purpose.unit)])


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its name when all went well, and is gone when it did not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise JanaError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise JanaError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
