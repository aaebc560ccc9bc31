"""Definitions: what is shipped is whole, and what is wrong is named with file, key and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forms.definition import LIBRARY as SHIPPED
from forms.definition import load_instrument, load_library
from forms.errors import FormDefinitionError
from forms.instrument import Ends, Rater, TotalRule
from tests.forms.printed_forms import LIBRARY, printed, sheet, sheet_of, words

OWN = """
code = "own"
name = "OWN"
version = 3
total = "none"
ends = "words"
items = ["first", "second"]
[text.en]
title = "A title"
lead = "A lead."
[text.en.items.first]
title = "First"
low = "Low"
high = "High"
[text.en.items.second]
title = "Second"
hint = "a hint"
low = "Low"
high = "High"
"""


def own_file(folder: Path, text: str = OWN) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ships_the_seven_instruments_in_three_languages() -> None:
    assert set(LIBRARY) == {"ors", "srs", "cors", "csrs", "gsrs", "cgsrs", "lass"}
    for instrument in LIBRARY.values():
        assert instrument.languages == ("en", "fi", "sv")
        assert instrument.total is TotalRule.SUM
        assert len({item.key for item in instrument.items}) == (3 if instrument.code == "lass" else 4)
        for text in instrument.texts:
            assert len({item.title for item in text.items}) == len(instrument.items)
            assert all(item.low != item.high for item in text.items)


def test_childrens_forms_have_faces() -> None:
    with_faces = {code for code, instrument in LIBRARY.items() if instrument.ends is Ends.FACES}
    assert with_faces == {"cors", "csrs", "cgsrs"}


def test_who_rates_another_person_reads_no_words_that_are_meant_for_that_person() -> None:
    for code in ("ors", "cors"):
        for language in LIBRARY[code].languages:
            own, beside = (LIBRARY[code].text(language, rater) for rater in (Rater.SELF, Rater.MOTHER))
            assert LIBRARY[code].text(language) == own
            assert beside.lead != own.lead
            assert beside.items[0].title != own.items[0].title
            assert [(item.low, item.high) for item in beside.items] == [
                (item.low, item.high) for item in own.items
            ]
    assert LIBRARY["srs"].text("fi", Rater.MOTHER) == LIBRARY["srs"].text("fi")

    hers, the_childs = words(
        printed(sheet("cors", "en", rater=rater) for rater in (Rater.MOTHER, Rater.SELF))
    )
    assert "How is the child?" in hers
    assert "How are you?" not in hers
    assert "How are you?" in the_childs


def test_only_what_is_said_otherwise_stands_there_twice(tmp_path: Path) -> None:
    beside = """
