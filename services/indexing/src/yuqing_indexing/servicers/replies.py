"""What was found, as messages of the contract."""

from collections.abc import Iterable

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.candidates import highlights
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import Bar, FacetCount, Found, Observed
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.names import FACET
from yuqing_indexing.wire import counts_message, write_mention
from yuqing_text.query.highlight import Fragment
from yuqing_text.query.matcher import Matcher
from yuqing_text.query.tree import Node, widened_words
from yuqing_text.written_forms import as_written

_LARGEST = 2**63 - 1


def write_hit(hit: mention_pb2.Hit, found: Found, matcher: Matcher | None, sight: Sight) -> None:
    """Writes what was found into an empty hit, with the topics in sight; with the places of the query's words where there is a matcher."""
    write_mention(hit.mention, sight.of_mention(found.mention))
    hit.relevance = found.relevance
    hit.story_size = found.story_size
    if matcher is not None:
        _write_highlights(hit.highlights, highlights(found.mention, matcher) or ())


def write_told(told: mention_pb2.WatchMentionsResponse, mention: Mention, matcher: Matcher) -> bool:
    """Writes a new mention, with the places of the query's words, into a message of the stream. False where the mention does not match."""
    found = highlights(mention, matcher)
    if found is None:
        return False
    write_mention(told.mention, mention)
    _write_highlights(told.highlights, found)
    return True


def facet_message(facet: str, count: FacetCount) -> mention_pb2.FacetCounts:
    """A facet's values with their numbers."""
    return mention_pb2.FacetCounts(facet=FACET.number(facet), buckets=bucket_messages(count.buckets), other_size=count.other)


def bucket_messages(buckets: Iterable[tuple[str, int]]) -> list[mention_pb2.Bucket]:
    """Values with their numbers."""
    return [mention_pb2.Bucket(value=value, size=size) for value, size in buckets]


def bar_messages(bars: Iterable[Bar]) -> list[mention_pb2.TimeBar]:
    """Counts over time."""
    return [mention_pb2.TimeBar(start_time=timestamp_of(bar.start), size=bar.size, buckets=bucket_messages(bar.buckets)) for bar in bars]


def word_form_messages(tree: Node) -> list[mention_pb2.WordForms]:
    """The words of a query that are searched in several written forms."""
    return [
        mention_pb2.WordForms(
            start=word.place[0],
            end=word.place[1],
            forms=[as_written(phrase.tokens) for phrase in word.phrases],
            ordinary_words=word.ordinary,
            left_out_size=min(word.left_out, _LARGEST),
        )
        for word in widened_words(tree)
    ]


def observation_message(observed: Observed) -> mention_pb2.Observation:
    """What one fetch saw."""
    return mention_pb2.Observation(
        time=timestamp_of(observed.time),
        content_hash=observed.content_hash,
        counts=counts_message(observed.counts),
        vanished=observed.vanished,
        stored_page=observed.stored_page,
    )


def _write_highlights(messages: RepeatedCompositeFieldContainer[mention_pb2.Highlight], found: Iterable[tuple[str, Fragment]]) -> None:
    for field, fragment in found:
        message = messages.add(field=field, fragment=fragment.text)
        for span in fragment.spans:
            message.spans.add(start=span.start, end=span.end)
