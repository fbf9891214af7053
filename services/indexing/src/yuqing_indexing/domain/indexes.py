"""Published formulas of influence, as far as what is known goes: WCI for what is read, BCI for what is passed on.

Both are by 清博; `field` of the names is the version. Of a formula, parts that are not known are left out and their weights are shared out among
the others, because not known is not zero.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

FULL: Final = 2000.0
"""An index of which an account has full influence: the largest accounts of the published lists have about so much."""

WCI: Final = "WCI V14.2 without 在看 and headlines"
WCI_FORMULA: Final = (
    "WCI V14.2: {0.6 O + 0.2 A + 0.1 H + 0.1 P}² × 1.2 × 10, each part 0.70 ln(r+1) + 0.09 ln(10z+1) + 0.06 ln(10l+1) + 0.15 ln(10f+1); "
    "O per day, A per article, P the largest; z (在看) and H (headlines) are not known, nor what a site does not show: their weights are shared out"
)
WCI_OF_ONE: Final = f"index ÷ 2000; {WCI}, one article in one day: 12 × {{0.70 ln(r+1) + 0.06 ln(10l+1) + 0.15 ln(10f+1)}}², weights shared out"
BCI: Final = "BCI, variant of a registered data set"
BCI_FORMULA: Final = (
    "BCI, variant of a registered data set: (20% W1 + 80% W2) × 160; W1 = ln(posts+1), W2 = 40% ln(reposts+1) + 40% ln(comments+1) + "
    "20% ln(likes+1); of what a site does not show, the weight is shared out"
)
BCI_OF_ONE: Final = f"index ÷ 2000; {BCI}, one post: (20% ln 2 + 80% W2) × 160, W2 = 40% ln(reposts+1) + 40% ln(comments+1) + 20% ln(likes+1)"

_READS, _LIKES, _FORWARDS = 0.70, 0.06, 0.15
_LIKED = 10
"""Likes and forwards count ten times inside the logarithm."""
_PER_DAY, _PER_ARTICLE, _LARGEST = 0.6, 0.2, 0.1
_REPOSTED, _COMMENTED, _LIKED_SHARE = 0.4, 0.4, 0.2

Amount = float | None
"""A number of reads, likes … None: not known."""


def wci(per_day: Sequence[Amount], per_article: Sequence[Amount], largest: Sequence[Amount]) -> float:
    """The index by the reads, likes and forwards per day, per article, and of the article that has most."""
    parts = zip((_PER_DAY, _PER_ARTICLE, _LARGEST), (per_day, per_article, largest), strict=True)
    mean = _mean((weight, _read(*amounts)) for weight, amounts in parts)
    return mean**2 * 12


def wci_of_one(reads: int, likes: int | None, forwards: int | None) -> float:
    """The index of one article in one day: per day, per article and largest are the same."""
    return _read(reads, likes, forwards) ** 2 * 12


def bci(posts: int, reposts: Amount, comments: Amount, likes: Amount) -> float:
    """The index by the sums over the posts; at least one of them is known."""
    taken_up = _mean(_known((_REPOSTED, reposts), (_COMMENTED, comments), (_LIKED_SHARE, likes)))
    return (0.2 * math.log1p(posts) + 0.8 * taken_up) * 160


def of_full(index: float) -> float:
    """An index from 0 to 1."""
    return min(1.0, index / FULL)


def _read(reads: Amount, likes: Amount, forwards: Amount) -> float:
    scaled = ((_READS, reads), (_LIKES, _times_ten(likes)), (_FORWARDS, _times_ten(forwards)))
    return _mean(_known(*scaled))


def _times_ten(amount: Amount) -> Amount:
    return None if amount is None else _LIKED * amount


def _known(*weighed: tuple[float, Amount]) -> list[tuple[float, float]]:
    return [(weight, math.log1p(amount)) for weight, amount in weighed if amount is not None]


def _mean(weighed: Iterable[tuple[float, float]]) -> float:
    total = value = 0.0
    for weight, each in weighed:
        total += weight
        value += weight * each
    return value / total if total else 0.0
