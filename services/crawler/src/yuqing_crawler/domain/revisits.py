"""When a known mention is looked at again: for new counts, edits and takedowns, more often where it is hot."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from yuqing_crawler.domain.document import Counts, Document, ItemKind

STEPS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""Times since first sight; `YUQING_CRAWLER_REVISIT_AFTER_SECONDS` replaces them."""
FRESH = timedelta(days=3)
COOLED_FROM_STEP = 2
"""From this step on only mentions go on being looked at that somebody reacted to."""
_WEIGHTS = {"reposts": 3.0, "comments": 2.0, "likes": 1.0, "useful": 1.0, "views": 0.001}


def is_worth_revisiting(document: Document, now: datetime) -> bool:
    """Whether a document just found is to be looked at again: it is fresh and has a page of its own (a comment's page is its thread's)."""
    if document.item_kind is ItemKind.COMMENT or not document.url:
        return False
    return document.published_at is None or now - document.published_at < FRESH


def heat(counts: Counts) -> float:
    """How much reaction a mention has drawn: a repost spreads it, a comment took effort, a view is little. Orders a host's revisits."""
    return sum(weight * (getattr(counts, name) or 0) for name, weight in _WEIGHTS.items())


def next_step(step: int, steps: Sequence[timedelta], *, heat_before: float, heat_now: float) -> int | None:
    """The step after the one just done; None when the mention is left alone from now on: all done, or it never drew a reaction."""
    if step + 1 >= len(steps):
        return None
    cold = heat_now <= 0 and heat_now <= heat_before
    return None if cold and step + 1 >= COOLED_FROM_STEP else step + 1
