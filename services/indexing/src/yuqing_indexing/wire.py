"""Messages of the contract to the domain's values and back; pure functions, the only ones that know both."""

from collections.abc import Iterable
from operator import attrgetter

from yuqing.indexing.v1 import document_pb2, mention_pb2
from yuqing.scoring.v1 import topic_pb2
from yuqing.type.v1 import types_pb2
from yuqing_indexing.assessment_wire import write_assessment
from yuqing_indexing.domain.document import NO_COUNTS, Author, Counts, Document, Image, Judgement, Membership, Mention
from yuqing_indexing.domain.stories import story_name
from yuqing_indexing.domain.topics import Told, Watched
from yuqing_indexing.moments import moment_of, write_moment
from yuqing_indexing.names import ITEM_KIND, MEDIUM, PRECISION, SENTIMENT
from yuqing_indexing.people_wire import write_people


def document_of(message: document_pb2.Document) -> Document:
    """The document as the rules see it; times to the millisecond."""
    return Document(
        source=message.source,
        site=message.site,
        fetched=moment_of(message.fetched_time),
        source_kind=message.source_kind,
        medium=MEDIUM.name(message.medium),
        native_id=message.native_id,
        url=message.url,
        canonical_url=message.canonical_url,
        item_kind=ITEM_KIND.name(message.item_kind),
        title=message.title,
        text=message.text,
        author=_author_of(message.author) if message.HasField("author") else None,
        outlet=message.outlet,
        published=moment_of(message.published_time) if message.HasField("published_time") else None,
        published_precision=PRECISION.name(message.published_precision),
        language=message.language,
        region=message.region,
        images=tuple(Image(image.url, image.sha256) for image in message.images) if message.images else (),
        counts=counts_of(message.counts) if message.HasField("counts") else NO_COUNTS,
        rating=message.rating if message.HasField("rating") else None,
        product=message.product,
        reply_to=message.reply_to,
        repost_of=message.repost_of,
        stored_page=message.stored_page,
        vanished=message.vanished,
        origin=message.origin,
    )


_COPIED = (
    "source",
    "source_kind",
    "site",
    "native_id",
    "url",
    "canonical_url",
    "title",
    "text",
    "outlet",
    "region",
    "product",
    "reply_to",
    "repost_of",
    "stored_page",
    "vanished",
    "origin",
)
"""Fields that a document and its message have alike."""
_copied = attrgetter(*_COPIED)


def mention_message(mention: Mention) -> mention_pb2.Mention:
    """The mention as the contract has it."""
    message = mention_pb2.Mention()
    write_mention(message, mention)
    return message


def write_mention(message: mention_pb2.Mention, mention: Mention) -> None:
    """Writes the mention into an empty message; its language is what the page says or else what scoring found.

    In place, because a message that is given to another one is copied: hits would be copied whole three times over.
    """
    message.name = f"mentions/{mention.id}"
    _write_document(message.document, mention.document)
    if language := mention.language:
        message.document.language = language
    if mention.judgement:
        _write_judgement(message.judgement, mention.judgement)
    write_moment(message.first_seen_time, mention.first_seen)
    write_moment(message.last_seen_time, mention.last_seen)
    message.edited = mention.edited
    message.vanished = mention.vanished
    message.content_hash = mention.content_hash
    if mention.addresses:
        message.aliases.extend(mention.aliases)
    if mention.membership:
        _write_membership(message, mention.membership)
    write_people(message, mention)
    if mention.assessment:
        write_assessment(message, mention.assessment)
    for match in mention.topics:
        message.topics.add(topic=match.topic, title_spans=span_messages(match.title), text_spans=span_messages(match.text))


def _write_membership(message: mention_pb2.Mention, membership: Membership) -> None:
    message.story = story_name(membership.story)
    message.copy = membership.copy
    for each in membership.related:
        message.related_stories.add(story=story_name(each.story), share=each.share)


def _write_document(message: document_pb2.Document, document: Document) -> None:
    for name, value in zip(_COPIED, _copied(document), strict=True):
        if value:
            setattr(message, name, value)
    message.medium = MEDIUM.number(document.medium)
    message.item_kind = ITEM_KIND.number(document.item_kind)
    message.published_precision = PRECISION.number(document.published_precision)
    write_moment(message.fetched_time, document.fetched)
    if document.published is not None:
        write_moment(message.published_time, document.published)
    if document.author is not None:
        _write_author(message.author, document.author)
    if document.counts != NO_COUNTS:
        _write_counts(message.counts, document.counts)
    if document.rating is not None:
        message.rating = document.rating
    for image in document.images:
        message.images.add(url=image.url, sha256=image.sha256)


def topic_told(change: topic_pb2.WatchTopicsResponse) -> Told:
    """What the feed of topics tells."""
    topic = change.topic
    watched = Watched(
        topic.name,
        topic.query,
        topic.language,
        moment_of(topic.start_time) if topic.HasField("start_time") else None,
        moment_of(topic.end_time) if topic.HasField("end_time") else None,
        topic.paused,
        synonyms=synonym_lists(topic.synonyms),
    )
    return Told(watched, change.deleted, topic.department, tuple(topic.shared_with))


def synonym_lists(lists: Iterable[topic_pb2.SynonymList]) -> tuple[tuple[str, ...], ...]:
    """The terms of each list."""
    return tuple(tuple(each.terms) for each in lists)


def mention_id_of(name: str) -> str:
    """The id in a resource name whose form the contract's rule has checked."""
    return name.removeprefix("mentions/")


def counts_of(message: document_pb2.Counts) -> Counts:
    """The counts that are known."""
    return Counts(
        likes=message.likes if message.HasField("likes") else None,
        comments=message.comments if message.HasField("comments") else None,
        reposts=message.reposts if message.HasField("reposts") else None,
        views=message.views if message.HasField("views") else None,
    )


def counts_message(counts: Counts) -> document_pb2.Counts | None:
    """The counts as the contract has them; None where none is known."""
    if counts == NO_COUNTS:
        return None
    message = document_pb2.Counts()
    _write_counts(message, counts)
    return message


def span_messages(spans: Iterable[tuple[int, int]]) -> list[mention_pb2.Span]:
    """Spans as the contract has them."""
    return [mention_pb2.Span(start=start, end=end) for start, end in spans]


def _write_counts(message: document_pb2.Counts, counts: Counts) -> None:
    for name in counts.__slots__:
        if (value := getattr(counts, name)) is not None:
            setattr(message, name, value)


def _author_of(message: document_pb2.Author) -> Author:
    followers = message.followers if message.HasField("followers") else None
    return Author(message.display_name, message.native_id, followers, message.verified)


def _write_author(message: document_pb2.Author, author: Author) -> None:
    message.display_name = author.display_name
    message.native_id = author.native_id
    message.verified = author.verified
    if author.followers is not None:
        message.followers = author.followers


def _write_judgement(message: mention_pb2.Judgement, judgement: Judgement) -> None:
    message.sentiment = SENTIMENT.number(judgement.sentiment)
    message.negative = judgement.negative
    message.neutral = judgement.neutral
    message.positive = judgement.positive
    message.model = judgement.model
    message.model_version = judgement.model_version
    write_moment(message.time, judgement.time)
    message.stage = types_pb2.STAGE_FULL if judgement.full else types_pb2.STAGE_FAST
