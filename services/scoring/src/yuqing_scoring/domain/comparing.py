"""Whether one model is better than another on the same labelled texts, or whether that may be chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from scipy import stats


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
    if not differing:
        return Uneven(0, 0, 1.0)
    return Uneven(first_only, second_only, float(cast("Any", stats).binomtest(first_only, differing).pvalue))
