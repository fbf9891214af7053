"""Finds the block that is the article's body and gives its paragraphs, without what stands around and between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.lines import Line, Page, Span, is_hidden

_ENOUGH_CHARS = 60
"""So many characters of sentences outside of everything named as aside, and those names are believed."""
_MARKED_SHARE = 0.5
_FEWEST_TEASERS = 3


@dataclass(frozen=True, slots=True)
class Body:
    """The chosen block: `lines` are its own without asides and link lists, `start` is where it begins on the page.

    `share` is the part of the page's sentences that it holds; a low one means that the choice is doubtful.
    """

    element: HtmlElement
    lines: tuple[Line, ...]
    start: int
    end: int
    share: float

    @property
    def chars(self) -> int:
        """Characters of its lines."""
        return sum(line.chars for line in self.lines)


def find_body(page: Page) -> Body | None:
    """The block whose sentences outweigh its links and labels the most; None where no block has a sentence."""
    values = [line.value for line in page.lines]
    left_out = _left_out(page, values)
    for span in left_out:
        values[span.start : span.end] = [min(value, 0) for value in values[span.start : span.end]]
    sums = [0, *accumulate(values)]
    positive = sum(value for value in values if value > 0)
    if not page.spans or positive <= 0:
        return None
    best = max(page.spans, key=lambda span: (sums[span.end] - sums[span.start], span.depth))
    chosen = _marked(page.spans, sums, sums[best.end] - sums[best.start]) or best
    outside = {index for span in [*left_out, *_link_lists(page, chosen)] for index in range(span.start, span.end)}
    lines = [page.lines[index] for index in range(chosen.start, chosen.end) if index not in outside]
    kept = sum(value for value in values[chosen.start : chosen.end] if value > 0)
    return Body(chosen.element, tuple(lines), chosen.start, chosen.end, kept / positive)


def _left_out(page: Page, values: Sequence[int]) -> list[Span]:
    """The asides to believe. A page whose whole text is 'hidden' or in a block called `share` is read all the same."""
    gains = [0, *accumulate(max(value, 0) for value in values)]
    headline = next((index for index, line in enumerate(page.lines) if line.element.tag == "h1"), -1)
    believed = (span for span in page.asides if not (span.start <= headline < span.end) or is_hidden(span.element))
    asides = sorted(believed, key=lambda span: gains[span.end] - gains[span.start])
    while asides and gains[-1] - _covered(asides, gains) < _ENOUGH_CHARS:
        asides.pop()
    return asides


def _covered(spans: Sequence[Span], gains: Sequence[int]) -> int:
    """What nested or separate spans cover together."""
    total = end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            total += gains[span.end] - gains[span.start]
            end = span.end
    return total


def _marked(spans: Sequence[Span], sums: Sequence[int], best: int) -> Span | None:
    """The block that the page itself marks as the article's body, if it holds about as much as the best."""
    for span in spans:
        if span.element.get("itemprop") == "articleBody" and sums[span.end] - sums[span.start] >= best * _MARKED_SHARE:
            return span
    return None


def _link_lists(page: Page, within: Span) -> list[Span]:
    """Blocks of the body that are mostly links, or lists of links with a word to each: related articles, tags, tables of contents."""
    whole = sum(line.chars for line in page.lines[within.start : within.end])
    found: list[Span] = []
    for span in page.spans:
        if within.start <= span.start and span.end <= within.end and span.element is not within.element:
            lines = page.lines[span.start : span.end]
            links = sum(line.is_link for line in lines)
            chars = sum(line.chars for line in lines)
            teasers = links >= _FEWEST_TEASERS and links * 4 >= len(lines) and chars * 10 < whole * 4
            if teasers or sum(line.link_chars for line in lines) * 2 > chars:
                found.append(span)
    return found
