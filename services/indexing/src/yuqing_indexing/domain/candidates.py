"""Mentions as the matcher sees them, with the same values that the index holds."""

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


def candidate_of(mention: Mention, reading: Reading | None = None) -> Candidate:
    """The mention's texts and the fields that a query may name; `reading` is of its document, where that was read already."""
    document = mention.document
    fields: dict[str, FieldValue] = {
        "site": normalize(document.site),
        "source": document.source or None,
        "author": normalize(document.author.display_name) if document.author and document.author.display_name else None,
        "language": normalize(mention.language) or None,
        "region": regions(mention),
        "medium": document.medium or None,
        "state": states(mention),
        "published": mention.when,
        "first_seen": mention.first_seen,
        "reach": reach(document),
        "likes": document.counts.likes,
        "comments": document.counts.comments,
        "reposts": document.counts.reposts,
        "rating": document.rating,
        "topic": [match.topic for match in mention.topics],
        "story": story_name(mention.membership.story) if mention.membership else None,
    }
    if mention.assessment:
        fields |= {"influence": mention.assessment.influence, "risk": mention.assessment.risk}
    if mention.judgement:
        fields |= {"sentiment": mention.sentiment or None, **_label_values(mention.labels)}
    if mention.by_hand:
        fields |= _people_values(mention, mention.by_hand)
    tokens = {"title": reading.title_tokens, "body": reading.body_tokens} if reading else {}
    return Candidate({"title": document.title, "body": document.text}, fields, tokens)


def regions(mention: Mention) -> list[str]:
    """What `region:` finds it by, in normal form: what its page says of its writer, and the places that it was judged to speak of."""
    said = normalize(mention.document.region)
    keys = [said] if said else []
    for region in mention.labels.regions:
        keys.extend(region_keys(region.code, region.name))
    return list(dict.fromkeys(keys))


def _people_values(mention: Mention, by_hand: ByHand) -> dict[str, FieldValue]:
    triage = by_hand.triage
    return {
        "triage": triage.state.value or None,
        "assignee": triage.assignee or None,
        "tag": list(triage.tags),
        "corrected": [each.kind.value for each in mention.counting],
        "held": HELD if by_hand.holds else None,
        "hold": list(map(hold_name, by_hand.holds)),
    }


def _label_values(labels: Labels) -> dict[str, FieldValue]:
    return {
        "intent": [label.name for label in labels.intents],
        "aspect": [label.name for label in labels.aspects],
        "focus_area": [label.name for label in labels.focus_areas],
        "sensitivity": [label.name for label in labels.sensitivities],
        "entity": [normalize(entity.name) for entity in labels.entities],
        "offensive": labels.offensive,
    }


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
