"""The judge is judged: it takes what the description allows and nothing else."""

from __future__ import annotations

import pytest

from tests.delivery.openfit_validator import TEMPLATE, complaints

PERSON = "North,anna@example.org,Anna,Berg,,C-7,Maija,Meikäläinen,Female,Adult,K-7,2026-09-01"
GOOD = f"{PERSON},3,2026-11-30,,N,6.2,4.8,7.1,5.5,,Y,,,,,"


def file_of(*rows: str, header: str = TEMPLATE) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


@pytest.mark.parametrize(
    "row",
    [
        GOOD,
        f"{PERSON},3,2026-11-30,,N,0.0,0.0,0.0,0.0,,N,10.0,10.0,9.9,8.8,",
        f"{PERSON},3,2026-11-30,,N,,,,,23.6,Y,,,,,",
        f"{PERSON},3,2026-11-30,,Y,,,,,,Y,,,,,",
    ],
)
def test_it_takes_what_is_allowed(row: str) -> None:
    assert complaints(file_of(row)) == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (GOOD.replace("6.2", ""), "neither four items nor a total"),
        (GOOD.replace("5.5,,", "5.5,23.6,"), "neither four items nor a total"),
        (GOOD.replace(",N,", ",Y,"), "skipped and has values"),
        (GOOD.replace(",Y,,,,,", ",N,,,,,"), "neither four items nor a total"),
        (GOOD.replace(",N,", ",0,"), "ORS_Skip is '0'"),
        (GOOD.replace("6.2", "11.0"), "no score"),
        (GOOD.replace("6.2", "6,2"), "cells"),
        (GOOD.replace("Maija", ""), "Client_FirstName is empty"),
        (GOOD.replace("Maija", "=1+1"), "is a formula"),
        (GOOD.replace("2026-11-30", "30.11.2026"), "Session_Date is no day"),
        (GOOD.replace("2026-11-30", "2026-02-30"), "Session_Date is no day"),
        (GOOD.replace(",3,2026", ",0,2026"), "count from 1"),
        (GOOD.replace(",3,2026", ",,2026"), "count from 1"),
    ],
)
def test_it_takes_nothing_else(row: str, complaint: str) -> None:
    assert row != GOOD
    assert complaint in " ".join(complaints(file_of(row)))


def test_it_looks_across_rows() -> None:
    assert complaints(file_of(GOOD, GOOD))[0].startswith("twice")
    earlier = GOOD.replace(",3,2026-11-30", ",4,2026-11-02")
    assert "not in the order" in complaints(file_of(GOOD, earlier))[0]


def test_it_knows_the_header_the_flags_and_the_encoding() -> None:
    assert complaints(file_of(GOOD, header=TEMPLATE.replace("Notes", "Note")))
    assert complaints(file_of(GOOD.replace(",N,", ",0,").replace(",Y,", ",1,")), "1/0") == []
    assert complaints(file_of(GOOD).decode().encode("latin-1")) == ["not in the encoding"]
