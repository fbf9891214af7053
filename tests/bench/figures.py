"""What a measurement says: both sides in the same run, their ratio, and what is wanted of it."""

import math
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. Without `theirs` the figure itself is compared with the bound."""

    name: str
    unit: str
    ours: float
    wanted: float
    theirs: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def figure(self) -> float:
        """What is compared with the bound."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of the bound."""
        return self.figure >= self.wanted if self.at_least else self.figure <= self.wanted

    def __str__(self) -> str:
        sides = f"{self.ours:,.2f} {self.unit}" if self.theirs is None else f"{self.ours:,.1f} ÷ {self.theirs:,.1f} {self.unit} = {self.figure:.2f}"
        bound = f"wanted {'≥' if self.at_least else '≤'} {self.wanted:g}"
        return f"{'ok  ' if self.is_met else 'MISS'} {self.name}: {sides} ({bound}){'; ' + self.note if self.note else ''}"


def alternating(ours: Callable[[int], float], theirs: Callable[[int], float], *, rounds: int) -> tuple[float, float]:
    """Medians of both, measured in turn after a round of each that does not count; a round's number tells it from the others."""
    ours(0)
    theirs(0)
    pairs: list[tuple[float, float]] = []
    for number in range(1, rounds + 1):
        pairs.append((ours(number), theirs(number)))
        say(f"  round {number}: {pairs[-1][0]:,.1f} | {pairs[-1][1]:,.1f}")
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def say(line: str) -> None:
    """Shows how far it is; the rows alone go to standard output."""
    sys.stderr.write(f"{line}\n")
