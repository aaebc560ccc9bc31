"""What is wrong with a row of a table: known by a key, so that each reader is told in their own language."""

from __future__ import annotations

from scanner.model.case import RowTrouble
from scanner.texts import texts


class RowError(ValueError):
    """A row, or a cell of it, cannot be taken; as text it is in English."""

    def __init__(self, kind: str, **values: object) -> None:
        """`kind` is a key of the texts' table `row`, with the values of its placeholders."""
        self.kind = kind
        self.values = tuple((name, str(value)) for name, value in values.items())
        super().__init__(texts("en").of("row", kind, **values))

    def at(self, line: int) -> RowTrouble:
        """The same, on a line of a file."""
        return RowTrouble(line, str(self), self.kind, self.values)
