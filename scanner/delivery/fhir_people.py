"""How people are named to a FHIR server: by pseudonyms made of case and person, or as a key file says."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Protocol

from forms.instrument import Rater
from scanner.delivery.organisation_csv import TableRow, read_table
from scanner.model.delivery import SettledSheet

Reference = dict[str, Any]
"""A FHIR Reference."""

KINDS = {
    Rater.MOTHER: "RelatedPerson",
    Rater.FATHER: "RelatedPerson",
    Rater.GUARDIAN: "RelatedPerson",
    Rater.OTHER: "RelatedPerson",
    Rater.PROFESSIONAL: "Practitioner",
}
"""What a rater is to the server; who rates themselves is the Patient."""
_REFERENCE = re.compile(r"(Patient|RelatedPerson|Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64}")


class UnknownPersonError(Exception):
    """The key file does not say, or says twice, who that is; the text names its lines."""


class Naming(Protocol):
    """From a sheet to the two people that it has."""

    def subject(self, sheet: SettledSheet) -> Reference:
        """Whom the rating is about. Raises UnknownPersonError."""

    def source(self, sheet: SettledSheet) -> Reference | None:
        """Who held the pen; None when that is not known. Raises UnknownPersonError."""


class Pseudonyms:
    """Logical references: nothing that the record does not hold already."""

    def __init__(self, system: str) -> None:
        self._system = system

    def subject(self, sheet: SettledSheet) -> Reference:
        return logical("Patient", f"{self._system}/person", _person(sheet))

    def source(self, sheet: SettledSheet) -> Reference | None:
        if sheet.rater is None:
            return None
        rater = Rater(sheet.rater)
        if rater is Rater.SELF:
            return self.subject(sheet)
        # With its own place even where the subject has no name: a mother who rates is nobody else's `mother`.
        return logical(KINDS[rater], f"{self._system}/person", joined(sheet.case, sheet.subject, rater.value))


class KeyFile:
    """References by case, subject and rater from the organisation's file.

    A row without a rater says who the subject is. A rater who has no row stays a pseudonym: it is the
    subject's record that the result has to reach.
    """

    def __init__(self, path: Path, system: str) -> None:
        """Raises OrganisationFileError when the file cannot be used."""
        self._pseudonyms = Pseudonyms(system)
        self._rows: dict[tuple[str, str, str], list[TableRow]] = defaultdict(list)
        for row in read_table(path, ("case", "reference"), ("subject", "rater")):
            rater = row.cells["rater"].lower()
            key = row.cells["case"], row.cells["subject"], "" if rater == Rater.SELF else rater
            self._rows[key].append(row)

    def subject(self, sheet: SettledSheet) -> Reference:
        found = self._find(sheet, "")
        if found is None:
            raise UnknownPersonError("the key file does not have this person")
        return found

    def source(self, sheet: SettledSheet) -> Reference | None:
        if sheet.rater == Rater.SELF:
            return self.subject(sheet)
        found = None if sheet.rater is None else self._find(sheet, sheet.rater)
        return found or self._pseudonyms.source(sheet)

    def _find(self, sheet: SettledSheet, rater: str) -> Reference | None:
        rows = self._rows.get((sheet.case or "", sheet.subject or "", rater), [])
        if not rows:
            return None
        if len(rows) > 1:
            lines = " and ".join(str(row.line) for row in rows)
            raise UnknownPersonError(f"the key file has this person more than once, on lines {lines}")
        [row] = rows
        reference = row.cells["reference"]
        if row.trouble:
            raise UnknownPersonError(f"key file, line {row.line}: {row.trouble}")
        if not _REFERENCE.fullmatch(reference) or (not rater and not reference.startswith("Patient/")):
            wanted = "a RelatedPerson, Practitioner or Patient" if rater else "a Patient"
            raise UnknownPersonError(
                f"key file, line {row.line}: reference must name {wanted}, such as Patient/123"
            )
        return {"reference": reference}


def logical(kind: str, system: str, value: str) -> Reference:
    """A reference by identifier: the server need not have such a resource."""
    return {"type": kind, "identifier": {"system": system, "value": value}}


def joined(*parts: object) -> str:
    """Parts in one name, so that no two lists of parts have the same: a stroke within one is escaped."""
    texts = ("" if part is None else str(part) for part in parts)
    return "/".join(text.replace("%", "%25").replace("/", "%2F") for text in texts)


def _person(sheet: SettledSheet) -> str:
    return joined(sheet.case, sheet.subject) if sheet.subject else joined(sheet.case)
