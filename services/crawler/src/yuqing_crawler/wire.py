"""Messages ↔ domain: documents. Pure functions."""

from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from yuqing.indexing.v1 import document_pb2
from yuqing.type.v1 import types_pb2
from yuqing_crawler.domain.document import Author, Counts, Document, ItemKind, Precision

_ITEM_KINDS: Final = {
    ItemKind.ARTICLE: document_pb2.ITEM_KIND_ARTICLE,
    ItemKind.POST: document_pb2.ITEM_KIND_POST,
    ItemKind.COMMENT: document_pb2.ITEM_KIND_COMMENT,
    ItemKind.REVIEW: document_pb2.ITEM_KIND_REVIEW,
}
_PRECISIONS: Final = {
    Precision.SECOND: types_pb2.TIME_PRECISION_SECOND,
    Precision.MINUTE: types_pb2.TIME_PRECISION_MINUTE,
    Precision.DAY: types_pb2.TIME_PRECISION_DAY,
}
_COUNTS: Final = ("likes", "comments", "reposts", "views")
LARGEST_COUNT: Final = 2**62
LONGEST_URL: Final = 8192
MOST_IMAGES: Final = 200


def timestamp(moment: datetime) -> Timestamp:
    """The contract's form of a moment."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def medium_number(name: str) -> "types_pb2.Medium.ValueType":
    """The contract's number of a medium by its word (`news`); unspecified for one that is not known."""
    return types_pb2.Medium.Value(f"MEDIUM_{name.upper()}") if f"MEDIUM_{name.upper()}" in types_pb2.Medium.keys() else types_pb2.MEDIUM_UNSPECIFIED  # noqa: SIM118


def medium_name(number: int) -> str:
    """The word of a medium (`news`); empty for none."""
    return types_pb2.Medium.Name(types_pb2.Medium.ValueType(number)).removeprefix("MEDIUM_").lower() if number else ""


def document_message(document: Document, *, source: str, source_kind: str, medium: int, fetched_at: datetime | None = None) -> document_pb2.Document:
    """The contract's form, cut to the contract's limits. `medium` is the source's and counts where the document names none."""
    message = document_pb2.Document(
        source=source,
        source_kind=source_kind,
        medium=medium_number(document.medium) or types_pb2.Medium.ValueType(medium),
        site=document.site[:253],
        native_id=document.native_id[:512],
        url=_url(document.url),
        canonical_url=_url(document.canonical_url),
        item_kind=_ITEM_KINDS[document.item_kind],
        title=_clean(document.title)[:2000],
        text=_clean(document.text)[:1_000_000],
        author=_author(document.author),
        outlet=_clean(document.outlet)[:500],
        language=document.language[:35],
        region=_clean(document.region)[:100],
        images=[document_pb2.Image(url=image.url, sha256=image.sha256) for image in document.images[:MOST_IMAGES] if _url(image.url)],
        counts=_counts(document.counts),
        product=_clean(document.product)[:500],
        reply_to=_clean(document.reply_to)[:8192],
        repost_of=_clean(document.repost_of)[:8192],
    )
    if document.published_at is not None:
        message.published_time.FromDatetime(document.published_at)
        message.published_precision = _PRECISIONS[document.published_precision or Precision.SECOND]
    if document.rating is not None and 0 <= document.rating <= 5:
        message.rating = document.rating
    if fetched_at is not None:
        message.fetched_time.FromDatetime(fetched_at)
    return message


def bare(message: document_pb2.Document) -> document_pb2.Document:
    """What a document says, without when and from which stored page it was read: two readings of the same are equal."""
    copy = document_pb2.Document()
    copy.CopyFrom(message)
    for name in ("fetched_time", "stored_page", "origin"):
        copy.ClearField(name)
    return copy


def vanished(before: document_pb2.Document) -> document_pb2.Document:
    """A known mention whose page is gone."""
    message = bare(before)
    message.ClearField("text")
    message.vanished = True
    return message


def with_counts(before: document_pb2.Document, counts: Counts) -> document_pb2.Document:
    """A known mention of which only the counts were to be seen again."""
    message = bare(before)
    seen = _counts(counts)
    if seen is not None:
        message.counts.MergeFrom(seen)
    return message


def same_mention(before: document_pb2.Document, now: document_pb2.Document) -> document_pb2.Document:
    """A mention as it is now under the identity that it had; what its own page does not say stays as it was known."""
    message = bare(now)
    for name in ("site", "native_id", "url", "canonical_url", "item_kind", "medium"):
        setattr(message, name, getattr(before, name))
    for name in ("title", "outlet", "region", "language", "product", "reply_to", "repost_of"):
        if not getattr(message, name):
            setattr(message, name, getattr(before, name))
    if not message.text:
        message.text = before.text
    if not message.HasField("published_time") and before.HasField("published_time"):
        message.published_time.CopyFrom(before.published_time)
        message.published_precision = before.published_precision
    for name in ("author", "counts"):
        kept = getattr(bare(before), name)
        kept.MergeFrom(getattr(message, name))
        if before.HasField(name) or message.HasField(name):
            getattr(message, name).CopyFrom(kept)
    return message


def _url(url: str) -> str:
    """An address that is too long to be one is left out: cut, it would lead elsewhere."""
    return _clean(url) if len(url) <= LONGEST_URL else ""


def _clean(text: str) -> str:
    """Without lone surrogates, which are no text and which the wire refuses."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _author(author: Author) -> document_pb2.Author | None:
    if author == Author():
        return None
    return document_pb2.Author(
        display_name=_clean(author.display_name)[:500],
        native_id=_clean(author.native_id)[:512],
        followers=None if author.followers is None else min(max(author.followers, 0), LARGEST_COUNT),
        verified=author.verified,
    )


def _counts(counts: Counts) -> document_pb2.Counts | None:
    known = {name: getattr(counts, name) for name in _COUNTS}
    if all(value is None for value in known.values()):
        return None
    return document_pb2.Counts(**{name: None if value is None else min(max(value, 0), LARGEST_COUNT) for name, value in known.items()})
