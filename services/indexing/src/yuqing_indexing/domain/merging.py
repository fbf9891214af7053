"""What a mention becomes when another fetch of it arrives. Any order and repetition of the same fetches gives the same mention.

Fetched fields: those of the newest fetch that still had the page; of the times of publication the finest, then the earliest. Older fetches
never replace them, and a fetch that found the page gone says only that. Judged fields: those for the present text. What people say stays.
"""

from dataclasses import replace
from typing import Any

from yuqing_indexing.domain.addresses import canonical_address
from yuqing_indexing.domain.document import Document, Judgement, Mention

MOST_ADDRESSES = 50
_FINENESS = {"second": 0, "minute": 1, "day": 2}


def first_sight(mention_id: str, document: Document, content_hash: str) -> Mention:
    """The mention that a first fetch makes."""
    return Mention(
        id=mention_id,
        document=document,
        content_hash=content_hash,
        first_seen=document.fetched,
        last_seen=document.fetched,
        vanished=document.vanished,
        addresses=addresses_of(document),
    )


def merged(mention: Mention, document: Document, content_hash: str) -> Mention:
    """The mention with one more fetch in it; the same object where the fetch says nothing new."""
    fields: dict[str, object] = {}
    published = _published(mention.document, document)
    if _replaces(document, mention.document):
        fields |= {"document": replace(document, **published), "content_hash": content_hash}
    else:
        fields["document"] = replace(mention.document, **published)
    if document.fetched < mention.first_seen:
        fields["first_seen"] = document.fetched
    if document.fetched > mention.last_seen:
        fields |= {"last_seen": document.fetched, "vanished": document.vanished}
    elif document.fetched == mention.last_seen and document.vanished:
        fields["vanished"] = True
    if not (document.vanished or mention.document.vanished) and content_hash != mention.content_hash:
        fields["edited"] = True
    if not set(addresses := addresses_of(document)) <= set(mention.addresses):
        fields["addresses"] = _united(mention.addresses, addresses)
    changed = {name: value for name, value in fields.items() if value != getattr(mention, name)}
    return replace(mention, **changed) if changed else mention


def judged(mention: Mention, judgement: Judgement) -> Mention:
    """The mention with a judgement of its present text; one of another text says nothing about it."""
    return replace(mention, judgement=judgement) if judgement.content_hash == mention.content_hash else mention


def needs_judgement(mention: Mention) -> bool:
    """Whether its present text has not been judged yet."""
    if not mention.document.has_text:
        return False
    return mention.judgement is None or mention.judgement.content_hash != mention.content_hash


def addresses_of(document: Document) -> tuple[str, ...]:
    """The canonical addresses that a document names, sorted."""
    return tuple(sorted({canonical_address(url) for url in (document.url, document.canonical_url) if url}))


def _replaces(new: Document, old: Document) -> bool:
    if new.vanished != old.vanished:
        return old.vanished
    if new.fetched != old.fetched:
        return new.fetched > old.fetched
    new, old = replace(new, published=None, published_precision=""), replace(old, published=None, published_precision="")
    return new != old and new.digest() > old.digest()


def _published(one: Document, other: Document) -> dict[str, Any]:
    """The finer of two times of publication, the earlier of two as fine: `3分钟前` moves on with every fetch, what happened does not."""
    known = [each for each in (one, other) if each.published is not None]
    if not known:
        return {"published_precision": max(one.published_precision, other.published_precision)}  # means nothing; the same in any order
    best = min(known, key=lambda each: (_FINENESS.get(each.published_precision, len(_FINENESS)), each.published))
    return {"published": best.published, "published_precision": best.published_precision}


def _united(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    # The smallest ones, not the first ones: so the bound does not depend on the order either.
    return tuple(sorted({*one, *other})[:MOST_ADDRESSES])
