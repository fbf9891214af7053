"""Messages ↔ domain of scoring, pure functions."""

from collections.abc import Sequence
from typing import Final

from yuqing.scoring.v1 import scoring_pb2
from yuqing.type.v1 import types_pb2
from yuqing_scoring.domain.explanation import Span, Weights
from yuqing_scoring.domain.first_stage import Explained, Judged
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.label_wire import labels_of
from yuqing_scoring.name_wire import name_spans
from yuqing_scoring.reason_wire import explained_labels

_MEDIA: Final[dict[int, Medium]] = {
    types_pb2.MEDIUM_NEWS: Medium.NEWS,
    types_pb2.MEDIUM_FORUM: Medium.FORUM,
    types_pb2.MEDIUM_BLOG: Medium.BLOG,
    types_pb2.MEDIUM_REVIEW: Medium.REVIEW,
    types_pb2.MEDIUM_MICROBLOG: Medium.MICROBLOG,
    types_pb2.MEDIUM_WECHAT: Medium.WECHAT,
    types_pb2.MEDIUM_VIDEO: Medium.VIDEO,
}
_SENTIMENTS: Final = {
    Sentiment.NEGATIVE: types_pb2.SENTIMENT_NEGATIVE,
    Sentiment.NEUTRAL: types_pb2.SENTIMENT_NEUTRAL,
    Sentiment.POSITIVE: types_pb2.SENTIMENT_POSITIVE,
}


def passage_of(text: scoring_pb2.Text | scoring_pb2.ExplainScoreRequest | scoring_pb2.ScoreTowardsRequest) -> Passage:
    """Title and text as one; a medium that is not given, or newer than this version, is judged as one that is not known."""
    whole = text.text if not text.title or text.text.startswith(text.title) else f"{text.title} {text.text}"
    medium = _MEDIA.get(text.medium, Medium.OTHER)
    return Passage(whole, medium) if isinstance(text, scoring_pb2.ScoreTowardsRequest) else Passage(whole, medium, text.region, text.outlet)


def score_of(text_id: str, judged: Judged, *, language: str, model: tuple[str, str]) -> scoring_pb2.Score:
    """The score of one text; `model`: name and version."""
    judgement = judged.judgement
    return scoring_pb2.Score(
        id=text_id,
        sentiment=sentiment_of(judgement),
        probabilities=probabilities_of(judgement),
        language=language,
        model=model[0],
        model_version=model[1],
        labels=labels_of(judged.labels),
    )


def sentiment_of(judgement: Judgement) -> "types_pb2.Sentiment.ValueType":
    """What was decided."""
    return _SENTIMENTS[judgement.sentiment]


def probabilities_of(judgement: Judgement) -> scoring_pb2.SentimentProbabilities:
    """Those of all sentiments."""
    return scoring_pb2.SentimentProbabilities(negative=judgement.negative, neutral=judgement.neutral, positive=judgement.positive)


def text_start(request: scoring_pb2.ExplainScoreRequest | scoring_pb2.ScoreTowardsRequest) -> int:
    """Where the text begins in what `passage_of` made of the request: after the title and a space, unless it begins with the title itself."""
    return len(passage_of(request).text) - len(request.text)


def explanation_of(request: scoring_pb2.ExplainScoreRequest, explained: Explained, score: scoring_pb2.Score) -> scoring_pb2.ExplainScoreResponse:
    """The explanation of what `passage_of` made of the request, its spans sorted into those of the title and those of the text."""
    text_starts = text_start(request)
    explanation = explained.sentiment
    title_names, text_names = name_spans(explained.names, text_starts, len(request.title))
    return scoring_pb2.ExplainScoreResponse(
        score=score,
        title_spans=_spans([span for span in explanation.spans if span.start < text_starts], 0, len(request.title)),
        text_spans=_spans([span for span in explanation.spans if span.start >= text_starts], text_starts, len(request.text)),
        rest=_weights(explanation.rest),
        bias=_weights(explanation.bias),
        logits=_weights(explanation.logits),
        neutral_lean=explanation.neutral_lean,
        positive_lean=explanation.positive_lean,
        labels=explained_labels(explained.reasons, text_starts, request),
        title_names=title_names,
        text_names=text_names,
    )


def _spans(spans: Sequence[Span], offset: int, length: int) -> list[scoring_pb2.ExplainedSpan]:
    # A `//` at the title's end and an @name at the text's beginning are read as one sign: it is told where it begins.
    return [
        scoring_pb2.ExplainedSpan(start=span.start - offset, end=min(span.end - offset, length), weights=_weights(span.weights)) for span in spans
    ]


def _weights(weights: Weights) -> scoring_pb2.LogitWeights:
    return scoring_pb2.LogitWeights(polarity=weights.polarity, neutral=weights.neutral)
