"""Real printed sheets for the tests of the simulated world."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.synthesis.hands import adult
from calibration.synthesis.pens import BALLPOINT_BLUE
from calibration.synthesis.sheets import PrintedSheet, Treatment
from forms.definition import load_library
from forms.identifier import SheetId
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf


@pytest.fixture(scope="session")
def printed_sheets(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrintedSheet, ...]:
    """Five sheets of three instruments in one PDF."""
    library = load_library()
    pdf = tmp_path_factory.mktemp("printed") / "forms.pdf"
    faces = [
        SheetFace(
            sheet_id=SheetId.new(),
            instrument=library[code],
            language=language,
            layout=compute_layout(library[code], language),
        )
        for code, language in (("ors", "fi"), ("srs", "sv"), ("lass", "en"), ("cors", "en"), ("ors", "en"))
    ]
    render_pdf(faces, pdf)
    return tuple(
        PrintedSheet(pdf=pdf, page=page, sheet_id=str(face.sheet_id), layout=face.layout)
        for page, face in enumerate(faces, 1)
    )


def plain_treatment() -> Treatment:
    """A practised hand with a blue ballpoint; printer and scanner as they should be."""
    return Treatment(hand=adult(np.random.default_rng(1)), pen=BALLPOINT_BLUE)
