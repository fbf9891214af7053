"""What was found, as messages of the contract."""

from collections.abc import Iterable

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.candidates import highlights
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import FacetCount, Found, Observed
from yuqing_indexing.names import FACET
from yuqing_indexing.wire import counts_message, mention_message, timestamp_of
from yuqing_text.query.highlight import Fragment
from yuqing_text.query.matcher import Matcher


def hit_message(found: Found, matcher: Matcher | None) -> mention_pb2.Hit:
    """A hit; with the places of the query's words where there is a matcher."""
    places = highlight_messages(found.mention, matcher) if matcher else None
    return mention_pb2.Hit(mention=mention_message(found.mention), highlights=places or (), relevance=found.relevance)


def highlight_messages(mention: Mention, matcher: Matcher) -> list[mention_pb2.Highlight] | None:
    """The pieces of title and text that matched; None where the mention does not match."""
    found = highlights(mention, matcher)
    return None if found is None else [_highlight(field, fragment) for field, fragment in found]


def facet_message(facet: str, count: FacetCount) -> mention_pb2.FacetCounts:
    """A facet's values with their numbers."""
    return mention_pb2.FacetCounts(facet=FACET.number(facet), buckets=bucket_messages(count.buckets), other_size=count.other)


def bucket_messages(buckets: Iterable[tuple[str, int]]) -> list[mention_pb2.Bucket]:
    """Values with their numbers."""
    return [mention_pb2.Bucket(value=value, size=size) for value, size in buckets]


def observation_message(observed: Observed) -> mention_pb2.Observation:
    """What one fetch saw."""
    return mention_pb2.Observation(
        time=timestamp_of(observed.time),
        content_hash=observed.content_hash,
        counts=counts_message(observed.counts),
        vanished=observed.vanished,
        stored_page=observed.stored_page,
    )


def _highlight(field: str, fragment: Fragment) -> mention_pb2.Highlight:
    spans = [mention_pb2.Span(start=span.start, end=span.end) for span in fragment.spans]
    return mention_pb2.Highlight(field=field, fragment=fragment.text, spans=spans)
