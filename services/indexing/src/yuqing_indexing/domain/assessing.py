"""How far a mention goes, and how much it should be looked at: influence and risk from 0 to 100, each the sum of its parts."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from yuqing_indexing.domain import indexes
from yuqing_indexing.domain.document import Assessment, Counts, Document, Mention
from yuqing_indexing.domain.labels import NO_LABELS, Label
from yuqing_indexing.domain.reach import is_reach_known, reach
from yuqing_indexing.domain.speed import speed_since_publication
from yuqing_indexing.domain.weights import Measure, Part, Weights, score_of

_MOST_FOLLOWERS, _MOST_REACH, _MOST_SPEED, _MOST_COPIES = 8, 7, 4, 3
"""Decimal logarithms of what gives full value: 100 million followers, 10 million readers, 10,000 interactions an hour, 1,000 mentions."""
_OBJECTIONS: Final = frozenset({"complaint", "tip_off"})
_PROBABILITY: Final = "probability"
_SAID: Final = "as a person said"
_FOLLOWERS: Final = "lg(1 + followers) ÷ 8"
_MEDIUM: Final = "the weight of its medium, as followers are not known"
_VERIFIED: Final = "a verified account weighs at least as a news outlet"
_REACH: Final = "lg(1 + reach) ÷ 7; reach is views, or else the larger of 5 % of followers and 20 × interactions"
_INFLUENCE: Final = "influence ÷ 100"
_SPEED: Final = "lg(1 + interactions an hour since publication) ÷ 4"
_SPREAD: Final = "lg(mentions of its story when it was written last) ÷ 3"
_UNVERIFIED: Final = "1 where neither a news outlet nor a verified account says it"
_NOT_KNOWN: Final = "not known"
_UNKNOWN: Final = Measure(None, None, _NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Assessed:
    """A mention's influence and risk with their parts."""

    influence: tuple[Part, ...]
    risk: tuple[Part, ...]
    version: str

    @property
    def assessment(self) -> Assessment:
        """The scores alone."""
        return Assessment(score_of(self.influence), score_of(self.risk), self.version)


def assess(mention: Mention, weights: Weights) -> Assessed:
    """The mention's parts by what is known of it now."""
    influence = weights.influence.parts(_influence_measures(mention.document, weights))
    return Assessed(influence, weights.risk.parts(_risk_measures(mention, score_of(influence))), weights.version)


def _influence_measures(document: Document, weights: Weights) -> Iterable[Measure]:
    yield _account(document, weights)
    yield _interactions(document.counts)
    yield _reach(document)


def _account(document: Document, weights: Weights) -> Measure:
    author = document.author
    if author and author.followers is not None:
        known = Measure(_log_share(author.followers, _MOST_FOLLOWERS), author.followers, _FOLLOWERS)
    else:
        value = weights.media.get(document.medium)
        known = _UNKNOWN if value is None else Measure(value, None, _MEDIUM)
    if author and author.verified and (known.value is None or known.value < weights.verified):
        return Measure(weights.verified, known.measured, _VERIFIED)
    return known


def _interactions(counts: Counts) -> Measure:
    """WCI is of what is read, so it needs the reads; BCI is of what readers did."""
    if counts.views is not None:
        index, formula = indexes.wci_of_one(counts.views, counts.likes, counts.reposts), indexes.WCI_OF_ONE
    elif counts.likes is not None or counts.comments is not None or counts.reposts is not None:
        index, formula = indexes.bci(1, counts.reposts, counts.comments, counts.likes), indexes.BCI_OF_ONE
    else:
        return _UNKNOWN
    return Measure(indexes.of_full(index), index, formula)


def _reach(document: Document) -> Measure:
    if not is_reach_known(document):
        return _UNKNOWN
    readers = reach(document)
    return Measure(_log_share(readers, _MOST_REACH), readers, _REACH)


def _risk_measures(mention: Mention, influence: float) -> Iterable[Measure]:
    labels = mention.labels
    yield _negative(mention)
    if mention.judgement is None and labels == NO_LABELS:
        yield from (_UNKNOWN,) * 4
    else:
        yield _largest([label for label in labels.intents if label.name in _OBJECTIONS])
        yield _largest(labels.sensitivities)
        yield _largest(labels.focus_areas)
        yield Measure(labels.offensive, labels.offensive, _PROBABILITY)
    yield Measure(influence / 100, influence, _INFLUENCE)
    yield _speed(mention)
    yield _spread(mention)
    yield _unverified(mention.document)


def _negative(mention: Mention) -> Measure:
    """What a person says of it is sure."""
    judgement, sentiment = mention.judgement, mention.sentiment
    if judgement is not None and sentiment == judgement.sentiment:
        return Measure(judgement.negative, judgement.negative, _PROBABILITY)
    if not sentiment:
        return _UNKNOWN
    return Measure(float(sentiment == "negative"), None, _SAID)


def _largest(labels: Sequence[Label]) -> Measure:
    value = max([label.probability for label in labels], default=0.0)
    return Measure(value, value, _PROBABILITY)


def _speed(mention: Mention) -> Measure:
    speed = speed_since_publication(mention.document)
    return _UNKNOWN if speed is None else Measure(_log_share(speed, _MOST_SPEED), speed, _SPEED)


def _spread(mention: Mention) -> Measure:
    if mention.membership is None:
        return _UNKNOWN
    size = max(1, mention.membership.size)
    return Measure(min(1.0, math.log10(size) / _MOST_COPIES), size, _SPREAD)


def _unverified(document: Document) -> Measure:
    if not document.medium and document.author is None:
        return _UNKNOWN
    verified = document.medium == "news" or bool(document.author and document.author.verified)
    return Measure(0.0 if verified else 1.0, None, _UNVERIFIED)


def _log_share(amount: float, most: int) -> float:
    """The decimal logarithm of 1 + amount, as a share of `most`, which is 1 at most; an amount below 0 is none."""
    return min(1.0, math.log10(1 + max(0.0, amount)) / most)
