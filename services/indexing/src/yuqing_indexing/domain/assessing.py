"""How far a mention goes, and how much it should be looked at: influence and risk from 0 to 100, each the sum of its parts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from yuqing_indexing.domain import indexes
from yuqing_indexing.domain.document import Assessment, Counts, Document, Mention
from yuqing_indexing.domain.labels import NO_LABELS, Label
from yuqing_indexing.domain.reach import is_reach_known, reach
from yuqing_indexing.domain.speed import speed_since_publication
from yuqing_indexing.domain.weights import Measure, Part, Weights

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
_UNKNOWN: Final[Measure] = (None, None, _NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Explained:
    """A mention's assessment with its parts."""

    assessment: Assessment
    influence: tuple[Part, ...]
    risk: tuple[Part, ...]


def assess(mention: Mention, weights: Weights) -> Assessment:
    """The mention's influence and risk by what is known of it now."""
    influence = weights.influence.score(_influence_measures(mention.document, weights))
    return Assessment(influence, weights.risk.score(_risk_measures(mention, influence)), weights.version)


def explain(mention: Mention, weights: Weights) -> Explained:
    """The same, with what it is made of."""
    assessment = assess(mention, weights)
    influence = weights.influence.parts(_influence_measures(mention.document, weights))
    return Explained(assessment, influence, weights.risk.parts(_risk_measures(mention, assessment.influence)))


def _influence_measures(document: Document, weights: Weights) -> Sequence[Measure]:
    return _account(document, weights), _interactions(document.counts), _reach(document)


def _risk_measures(mention: Mention, influence: float) -> Sequence[Measure]:
    return (
        _negative(mention),
        *_labelled(mention),
        (influence / 100, influence, _INFLUENCE),
        _speed(mention),
        _spread(mention),
        _unverified(mention.document),
    )


def _account(document: Document, weights: Weights) -> Measure:
    author = document.author
    if author and author.followers is not None:
        value, measured, formula = _log_share(author.followers, _MOST_FOLLOWERS), author.followers, _FOLLOWERS
    else:
        value, measured = weights.media.get(document.medium), None
        formula = _NOT_KNOWN if value is None else _MEDIUM
    if author and author.verified and (value is None or value < weights.verified):
        return weights.verified, measured, _VERIFIED
    return value, measured, formula


def _interactions(counts: Counts) -> Measure:
    """WCI is of what is read, so it needs the reads; BCI is of what readers did."""
    if counts.views is not None:
        index, formula = indexes.wci_of_one(counts.views, counts.likes, counts.reposts), indexes.WCI_OF_ONE
    elif counts.likes is not None or counts.comments is not None or counts.reposts is not None:
        index, formula = indexes.bci(1, counts.reposts, counts.comments, counts.likes), indexes.BCI_OF_ONE
    else:
        return _UNKNOWN
    return indexes.of_full(index), index, formula


def _reach(document: Document) -> Measure:
    if not is_reach_known(document):
        return _UNKNOWN
    readers = reach(document)
    return _log_share(readers, _MOST_REACH), readers, _REACH


def _labelled(mention: Mention) -> Sequence[Measure]:
    """Intent, sensitivity, focus area and offensive language; not known where nothing was judged."""
    labels = mention.labels
    if mention.judgement is None and labels == NO_LABELS:
        return (_UNKNOWN,) * 4
    objections = [label for label in labels.intents if label.name in _OBJECTIONS]
    return _largest(objections), _largest(labels.sensitivities), _largest(labels.focus_areas), (labels.offensive, labels.offensive, _PROBABILITY)


def _negative(mention: Mention) -> Measure:
    """What a person says of it is sure."""
    judgement, sentiment = mention.judgement, mention.sentiment
    if judgement is not None and sentiment == judgement.sentiment:
        return judgement.negative, judgement.negative, _PROBABILITY
    if not sentiment:
        return _UNKNOWN
    return float(sentiment == "negative"), None, _SAID


def _largest(labels: Sequence[Label]) -> Measure:
    value = max([label.probability for label in labels], default=0.0)
    return value, value, _PROBABILITY


def _speed(mention: Mention) -> Measure:
    speed = speed_since_publication(mention.document)
    return _UNKNOWN if speed is None else (_log_share(speed, _MOST_SPEED), speed, _SPEED)


def _spread(mention: Mention) -> Measure:
    if mention.membership is None:
        return _UNKNOWN
    size = max(1, mention.membership.size)
    return min(1.0, math.log10(size) / _MOST_COPIES), size, _SPREAD


def _unverified(document: Document) -> Measure:
    if not document.medium and document.author is None:
        return _UNKNOWN
    verified = document.medium == "news" or bool(document.author and document.author.verified)
    return 0.0 if verified else 1.0, None, _UNVERIFIED


def _log_share(amount: float, most: int) -> float:
    """The decimal logarithm of 1 + amount, as a share of `most`, which is 1 at most; an amount below 0 is none."""
    return min(1.0, math.log10(1 + max(0.0, amount)) / most)
