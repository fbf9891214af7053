"""How many people a mention may have come before, as one number to sort by."""

from yuqing_indexing.domain.document import NO_COUNTS, Document

FOLLOWERS_WHO_SEE_A_POST = 0.05
"""Of an account's followers, the part that sees an ordinary post."""
VIEWS_FOR_ONE_INTERACTION = 20
"""One reader in so many likes, comments or passes on."""


def is_reach_known(document: Document) -> bool:
    """Whether anything is known that it follows from."""
    counts, author = document.counts, document.author
    return counts != NO_COUNTS or (author is not None and author.followers is not None)


def reach(document: Document) -> int:
    """The number of views as the site counts them; where it shows none, the larger of two estimates.

    Estimates: 5 % of the author's followers, and 20 views for each like, comment or repost. What is not known counts as 0.
    """
    counts = document.counts
    if counts.views is not None:
        return counts.views
    followers = (document.author.followers if document.author else None) or 0
    interactions = (counts.likes or 0) + (counts.comments or 0) + (counts.reposts or 0)
    return max(round(followers * FOLLOWERS_WHO_SEE_A_POST), interactions * VIEWS_FOR_ONE_INTERACTION)
