"""Print sheets so that none can exist on paper and not in the record.

Order: PDF and manifest written beside their final names -> sheets in the record -> renamed. Killed
in between, there are sheets in the record that were never printed (they show as outstanding), but
never a paper that the record does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from forms.identifier import SheetId
from forms.instrument import Rater
from forms.layout import FormLayout, compute_layout
from forms.render import SheetFace, render_pdf
from scanner.printing.appearing import appearing
from scanner.printing.manifest import write_manifest
from scanner.printing.requests import SheetRequest
from scanner.record import NewSheet, Record


def issue(
    record: Record,
    requests: Sequence[SheetRequest],
    out: Path,
    *,
    manifest: Path | None,
    licence: str | None,
    actor: str,
    once: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[SheetFace, ...]:
    """Print a sheet for every request, a page each, in order.

    Raises JanaError when a file cannot be written, or, with `once`, when somebody else has just printed
    one of these sheets; then nothing was registered.
    """
    faces = _faces(requests)
    sheets = [_new_sheet(face, request) for face, request in zip(faces, requests, strict=True)]
    with ExitStack() as files:
        render_pdf(faces, files.enter_context(appearing(out)), licence=licence, progress=progress)
        if manifest is not None:
            write_manifest(files.enter_context(appearing(manifest)), sheets)
        record.register(sheets, printed_at=datetime.now(UTC), actor=actor, once=once)
    return faces


def _faces(requests: Sequence[SheetRequest]) -> tuple[SheetFace, ...]:
    layouts: dict[tuple[str, str, Rater | None], FormLayout] = {}
    return tuple(_face(request, layouts) for request in requests)


def _face(request: SheetRequest, layouts: dict[tuple[str, str, Rater | None], FormLayout]) -> SheetFace:
    instrument, language, purpose = request.instrument, request.language, request.purpose
    rater = None if purpose.rater is None else Rater(purpose.rater)
    key = (instrument.code, language, rater)
    layout = layouts.get(key) or compute_layout(instrument, language, rater)
    layouts[key] = layout
    return SheetFace(
        sheet_id=SheetId.new(),
        instrument=instrument,
        language=language,
        layout=layout,
        rater=rater,
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
