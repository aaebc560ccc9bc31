"""Made-up lines and pages whose verdict is known by hand."""

from __future__ import annotations

from calibration.judged import JudgedLine, Outcome
from calibration.truth import DrawnKind, Expected, ItemTruth, PageConditions, PageContent, PageTruth

CONDITIONS = PageConditions(
    dpi=300, mode="grey", turn=0, skew_deg=0.0, print_scale=1.0, jpeg_quality=85, dirt=()
)


def item(
    key: str,
    position_mm: float | None,
    kind: DrawnKind = DrawnKind.STROKE,
    expected: Expected = Expected.ACCEPT,
) -> ItemTruth:
    return ItemTruth(item=key, number=1, kind=kind, position_mm=position_mm, expected=expected, pen=None)


def page(sheet_id: str | None, *items: ItemTruth, number: int = 1) -> PageTruth:
    content = PageContent.FOREIGN if sheet_id is None else PageContent.SHEET
    return PageTruth(
        scan_name="a.pdf",
        scan_page=number,
        content=content,
        sheet_id=sheet_id,
        items=items,
        conditions=CONDITIONS,
    )


def line(
    meant_mm: float | None = 50.0,
    said_mm: float | None = 50.0,
    outcome: Outcome = Outcome.ACCEPTED,
    *,
    kind: DrawnKind = DrawnKind.STROKE,
    expected: Expected = Expected.ACCEPT,
    condition: str = "office",
    hard: bool = False,
    sheet: str = "office/1/1",
    reasons: tuple[str, ...] = (),
    confidence: float | None = None,
    refusal: str | None = None,
    wrong_sheet: bool = False,
) -> JudgedLine:
    return JudgedLine(
        condition=condition,
        hard=hard,
        sheet=sheet,
        truth=item("a", meant_mm, kind, expected),
        outcome=outcome,
        said_mm=said_mm,
        reasons=reasons,
        confidence=confidence,
        refusal=refusal,
        wrong_sheet=wrong_sheet,
    )
