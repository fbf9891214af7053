"""The words that a mention is told by: what its story is found by, whatever title, comment or handing-on stands around them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from yuqing_indexing.domain.analysis import Reading
from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.ids import address_key, native_key
from yuqing_text.likeness import READ_CHARACTERS, Sketch, sketch_of
from yuqing_text.reposts import repost_in, says_nothing
from yuqing_text.tokens import token_text

LEAST_TOKENS = 12
"""Shorter words are no copy of similar ones: `物流很快，包装很好` is said by many who never read each other."""
LEAST_EQUAL_TOKENS = 8
"""From this length on, words that are exactly the same are one text; shorter ones tell nothing."""


@dataclass(frozen=True)
class Words:
    """Words as tokens, as far as they are compared, with their number: 63 bits of a hash of them all.

    Two of a hundred million have the same number with probability 0.0005.
    """

    number: int
    tokens: str

    @property
    def are_compared(self) -> bool:
        """Whether there are enough of them to be called similar to others."""
        return _count(self.tokens) >= LEAST_TOKENS

    @cached_property
    def sketch(self) -> Sketch:
        """They, ready to be compared."""
        return sketch_of(self.tokens)


@dataclass(frozen=True, slots=True)
class Telling:
    """A mention whose story is asked for.

    `words` are None where there are too few to tell. `adds` says that it adds words of its own to what it passes on. `keys` are what others may
    name it by, `passes_on` is the key of what the platform says it passes on (empty: nothing).
    """

    mention: str
    words: Words | None
    adds: bool = False
    keys: tuple[str, ...] = ()
    passes_on: str = ""


def telling(mention: Mention, reading: Reading, keys: Sequence[str] = ()) -> Telling:
    """What decides about a mention's story; `reading` is of its document."""
    document = mention.document
    repost = repost_in(document.text)
    passes_on = passed_on_key(document)
    adds = bool(repost or passes_on) and not says_nothing(token_text(repost.own) if repost else reading.body_tokens)
    parts = [token_text(words) for _, words in reversed(repost.passed_on)] if repost else []
    return Telling(mention.id, _words(parts, reading), adds, tuple(dict.fromkeys((mention.id, *keys))), passes_on)


def words_of(tokens: str) -> Words:
    """Words with their number."""
    digest = hashlib.sha256(tokens.encode("utf-8", "surrogatepass")).digest()
    return Words(int.from_bytes(digest[:8]) >> 1, tokens[:READ_CHARACTERS])


def _words(passed_on: Sequence[str], reading: Reading) -> Words | None:
    """Of a repost the earliest words of its chain that are long enough, because those are what it carries; else the text.

    The title counts only beside a short text: copies often have another one.
    """
    tokens = next((words for words in passed_on if _count(words) >= LEAST_TOKENS), reading.body_tokens)
    if _count(tokens) < LEAST_TOKENS:
        tokens = f"{reading.title_tokens} {tokens}".strip()
    return words_of(tokens) if _count(tokens) >= LEAST_EQUAL_TOKENS else None


def passed_on_key(document: Document) -> str:
    """The key of what the platform says that a document passes on; empty where it says nothing."""
    if not document.repost_of:
        return ""
    return address_key(document.repost_of) if "://" in document.repost_of else native_key(document.site, document.repost_of)


def _count(tokens: str) -> int:
    return tokens.count(" ") + 1 if tokens else 0
