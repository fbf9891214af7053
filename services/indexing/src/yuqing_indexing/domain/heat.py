"""How much a mention, and a story, is talked about: numbers to order by, whose parts can be added up by hand."""

import math

from yuqing_indexing.domain.document import Counts

COMMENT_WEIGHT, REPOST_WEIGHT, VIEW_WEIGHT = 5.0, 10.0, 0.1
"""What a comment, a repost and a view count beside a like: the weights that BettaFish (666ghj, 2025) publishes for its hot lists."""


def heat(counts: Counts) -> float:
    """1 for being said, and the natural logarithm of 1 + likes + 5 comments + 10 reposts + views / 10: what is not known counts as none.

    The logarithm keeps one loud mention from being worth a thousand others. The heat of a story is the sum over its mentions; without copies it
    is the sum over those that say something of their own.
    """
    weighed = (counts.likes or 0) + COMMENT_WEIGHT * (counts.comments or 0) + REPOST_WEIGHT * (counts.reposts or 0)
    return 1.0 + math.log1p(weighed + VIEW_WEIGHT * (counts.views or 0))
