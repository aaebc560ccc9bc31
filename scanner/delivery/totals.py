"""Totals are for instruments whose items make one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from scanner.delivery.target import Target
from scanner.model.delivery import Answer, SettledSheet


class WithoutTotals:
    """A `Target` that gets no total of some instruments."""

    def __init__(self, target: Target, instruments: Collection[str]) -> None:
        self._target = target
        self._instruments = frozenset(instruments)

    @property
    def name(self) -> str:
        return self._target.name

    @property
    def at_once(self) -> int:
        return self._target.at_once

    def refuses(self, sheet: SettledSheet) -> str | None:
        return self._target.refuses(self._told(sheet))

    def waits(self, sheets: Sequence[SettledSheet]) -> Sequence[str | None]:
        return self._target.waits([self._told(sheet) for sheet in sheets])

    def preview(self, sheets: Sequence[SettledSheet]) -> Iterable[str]:
        return self._target.preview([self._told(sheet) for sheet in sheets])

    def deliver(self, batch_id: str, sheets: Sequence[SettledSheet]) -> Sequence[Answer]:
        return self._target.deliver(batch_id, [self._told(sheet) for sheet in sheets])

    def take_stock(self) -> None:
        self._target.take_stock()

    def close(self) -> None:
        self._target.close()

    def _told(self, sheet: SettledSheet) -> SettledSheet:
        return replace(sheet, total=None) if sheet.instrument in self._instruments else sheet
