"""Whether one model is better than another on the same labelled texts, or whether that may be chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Uneven:
    """Texts that only one of two models has right, and how probable so uneven numbers are if both are equally good."""

    first_only: int
    second_only: int
    p_value: float


def uneven(first_right: Sequence[bool], second_right: Sequence[bool]) -> Uneven:
    """The exact McNemar test (McNemar 1947), two-sided; 1 where the models never differ."""
    first_only = sum(one and not other for one, other in zip(first_right, second_right, strict=True))
    second_only = sum(other and not one for one, other in zip(first_right, second_right, strict=True))
    differing = first_only + second_only
    tail = sum(comb(differing, size) for size in range(min(first_only, second_only) + 1))
    return Uneven(first_only, second_only, min(1.0, 2 * tail / 2**differing))
