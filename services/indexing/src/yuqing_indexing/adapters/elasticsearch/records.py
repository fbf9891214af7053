"""Mentions and observations as JSON objects of the index, and back. Fields that a newer version wrote are left alone here and ignored."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from yuqing_indexing.adapters.elasticsearch.by_hand_records import DERIVED_OF_PEOPLE, by_hand_fields, by_hand_of
from yuqing_indexing.adapters.elasticsearch.label_records import DERIVED_OF_LABELS, label_fields, labels_of
from yuqing_indexing.domain.analysis import Analysis
from yuqing_indexing.domain.assessing import assess
from yuqing_indexing.domain.candidates import regions, states
from yuqing_indexing.domain.document import Assessment, Author, Counts, Document, Image, Judgement, Membership, Mention, Related, TopicMatch
from yuqing_indexing.domain.heat import heat
from yuqing_indexing.domain.labels import NO_LABELS
from yuqing_indexing.domain.ports import Sighting
from yuqing_indexing.domain.reach import reach
from yuqing_indexing.domain.second_look import priority
from yuqing_indexing.domain.stories import story_id_of, story_name
from yuqing_indexing.domain.topics import generation_key
from yuqing_indexing.domain.weights import SHIPPED, Weights

Record = dict[str, Any]
"""What `_source` holds: only the index's JSON knows its types."""

DERIVED = (
    "title_tokens",
    "body_tokens",
    "words",
    "author_normal",
    "region_normal",
    "tiebreak",
    "topic",
    "topic_generation",
    "related_story",
    "heat",
    "second_look",
    *DERIVED_OF_LABELS,
    *DERIVED_OF_PEOPLE,
)
"""Fields that are made of others: they need not be read back."""
UNREAD = (*DERIVED, "text", "images", "topic_spans")
"""Those, and the large ones: what need not be read where thousands of mentions are looked at."""
_PLAIN = (
    "source",
    "source_kind",
    "medium",
    "native_id",
    "url",
    "canonical_url",
    "item_kind",
    "title",
    "text",
    "outlet",
    "published_precision",
    "region",
    "product",
    "reply_to",
    "repost_of",
    "stored_page",
    "origin",
)
_COUNTS = ("likes", "comments", "reposts", "views")
_JUDGED = ("content_hash", "sentiment", "negative", "neutral", "positive", "language", "model", "model_version", "time", "full")


def tiebreak(mention_id: str) -> int:
    """Orders mentions that are equal in all else, so that pages neither lose nor repeat one: the first 60 bits of the id."""
    return int(mention_id[:15], 16)


def mention_record(mention: Mention, analysis: Analysis, weights: Weights = SHIPPED) -> Record:
    """The whole object of a mention; what is empty is left out."""
    document = mention.document
    record: Record = {
        "title_tokens": analysis.title_tokens,
        "body_tokens": analysis.body_tokens,
        "words": analysis.words,
        "site": analysis.site,
        "when": mention.when,
        "first_seen": mention.first_seen,
        "last_seen": mention.last_seen,
        "fetched": document.fetched,
        "state": states(mention),
        "reach": reach(document),
        "heat": heat(document.counts),
        "tiebreak": tiebreak(mention.id),
        "content_hash": mention.content_hash,
        "addresses": mention.addresses,
    }
    for name in _PLAIN:
        if value := getattr(document, name):
            record[name] = value
    _add_counts(record, document.counts)
    if analysis.site != document.site:
        record["page_site"] = document.site
    if analysis.language:
        record["language"] = analysis.language
    if document.language:
        record["page_language"] = document.language
    for name, value in (("published", document.published), ("rating", document.rating), ("gone_when_fetched", document.vanished or None)):
        if value is not None:
            record[name] = value
    if author := document.author:
        record |= _author_fields(author, analysis)
    if places := regions(mention):
        record["region_normal"] = places
    if document.images:
        record["images"] = [_plain(image) for image in document.images]
    return record | _judged_fields(mention) | _assessed_fields(assess(mention, weights))


