"""Says what is judged and what a judgement is, so that wire, commands and model speak of the same things."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Medium(StrEnum):
    """What the source of a text is. 媒体类型"""

    NEWS = "news"
    FORUM = "forum"
    REVIEW = "review"
    MICROBLOG = "microblog"
    BLOG = "blog"
    WECHAT = "wechat"
    VIDEO = "video"
    OTHER = "other"


class Sentiment(StrEnum):
    """The emotional tendency of a text. 情感"""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


SENTIMENTS: Final[tuple[Sentiment, ...]] = tuple(Sentiment)
"""The order of classes in every array of this service."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to judge, and where it stood.

    `region` is what the platform says of where the writer is (IP属地), `outlet` the outlet's name; both empty where unknown.
    """

    text: str
    medium: Medium = Medium.OTHER
    region: str = ""
    outlet: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The sentiment decided for a text, and its calibrated probabilities, which sum to 1.

    The decision weighs the classes by medium (see `calibration`), so it is not always the class with the largest probability.
    """

    sentiment: Sentiment
    negative: float
    neutral: float
    positive: float


class Judge(Protocol):
    """Whatever judges texts: name and version go with each judgement."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def judge(self, passages: Sequence[Passage]) -> list[Judgement]:
        """One judgement for each passage, in order."""
        ...
