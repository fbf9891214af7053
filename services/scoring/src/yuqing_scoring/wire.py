"""Messages ↔ domain of scoring, pure functions."""

from typing import Final

from yuqing.scoring.v1 import scoring_pb2
from yuqing.type.v1 import types_pb2
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment

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


def passage_of(text: scoring_pb2.Text) -> Passage:
    """Title and text as one; a medium that is not given, or newer than this version, is judged as one that is not known."""
    whole = text.text if not text.title or text.text.startswith(text.title) else f"{text.title} {text.text}"
    return Passage(whole, _MEDIA.get(text.medium, Medium.OTHER))


def score_of(text_id: str, judgement: Judgement, *, language: str, model: tuple[str, str]) -> scoring_pb2.Score:
    """The score of one text; `model`: name and version."""
    return scoring_pb2.Score(
        id=text_id,
        sentiment=_SENTIMENTS[judgement.sentiment],
        probabilities=scoring_pb2.SentimentProbabilities(negative=judgement.negative, neutral=judgement.neutral, positive=judgement.positive),
        language=language,
        model=model[0],
        model_version=model[1],
    )
