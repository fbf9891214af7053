"""Where a text names entities and regions → messages, pure functions."""

from collections.abc import Iterator

from yuqing.scoring.v1 import scoring_pb2
from yuqing_scoring.domain.names import FoundNames
from yuqing_scoring.label_wire import entity_of, region_of


def name_spans(names: FoundNames, text_starts: int, title_length: int) -> tuple[list[scoring_pb2.NameSpan], list[scoring_pb2.NameSpan]]:
    """Those of the title and those of the text, each in its order and in its own code points; a name across both is told with the title."""
    spans = sorted(_spans(names), key=lambda span: (span.start, span.end))
    title = [span for span in spans if span.start < text_starts]
    text = [span for span in spans if span.start >= text_starts]
    for span in title:
        span.end = min(span.end, title_length)
    for span in text:
        span.start -= text_starts
        span.end -= text_starts
    return title, text


def _spans(names: FoundNames) -> Iterator[scoring_pb2.NameSpan]:
    for found in names.entities:
        for start, end in found.spans:
            yield scoring_pb2.NameSpan(start=start, end=end, entity=entity_of(found.entity))
    for (start, end), region in names.region_spans():
        yield scoring_pb2.NameSpan(start=start, end=end, region=region_of(region))
