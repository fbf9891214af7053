"""Measures how many texts a model judges in a second, in one thread."""

import time
from collections.abc import Iterable
from typing import Final

from yuqing_scoring.domain.judgement import Judge, Passage

TEXT_LENGTH: Final = 60
_TEXTS: Final = 4000
_SECONDS: Final = 2.0
"""A judge that is too slow for a round of 4,000 texts in this time gets as many as it can do."""
_ROUNDS: Final = 5


def texts_a_second(judge: Judge, passages: Iterable[Passage]) -> int:
    """The best of five rounds over at most 4,000 texts of 60 characters, cut from the given ones and repeated where there are fewer."""
    cut = [Passage(passage.text[:TEXT_LENGTH], passage.medium) for passage in passages if len(passage.text) >= TEXT_LENGTH]
    if not cut:
        return 0
    first = (cut * (_TEXTS // len(cut) + 1))[: _TEXTS // 40]
    texts = min(_TEXTS, int(len(first) * _SECONDS / _seconds(judge, first)))
    batch = (cut * (_TEXTS // len(cut) + 1))[:texts]
    return int(texts / min(_seconds(judge, batch) for _ in range(_ROUNDS)))


def _seconds(judge: Judge, batch: list[Passage]) -> float:
    started = time.perf_counter()
    judge.judge(batch)
    return time.perf_counter() - started
