"""Cuts the fragments of a text around the words that a query found, for the list of hits."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from yuqing_text.query.matcher import Span

MOST_FRAGMENTS = 3
_LEAD_SHARE = 3
"""A fragment begins at most a third of its length before its first span."""
_SENTENCE_END = re.compile(r"[。！？!?；;\n]\s*")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text with the spans in it, [start, end) in code points of the piece. `start` is where it begins in the text."""

    text: str
    spans: tuple[Span, ...]
    start: int


def highlight(text: str, spans: Iterable[Span], fragment_characters: int = 120, *, most: int = MOST_FRAGMENTS) -> list[Fragment]:
    """At most `most` fragments of at most `fragment_characters` with the first spans, in the text's order; none without spans.

    Spans that touch or overlap become one; one that is longer than a fragment is cut.
    """
    fragments: list[Fragment] = []
    left = _merged(spans)
    while left and len(fragments) < most:
        begun = fragments[-1].start + len(fragments[-1].text) if fragments else 0
        start = _beginning(text, left[0], begun, fragment_characters)
        end = min(len(text), start + fragment_characters)
        inside = [span for span in left if span.start < end and (span.end <= end or span is left[0])]
        if len(inside) < len(left):
            end = min(end, left[len(inside)].start)
        fragments.append(Fragment(text[start:end], tuple(Span(span.start - start, min(span.end, end) - start) for span in inside), start))
        left = left[len(inside) :]
    return fragments


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _beginning(text: str, first: Span, earliest: int, fragment_characters: int) -> int:
    """Where the fragment with `first` begins: the text's start if it fits, a sentence's start if one is near, else some way before."""
    if earliest == 0 and first.end <= fragment_characters and len(text) <= fragment_characters:
        return 0
    lead = max(0, min(fragment_characters - (first.end - first.start), fragment_characters // _LEAD_SHARE))
    start = max(earliest, first.start - lead)
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, start, first.start)]
    return sentences[-1] if sentences else start