def mention_of(mention_id: str, record: Mapping[str, Any]) -> Mention:
    """The mention that an object describes, whether or not the derived fields were read with it."""
    writer = record.get("writer")
    document = Document(
        site=record.get("page_site", record["site"]),
        fetched=moment_of(record["fetched"]),
        author=Author(**writer) if writer else None,
        published=moment_of(record["published"]) if "published" in record else None,
        language=record.get("page_language", ""),
        images=tuple(Image(**image) for image in record.get("images", ())),
        counts=counts_of(record),
        rating=record.get("rating"),
        vanished=record.get("gone_when_fetched", False),
        **{name: record.get(name, "") for name in _PLAIN},
    )
    return Mention(
        id=mention_id,
        document=document,
        content_hash=record["content_hash"],
        first_seen=moment_of(record["first_seen"]),
        last_seen=moment_of(record["last_seen"]),
        edited="edited" in record["state"],
        vanished="vanished" in record["state"],
        addresses=tuple(record.get("addresses", ())),
        judgement=_judgement(record),
        topics=tuple(_topic_match(topic, found) for topic, found in record.get("topic_spans", {}).items()),
        membership=_membership(record),
        by_hand=by_hand_of(record["by_hand"]) if "by_hand" in record else None,
        assessment=Assessment(record["influence"], record["risk"], record["weights"]) if "weights" in record else None,
    )


def sighting_record(sighting: Sighting) -> Record:
    """The object of an observation."""
    document = sighting.document
    record: Record = {"mention": sighting.mention, "time": document.fetched}
    _add_counts(record, document.counts)
    if document.vanished:
        record["vanished"] = True
    else:
        record["content_hash"] = sighting.content_hash
    if document.stored_page:
        record["stored_page"] = document.stored_page
    return record


def _judged_fields(mention: Mention) -> Record:
    record: Record = {}
    if judgement := mention.judgement:
        record |= {"judgement": {name: getattr(judgement, name) for name in _JUDGED}}
        record |= label_fields(mention.labels)
        if mention.counting:
            record["labels"] = label_fields(judgement.labels)["labels"]  # what was judged stays beside what counts
    if sentiment := mention.sentiment:
        record["sentiment"] = sentiment
    record |= by_hand_fields(mention)
    if (urgency := priority(mention)) is not None:
        record["second_look"] = urgency
    if mention.topics:
        record |= _topic_fields(mention.topics)
    if mention.membership:
        record |= _story_fields(mention.membership)
    return record


def _assessed_fields(assessment: Assessment) -> Record:
    return {"influence": assessment.influence, "risk": assessment.risk, "weights": assessment.version}


def _topic_fields(topics: Sequence[TopicMatch]) -> Record:
    """`topic` is searched for, `topic_generation` tells which matches are of an older query, `topic_spans` is all of it."""
    return {
        "topic": [match.topic for match in topics],
        "topic_generation": [generation_key(match.topic, match.generation) for match in topics],
        "topic_spans": {match.topic: {"generation": match.generation, "title": match.title, "text": match.text} for match in topics},
    }


def _story_fields(membership: Membership) -> Record:
    """`related_story` is searched for, `related` has the shares as well."""
    record: Record = {"story": story_name(membership.story), "copy": membership.copy}
    if membership.size > 1:
        record["story_size"] = membership.size
    if membership.related:
        record["related_story"] = [story_name(each.story) for each in membership.related]
        record["related"] = [{"story": each.story, "share": each.share} for each in membership.related]
    return record


def _judgement(record: Mapping[str, Any]) -> Judgement | None:
    """Labels are kept beside the judgement: a version that did not know them reads the rest."""
    if (judged := record.get("judgement")) is None:
        return None
    labels = labels_of(record["labels"]) if "labels" in record else NO_LABELS
    return Judgement(**(judged | {"time": moment_of(judged["time"]), "labels": labels}))


def _membership(record: Mapping[str, Any]) -> Membership | None:
    if "story" not in record:
        return None
    related = tuple(Related(each["story"], each["share"]) for each in record.get("related", ()))
    return Membership(story_id_of(record["story"]), record["copy"], related, record.get("story_size", 1))


def _topic_match(topic: str, found: Mapping[str, Any]) -> TopicMatch:
    title, text = (tuple((start, end) for start, end in found[part]) for part in ("title", "text"))
    return TopicMatch(topic, found["generation"], title, text)


def _plain(value: Author | Image) -> Record:
    """As `dataclasses.asdict`, which copies every value and takes ten times as long."""
    return {name: getattr(value, name) for name in value.__slots__}


def _author_fields(author: Author, analysis: Analysis) -> Record:
    named = {"author": author.display_name, "author_normal": analysis.author} if author.display_name else {}
    return {"writer": _plain(author), **named}


def _add_counts(record: Record, counts: Counts) -> None:
    for name in _COUNTS:
        value = getattr(counts, name)
        if value is not None:
            record[name] = value


def counts_of(record: Mapping[str, Any]) -> Counts:
    """The counts that an object names."""
    return Counts(*(record.get(name) for name in _COUNTS))


def moment_of(text: str) -> datetime:
    """The moment that an object's text names."""
    return datetime.fromisoformat(text).astimezone(UTC)
