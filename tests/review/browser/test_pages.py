"""Pages that nobody could read, and sheets without a case; names that would like to be markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Dialog, Page, expect

from forms.identifier import ALPHABET, SheetId
from scanner.intake.commit import commit_page
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.scope import EVERYTHING
from scanner.model.sheet import SheetPurpose
from scanner.record import Record, ScanFile, SeenPage, Sighting, escaped_name
from scanner.review.typed_code import CodeTrouble, typed_code
from tests.record.builders import QUICK, READER, decisions, printed
from tests.review.browser.window import Windows
from tests.review.marks import came_back, drawn_line
from tests.review.office import Office

NAUGHTY = (
    "<img src=x onerror=alert(1)>.pdf",
    "\"><script>alert('x')</script>.pdf",
    "' onmouseover='alert(1)' x='.pdf",
    "=cmd|' /C calc'!A0.pdf",
    "{{ 7 * 7 }}{% raw %}.pdf",
    "line\nbreak \x1b[31m \u202egnp.fdp.pdf",
    "&lt;b&gt; &amp; %00 \\u003cscript\\u003e.pdf",
    "Ω≈ç√∫˜µ 田中さん 🎉 " + "x" * 120 + ".pdf",
)


def lost(record: Record, name: str = "lost.pdf") -> SeenPage:
    """A page whose code could not be read."""
    digest = sha256(name.encode()).hexdigest()
    file = ScanFile(sha256=digest, size_bytes=4096, media="pdf", stored="folder")
    record.take(file, Sighting(name=name.encode()), actor="anna")
    record.set_pages(digest, 1, actor="anna")
    refusal = Refusal(digest, "lost.pdf", 1, RefusalReason.NO_CODE, "No code.", drawn_line(40.0))
    commit_page(record, refusal, reader_version=READER)
    return next(page for page in record.unidentified(EVERYTHING) if page.scan_sha256 == digest)


def type_code(page: Page, code: str) -> None:
    page.get_by_role("textbox", name="Printed code").fill(code)


def test_a_page_gets_its_sheet_by_the_printed_code(windows: Windows, office: Office) -> None:
    (sheet,) = printed(office.record)
    seen = lost(office.record)
    page = windows.of()
    page.goto("/pages")
    page.get_by_role("link", name="Look at lost.pdf").click()
    said = page.locator("#code-said")
    code = SheetId(sheet).grouped().lower().replace("0", "o").replace(" ", "-")
    type_code(page, code[:-1])
    expect(said).to_have_text("One character is missing.")
    type_code(page, code[:-1] + ("a" if code[-1] != "a" else "b"))
    expect(said).to_contain_text("One of the characters is wrong")
    type_code(page, code)
    expect(said).to_have_text("The code is complete.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("read again")
    known = office.record.seen_page(EVERYTHING, seen.page_id)
    assert known is not None
    assert known.waits
    assert known.word is not None
    assert known.word.sheet_id == sheet
    page.get_by_role("button", name="Take back lost.pdf").click()
    assert [it.page_id for it in office.record.unidentified(EVERYTHING)] == [seen.page_id]


def test_what_is_wrong_is_said_by_the_server_too(windows: Windows, office: Office) -> None:
    seen = lost(office.record)
    (void,) = printed(office.record)
    office.record.void(void, reason="torn <b>apart</b>", actor="anna")
    page = windows.of(java_script_enabled=False)
    page.goto(f"/pages/{seen.page_id}")
    for code, says in (
        ("J1", "16 characters are missing"),
        (void, "That sheet is void: torn <b>apart</b>"),
        (SheetId.new().text, "No sheet with this code"),
    ):
        type_code(page, code)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(says)


def test_a_sheet_is_found_by_what_is_known_of_it(windows: Windows, office: Office) -> None:
    on = SheetPurpose(case="A-17", session=3, session_date=date(2026, 11, 30), unit="North")
    sheet, _, south = printed(
        office.record, on, replace(on, case="A-18"), replace(on, case="A-17 south", unit="South")
    )
    lost(office.record)
    page = windows.of()
    page.goto("/pages")
    page.get_by_role("link", name="Look at lost.pdf").click()
    page.get_by_label("Day of the session").fill("2026-11-30")
    page.get_by_role("button", name="Search").click()
    assert page.locator(".found li").count() == 3
    page.get_by_label("Case").fill("A-17")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".found li")).to_contain_text(SheetId(sheet).grouped())
    assert "A-17" not in page.url
    page.get_by_role("button", name="This one").click()
    expect(page.get_by_role("status").first).to_contain_text("read again")
    (said,) = office.record.said_pages(EVERYTHING)
    assert said.word is not None
    assert said.word.sheet_id == sheet != south
    actions = [entry.action for entry in office.record.audit_entries()]
    assert actions.count("sheet.search") == 2
    assert "page.look" in actions


def test_what_is_not_ours_is_asked_about_no_more(windows: Windows, office: Office) -> None:
    seen = lost(office.record)
    page = windows.of()
    page.goto(f"/pages/{seen.page_id}")
    page.get_by_role("button", name="Not ours").click()
    expect(page.get_by_role("heading", name="No unknown pages")).to_be_visible()
    assert office.record.counts().pages_refused == 1
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("heading", name="Unknown pages")).to_be_visible()


def test_a_sheet_of_the_pool_gets_its_case(windows: Windows, office: Office) -> None:
    sheet = came_back(office.record, decisions(1.0), purpose=SheetPurpose(unit="North"))
    printed(office.record, SheetPurpose(case="S-1", unit="South"))
    page = windows.of(account={"units": frozenset({"North"})})
    page.goto("/sheets")
    page.get_by_role("link", name="Fill in").click()
    page.get_by_label("Number of the session").fill("none")
    page.get_by_label("Case").fill("S-1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#case-error")).to_contain_text("another unit")
    expect(page.locator("#session-error")).to_have_text("Give a whole number from 1.")
    page.get_by_label("Case").fill("A-17")
    page.get_by_label("Number of the session").fill("3")
    page.get_by_label("Day of the session").fill("2026-11-30")
    page.get_by_label("About whom").fill("child")
    page.get_by_label("Who filled it in").select_option("mother")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Every sheet has its case")).to_be_visible()
    purpose = office.record.show(sheet).sheet.purpose
    assert purpose == SheetPurpose(
        case="A-17",
        session=3,
        session_date=date(2026, 11, 30),
        subject="child",
        rater="mother",
        unit="North",
    )


def test_names_are_shown_and_never_run(windows: Windows, office: Office) -> None:
    for name in NAUGHTY:
        lost(office.record, name)
    sheet = came_back(office.record, decisions(24.0), name=NAUGHTY[0])
    came_back(office.record, decisions(71.0), name=NAUGHTY[1], sheet_id=sheet)
    page = windows.of(account={"display_name": NAUGHTY[0]})
    dialogs: list[str] = []

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", opened)
    page.goto("/pages")
    shown = page.locator(".rows .name strong").all_inner_texts()
    assert [text.removesuffix(", page 1") for text in shown] == [escaped_name(it.encode()) for it in NAUGHTY]
    page.goto("/review")
    captions = page.locator(".crop-caption").all_inner_texts()
    assert NAUGHTY[0] in captions[0]
    assert NAUGHTY[1] in captions[1]
    assert page.locator(".crop-caption img, .crop-caption script").count() == 0
    assert dialogs == []


@pytest.fixture(scope="module")
def twin(chromium: Browser) -> Page:
    """A blank page with the script that checks codes."""
    from scanner.review.rendering import FOLDER

    source = (FOLDER / "static" / "code.js").read_text(encoding="utf-8")
    page = chromium.new_page()
    page.evaluate(f"() => {{ {source.replace('export function', 'window.trouble = function')} }}")
    return page


MEANT = {"code_letters": "letters", "code_start": "start", "code_short": "short", "code_long": "long"}


@QUICK
@given(st.text(alphabet=ALPHABET + "-oil u!é·", max_size=22) | st.just("").map(lambda _: SheetId.new().text))
@example("J1")
@example("")
@example("K1ABC")
def test_script_and_server_say_the_same_of_a_code(twin: Page, text: str) -> None:
    key, value = twin.evaluate("text => window.trouble(text)", text)
    said = typed_code(text)
    if isinstance(said, CodeTrouble):
        assert key == MEANT.get(said.key, "wrong")
        assert [value] == (list(said.values.values()) or [""])
    else:
        assert key == "right"
