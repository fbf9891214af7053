"""Which mentions are to be judged by the full stage, and which of them first: those whose judgement is in doubt or does most harm if wrong."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yuqing_indexing.domain.document import Judgement, Mention
from yuqing_indexing.domain.reach import reach

URGENT: Final = 0.6
"""From this priority on a mention is looked at even while new ones come in; all others wait until there is time."""
_LARGEST_REACH: Final = 100_000
"""Readers from which on more make no difference."""


@dataclass(frozen=True, slots=True)
class Due:
    """A mention that waits for its second look since it was judged for the first time."""

    id: str
    judged: datetime


def priority(mention: Mention) -> float | None:
    """From 0 to 1; None where the full stage has judged it, a person has said what it says, or nothing is there to judge.

    The larger of two: the doubt, 1 - (largest - second largest probability), and the probability that it is negative times its reach on a
    logarithmic scale up to 100,000 readers.
    """
    judgement = mention.judgement
    if judgement is None or judgement.full or judgement.content_hash != mention.content_hash or mention.counting:
        return None
    readers = min(math.log10(1 + reach(mention.document)) / math.log10(1 + _LARGEST_REACH), 1.0)
    return round(max(_doubt(judgement), judgement.negative * readers), 3)


def _doubt(judgement: Judgement) -> float:
    *_, second, first = sorted((judgement.negative, judgement.neutral, judgement.positive))
    return 1.0 - (first - second)
