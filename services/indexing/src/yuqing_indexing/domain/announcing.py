"""Which change of a mention the feed tells next, given what it told last. What was told is kept, so a crash in between loses no change."""

import hashlib
import zlib
from enum import Enum

from yuqing_indexing.domain.document import Mention

_DIGEST_LENGTH = 16


class ChangeKind(Enum):
    """What happened to a mention; the values are the names in the contract."""

    STORED = "STORED"
    EDITED = "EDITED"
    UPDATED = "UPDATED"
    VANISHED = "VANISHED"
    ERASED = "ERASED"
    CORRECTED = "CORRECTED"
    TRIAGED = "TRIAGED"
    HELD = "HELD"
    RELEASED = "RELEASED"


def announcement(mention: Mention) -> str:
    """A short text for what followers of the feed want to learn of: text, whether its page is there, the other fetched fields.

    Times of fetching and judgements are not part of it: a fetch that saw the same is no change.
    """
    document = mention.document
    rest = (
        # The content hash is over the normal form: a change of spelling alone is an update.
        zlib.crc32(document.title.encode("utf-8", "surrogatepass")),
        zlib.crc32(document.text.encode("utf-8", "surrogatepass")),
        document.author,
        document.published,
        document.counts,
        document.rating,
        document.region,
        mention.edited,
    )
    digest = hashlib.sha256(repr(rest).encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{mention.content_hash[:_DIGEST_LENGTH]}:{'v' if mention.vanished else 'p'}:{digest}"


def change_between(told: str | None, now: str) -> ChangeKind | None:
    """What to tell when `told` was the last announcement (None: nothing yet) and `now` is the present one; None where nothing is new."""
    if told is None:
        return ChangeKind.STORED
    if told == now:
        return None
    told_content, told_state, _ = told.split(":")
    content, state, _ = now.split(":")
    if state == "v" and told_state != "v":
        return ChangeKind.VANISHED
    return ChangeKind.EDITED if content != told_content else ChangeKind.UPDATED