[text.en.beside]
title = "Another title"
lead = "Another lead."
[text.en.beside.items.second]
title = "The other's second"
"""
    own = load_instrument(own_file(tmp_path, OWN + beside))
    text = own.text("en", Rater.FATHER)
    assert (text.title, text.items[0]) == ("Another title", own.text("en").items[0])
    assert (text.items[1].title, text.items[1].hint) == ("The other's second", "a hint")

    for wrong, said in (
        (beside.replace("Another title", "Another title " * 9), "is 424 mm long, its place 100 mm"),
        (beside.replace("second", "third"), "third: is not known here"),
        (beside.replace('lead = "Another lead."', ""), r"text.en.beside.lead: a text is missing"),
    ):
        with pytest.raises(FormDefinitionError, match=said):
            load_instrument(own_file(tmp_path, OWN + wrong))


def test_common_words_of_every_language() -> None:
    day = date(2026, 3, 12)
    said = {
        text.language: (text.phrases.rater(Rater.MOTHER), text.phrases.date(day), text.phrases.subject("P7"))
        for text in LIBRARY["ors"].texts
    }
    assert said == {
        "en": ("mother", "12 March 2026", "P7"),
        "fi": ("äiti", "12. maaliskuuta 2026", "P7"),
        "sv": ("mamma", "12 mars 2026", "P7"),
    }


def test_own_instrument_beside_the_shipped_ones(tmp_path: Path) -> None:
    instruments = load_library([own_file(tmp_path)])
    own = instruments["own"]
    assert set(instruments) == {*LIBRARY, "own"}
    assert (own.version, own.total, own.languages) == (3, TotalRule.NONE, ("en",))
    assert load_instrument(tmp_path / "own.toml") == own


def test_own_definition_replaces_the_shipped_one(tmp_path: Path) -> None:
    own_file(tmp_path, OWN.replace('code = "own"', 'code = "ors"'))
    assert load_library([tmp_path])["ors"].version == 3


def test_own_language_reaches_paper(tmp_path: Path) -> None:
    (tmp_path / "languages").mkdir()
    english = (SHIPPED / "languages" / "en.toml").read_text(encoding="utf-8")
    northern_sami = english.replace('language = "en"', 'language = "se"').replace('"mother"', '"eadni"')
    (tmp_path / "languages" / "se.toml").write_text(northern_sami, encoding="utf-8")
    own_file(tmp_path, OWN.replace("text.en", "text.se").replace("A title", "Mo manná, čáppa šaddu?"))
    own = load_library([tmp_path])["own"]
    text = words(printed([sheet_of(own, "se", rater=Rater.MOTHER)]))[0]
    assert "eadni" in text
    assert "Mo manná, čáppa šaddu?" in text


@pytest.mark.parametrize(
    ("was", "becomes", "key", "remedy"),
    [
        ('code = "own"', 'code = "O W N"', "code", "small letters"),
        ('name = "OWN"', "", "name", "Add name ="),
        ('name = "OWN"', f'name = "{"OWN " * 12}"', "text.en", "Shorten it"),
        ("version = 3", "version = 0", "version", "Add version = 1"),
        ("version = 3", "version = true", "version", "Add version = 1"),
        ('total = "none"', 'total = "mean"', "total", "one of: sum, none"),
        ('ends = "words"', 'ends = "stars"', "ends", "one of: words, faces"),
        ('["first", "second"]', "[]", "items", "Add items ="),
        ('["first", "second"]', '["first", "first"]', "items", "key of its own"),
        ('["first", "second"]', '["first", "2nd"]', "items", "small letters"),
        ('["first", "second"]', '["first", "second", "third"]', "text.en.items.third", "Add [text.en.items"),
        ('["first", "second"]', '["first"]', "text.en.items.second", "Known are: first"),
        ('lead = "A lead."', "", "text.en.lead", "Add lead ="),
        ('lead = "A lead."', 'lead = "A\\nlead."', "text.en.lead", "one line"),
        ('hint = "a hint"', 'hnit = "a hint"', "text.en.items.second.hnit", "Known are: title, hint"),
        ('low = "Low"', "low = 0", "text.en.items.first.low", "Add low ="),
        ("text.en", "text.xx", "text.xx", "languages/xx.toml"),
        ('title = "A title"', f'title = "{"A long title " * 9}"', "text.en", "Shorten it"),
        ('lead = "A lead."', f'lead = "{"A long lead " * 20}"', "text.en", "Shorten it"),
        ('low = "Low"', f'low = "{"low " * 60}"', "text.en", "Shorten it"),
        ('high = "High"', f'high = "{"h" * 40}"', "text.en", "Use a shorter one"),
        ('title = "A title"', 'title = "Заголовок"', "text.en", "Latin script"),
        ("version = 3", "version = ", "not valid TOML", "Correct this place"),
    ],
)
def test_says_file_key_and_remedy(tmp_path: Path, was: str, becomes: str, key: str, remedy: str) -> None:
    assert was in OWN
    path = own_file(tmp_path, OWN.replace(was, becomes))
    with pytest.raises(FormDefinitionError) as caught:
        load_library([tmp_path])
    message = str(caught.value)
    assert message.startswith(f"{path}: {key}")
    assert remedy in message


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ('language = "en"', 'language = "english!"', "language"),
        ('"January", ', "", "months"),
        ("{day} {month} {year}", "{day}.{month}.", "date_pattern"),
        ("{day} {month} {year}", "{day} {month} {year} {hour}", "date_pattern"),
        ('guardian = "guardian"\nother', "other", "raters.guardian"),
        ('specimen = "', 'specimn = "', "specimn"),
    ],
)
def test_says_what_is_wrong_with_a_language(tmp_path: Path, was: str, becomes: str, key: str) -> None:
    english = (SHIPPED / "languages" / "en.toml").read_text(encoding="utf-8")
    assert was in english
    own_file(tmp_path)
    path = tmp_path / "languages" / "en.toml"
    path.parent.mkdir()
    path.write_text(english.replace(was, becomes), encoding="utf-8")
    with pytest.raises(FormDefinitionError) as caught:
        load_library([tmp_path])
    assert str(caught.value).startswith(f"{path}: {key}: ")


@pytest.mark.parametrize(
    ("was", "becomes", "remedy"),
    [
        ('meeting = "Meeting"', 'meeting = "Which of our many meetings"', "meeting or day is too long"),
        ('guardian = "guardian"', f'guardian = "{"guardian " * 6}"', "do not fit in a row"),
        ('specimen = "Specimen', 'specimen = "Образец', "Latin script"),
        ('instruction = "', f'instruction = "{"Draw " * 20}', "Shorten it"),
    ],
)
def test_words_of_a_language_must_fit_on_the_sheet(
    tmp_path: Path, was: str, becomes: str, remedy: str
) -> None:
    english = (SHIPPED / "languages" / "en.toml").read_text(encoding="utf-8")
    assert was in english
    own_file(tmp_path)
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "en.toml").write_text(english.replace(was, becomes), encoding="utf-8")
    with pytest.raises(FormDefinitionError, match=remedy):
        load_library([tmp_path])


def test_says_that_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(FormDefinitionError, match=r"no \*\.toml in here"):
        load_library([tmp_path])
    with pytest.raises(FormDefinitionError, match="cannot be read"):
        load_library([tmp_path / "missing.toml"])


def test_says_which_languages_there_are() -> None:
    with pytest.raises(FormDefinitionError, match="no language 'de'; it has en, fi, sv"):
        LIBRARY["ors"].text("de")
