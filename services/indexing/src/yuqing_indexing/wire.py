"""Messages of the contract to the domain's values and back; pure functions, the only ones that know both."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from yuqing.indexing.v1 import document_pb2, mention_pb2
from yuqing.scoring.v1 import topic_pb2
from yuqing_indexing.domain.document import NO_COUNTS, Author, Counts, Document, Image, Judgement, Mention, TopicMatch
from yuqing_indexing.domain.topics import Told, Watched
from yuqing_indexing.names import ITEM_KIND, MEDIUM, PRECISION, SENTIMENT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(timestamp: Timestamp) -> datetime:
    """The moment to the millisecond, which is what the index keeps."""
    return _EPOCH + timedelta(0, timestamp.seconds, 0, timestamp.nanos // 1_000_000)


def timestamp_of(moment: datetime) -> Timestamp:
    """The moment as the contract has it."""
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


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


def document_message(document: Document) -> document_pb2.Document:
    """The document as the contract has it."""
    return document_pb2.Document(
        source=document.source,
        source_kind=document.source_kind,
        medium=MEDIUM.number(document.medium),
        site=document.site,
        native_id=document.native_id,
        url=document.url,
        canonical_url=document.canonical_url,
        item_kind=ITEM_KIND.number(document.item_kind),
        title=document.title,
        text=document.text,
        author=_author_message(document.author) if document.author else None,
        outlet=document.outlet,
        published_time=timestamp_of(document.published) if document.published else None,
        published_precision=PRECISION.number(document.published_precision),
        fetched_time=timestamp_of(document.fetched),
        language=document.language,
        region=document.region,
        images=[document_pb2.Image(url=image.url, sha256=image.sha256) for image in document.images],
        counts=counts_message(document.counts),
        rating=document.rating,
        product=document.product,
        reply_to=document.reply_to,
        repost_of=document.repost_of,
        stored_page=document.stored_page,
        vanished=document.vanished,
        origin=document.origin,
    )


def mention_message(mention: Mention) -> mention_pb2.Mention:
    """The mention as the contract has it; its language is what the page says or else what scoring found."""
    document = document_message(mention.document)
    document.language = mention.language
    return mention_pb2.Mention(
        name=f"mentions/{mention.id}",
        document=document,
        judgement=_judgement_message(mention.judgement) if mention.judgement else None,
        first_seen_time=timestamp_of(mention.first_seen),
        last_seen_time=timestamp_of(mention.last_seen),
        edited=mention.edited,
        vanished=mention.vanished,
        content_hash=mention.content_hash,
        aliases=mention.aliases,
        topics=[_topic_message(match) for match in mention.topics],
    )


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
    )
    return Told(watched, change.deleted, topic.department, tuple(topic.shared_with))


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
    return document_pb2.Counts(likes=counts.likes, comments=counts.comments, reposts=counts.reposts, views=counts.views)


def _author_of(message: document_pb2.Author) -> Author:
    followers = message.followers if message.HasField("followers") else None
    return Author(message.display_name, message.native_id, followers, message.verified)


def _author_message(author: Author) -> document_pb2.Author:
    return document_pb2.Author(display_name=author.display_name, native_id=author.native_id, followers=author.followers, verified=author.verified)


def span_messages(spans: Iterable[tuple[int, int]]) -> list[mention_pb2.Span]:
    """Spans as the contract has them."""
    return [mention_pb2.Span(start=start, end=end) for start, end in spans]


def _topic_message(match: TopicMatch) -> mention_pb2.TopicMatch:
    return mention_pb2.TopicMatch(topic=match.topic, title_spans=span_messages(match.title), text_spans=span_messages(match.text))


def _judgement_message(judgement: Judgement) -> mention_pb2.Judgement:
    return mention_pb2.Judgement(
        sentiment=SENTIMENT.number(judgement.sentiment),
        negative=judgement.negative,
        neutral=judgement.neutral,
        positive=judgement.positive,
        model=judgement.model,
        model_version=judgement.model_version,
        time=timestamp_of(judgement.time),
    )
