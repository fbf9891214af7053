"""Tells praise and blame in reports, which sentiment models of opinions take for neutral: 该公司被罚款, 获用户好评."""

import math
import re
from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.judgement import SENTIMENTS, Judgement
from yuqing_scoring.tables.reading import rows_of_table
from yuqing_text.normal import normalize

_NOT: Final = r"(?<![不没未无])"
_DONE_TO: Final = r"(?:被|遭|受到)[^,。!?;]{0,10}?"
_OF_POLARITY, _OF_NEUTRAL = 1.5, 1.5
"""What one word more of praise than of blame adds to ln(p(positive) / p(negative)), and takes from ln(p(neutral) / (1 - p(neutral)))."""
_MOST: Final = 2
_LEAST_PROBABILITY: Final = 1e-6


def _pattern(*wanted: str) -> str:
    words = [normalize(word) for kind, words in rows_of_table("evaluations.tsv") if kind in wanted for word in words.split()]
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_PRAISE: Final = re.compile(rf"{_NOT}(?:{_pattern('praise')})")
_BLAME: Final = re.compile(rf"{_NOT}(?:{_pattern('blame')})|{_DONE_TO}(?:{_pattern('enforced')})")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many words of praise and of blame a passage has."""

    praise: int
    blame: int

    @classmethod
    def of(cls, normal: str) -> "Evaluation":
        """Those of a passage in normal form."""
        return cls(len(_PRAISE.findall(normal)), len(_BLAME.findall(normal)))

    def applied_to(self, judgement: Judgement) -> Judgement:
        """The judgement moved by the words; as it is where they speak for neither side."""
        surplus = max(-_MOST, min(_MOST, self.praise - self.blame))
        if not surplus:
            return judgement
        polarity = _odds(judgement.positive, judgement.negative) + _OF_POLARITY * surplus
        neutral = _odds(judgement.neutral, 1 - judgement.neutral) - _OF_NEUTRAL * abs(surplus)
        remains = _probability(neutral)
        positive = (1 - remains) * _probability(polarity)
        moved = Judgement(judgement.sentiment, 1 - remains - positive, remains, positive)
        # The decision leans by medium: it stays unless the words now make another sentiment the most probable.
        likeliest = max(SENTIMENTS, key=lambda name: getattr(moved, name))
        before = max(SENTIMENTS, key=lambda name: getattr(judgement, name))
        return moved if likeliest is before else Judgement(likeliest, moved.negative, moved.neutral, moved.positive)


def _odds(one: float, other: float) -> float:
    return math.log(max(one, _LEAST_PROBABILITY) / max(other, _LEAST_PROBABILITY))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
