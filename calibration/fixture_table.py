"""The table in `fixtures/README.md`: a row for every picture, from the truth files beside them."""

from __future__ import annotations

from pathlib import Path

from calibration.pairs import picture_of, read_pairs, truth_files

HEAD = "| File | Source | Purpose | Licence |\n|---|---|---|---|\n"


def rows(folder: Path) -> tuple[str, ...]:
    """A row of the table for each picture, by its name."""
    made = []
    for path in truth_files(folder):
        first = read_pairs(path)[0]
        name = picture_of(path).relative_to(folder).as_posix()
        made.append(f"| `{name}` | {first.source} | {first.purpose} | {first.licence} |")
    return tuple(made)


def table_of(text: str) -> tuple[str, ...]:
    """The rows that stand in a README."""
    _, found, after = text.partition(HEAD)
    lines = after.splitlines() if found else []
    end = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return tuple(lines[:end])


def write_table(folder: Path) -> None:
    """Put the rows into the README of `folder`, in the place of those that are there; make one if need be."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else HEAD
    before, _, after = text.partition(HEAD)
    rest = "".join(after.splitlines(keepends=True)[len(table_of(text)) :])
    body = "".join(row + "\n" for row in rows(folder))
    readme.write_text(before + HEAD + body + rest, encoding="utf-8", newline="\n")
