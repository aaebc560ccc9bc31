"""A learned model of how likely a reading is right: data only, trained by `calibration`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tree:
    """An oblivious decision tree: every level asks one question of the evidence, whatever came before."""

    measures: tuple[int, ...]
    """For each level, which of the model's measures is compared, by its place in `names`."""
    limits: tuple[float, ...]
    """For each level: the answer is yes when the measure exceeds this."""
    leaves: tuple[float, ...]
    """What is added to the log odds, by the answers as a binary number, the first level counting most."""


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Boosted oblivious trees (Friedman 2001; Prokhorenkova et al. 2018), and what their sum means."""

    names: tuple[str, ...]
    """The measures that it was trained on, in order (`scanner.reading.confidence.MEASURES`)."""
    base: float
    """Log odds before any tree."""
    trees: tuple[Tree, ...]
    """All of the same depth."""
    knots: tuple[tuple[float, float], ...]
    """From log odds to probability, by straight lines between these points; both rise."""

    def __hash__(self) -> int:
        """Of the knots alone, which hardly two models share: a model has ten thousand numbers, and is looked
        up at every line."""
        return hash(self.knots)
