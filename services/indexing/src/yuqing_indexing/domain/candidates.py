"""Mentions as the matcher sees them, with the same values that the index holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from yuqing_indexing.domain.analysis import Reading
from yuqing_indexing.domain.by_hand import ByHand
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.holds import hold_name
from yuqing_indexing.domain.labels import Labels, region_keys
from yuqing_indexing.domain.reach import reach
from yuqing_indexing.domain.stories import story_name
from yuqing_text.normal import normalize
from yuqing_text.query.highlight import Fragment, highlight
from yuqing_text.query.matcher import Candidate, FieldValue, Matcher, Span

TEXT_FRAGMENTS = 3
FRAGMENT_CHARACTERS = 120
TITLE_CHARACTERS = 2000
"""A title is shown whole."""
HELD = "true"
"""What `held:` finds what is under a legal hold by."""


@dataclass(frozen=True, slots=True)
class _Fields(Mapping[str, FieldValue]):
    """The values of a mention by the names of the query language, made when first asked for: a query names few, and many topics the same."""

    mention: Mention
    _made: dict[str, FieldValue] = field(default_factory=dict[str, FieldValue], init=False, compare=False)

    def __getitem__(self, name: str) -> FieldValue:
        if name not in self._made:
            self._made[name] = _FIELDS[name](self.mention)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in _FIELDS

    def __iter__(self) -> Iterator[str]:
        return iter(_FIELDS)

    def __len__(self) -> int:
        return len(_FIELDS)


def candidate_of(mention: Mention, reading: Reading | None = None) -> Candidate:
    """The mention's texts and the fields that a query may name; `reading` is of its document, where that was read already."""
    document = mention.document
    tokens = {"title": reading.title_tokens, "body": reading.body_tokens} if reading else {}
    return Candidate({"title": document.title, "body": document.text}, _Fields(mention), tokens)


def regions(mention: Mention) -> list[str]:
    """What `region:` finds it by, in normal form: what its page says of its writer, and the places that it was judged to speak of."""
    said = normalize(mention.document.region)
    keys = [said] if said else []
    for region in mention.labels.regions:
        keys.extend(region_keys(region.code, region.name))
    return list(dict.fromkeys(keys))


def states(mention: Mention) -> list[str]:
    """`vanished`, `edited`, both, or `present` where it is neither."""
    named = [name for name, holds in (("vanished", mention.vanished), ("edited", mention.edited)) if holds]
    return named or ["present"]


def highlights(mention: Mention, matcher: Matcher) -> list[tuple[str, Fragment]] | None:
    """The fragments around what matched, each with `title` or `text`; None where the mention does not match."""
    match = matcher.match(candidate_of(mention))
    if match is None:
        return None
    found: list[tuple[str, Fragment]] = []
    if spans := match.spans.get("title"):
        found.extend(("title", fragment) for fragment in _title(mention.document.title, spans))
    if spans := match.spans.get("body"):
        fragments = highlight(mention.document.text, spans, FRAGMENT_CHARACTERS, most=TEXT_FRAGMENTS)
        found.extend(("text", fragment) for fragment in fragments)
    return found


def _title(title: str, spans: tuple[Span, ...]) -> list[Fragment]:
    return highlight(title, spans, TITLE_CHARACTERS, most=1)


def _author(mention: Mention) -> str | None:
    author = mention.document.author
    return normalize(author.display_name) if author and author.display_name else None


def _labels(value: Callable[[Labels], FieldValue]) -> Callable[[Mention], FieldValue]:
    """The value of labels; None where nothing was judged."""
    return lambda mention: value(mention.labels) if mention.judgement else None


def _people(value: Callable[[ByHand], FieldValue]) -> Callable[[Mention], FieldValue]:
    """The value of what people did; None where nobody did anything."""
    return lambda mention: value(mention.by_hand) if mention.by_hand else None


_FIELDS: Final[Mapping[str, Callable[[Mention], FieldValue]]] = {
    "site": lambda mention: normalize(mention.document.site),
    "source": lambda mention: mention.document.source or None,
    "author": _author,
    "language": lambda mention: normalize(mention.language) or None,
    "region": regions,
    "medium": lambda mention: mention.document.medium or None,
    "state": states,
    "published": lambda mention: mention.when,
    "first_seen": lambda mention: mention.first_seen,
    "reach": lambda mention: reach(mention.document),
    "likes": lambda mention: mention.document.counts.likes,
    "comments": lambda mention: mention.document.counts.comments,
    "reposts": lambda mention: mention.document.counts.reposts,
    "rating": lambda mention: mention.document.rating,
    "topic": lambda mention: [match.topic for match in mention.topics],
    "story": lambda mention: story_name(mention.membership.story) if mention.membership else None,
    "influence": lambda mention: mention.assessment.influence if mention.assessment else None,
    "risk": lambda mention: mention.assessment.risk if mention.assessment else None,
    "sentiment": lambda mention: (mention.sentiment or None) if mention.judgement else None,
    "intent": _labels(lambda labels: [label.name for label in labels.intents]),
    "aspect": _labels(lambda labels: [label.name for label in labels.aspects]),
    "focus_area": _labels(lambda labels: [label.name for label in labels.focus_areas]),
    "sensitivity": _labels(lambda labels: [label.name for label in labels.sensitivities]),
    "entity": _labels(lambda labels: [normalize(entity.name) for entity in labels.entities]),
    "offensive": _labels(lambda labels: labels.offensive),
    "triage": _people(lambda by_hand: by_hand.triage.state.value or None),
    "assignee": _people(lambda by_hand: by_hand.triage.assignee or None),
    "tag": _people(lambda by_hand: list(by_hand.triage.tags)),
    "corrected": lambda mention: [each.kind.value for each in mention.counting] if mention.by_hand else None,
    "held": _people(lambda by_hand: HELD if by_hand.holds else None),
    "hold": _people(lambda by_hand: list(map(hold_name, by_hand.holds))),
}
"""Each field that a query may name, with what a mention has of it."""
