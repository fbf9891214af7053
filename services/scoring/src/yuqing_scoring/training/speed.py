"""Measures how many texts a model judges in a second, in one thread."""

import time
from collections.abc import Iterable
from typing import Final

from yuqing_scoring.domain.judgement import Judge, Passage

TEXT_LENGTH: Final = 60
_TEXTS: Final = 4000
_ROUNDS: Final = 5


def texts_a_second(judge: Judge, passages: Iterable[Passage]) -> int:
    """The best of five rounds over 4,000 texts of 60 characters, cut from the given ones and repeated where there are fewer."""
    cut = [Passage(passage.text[:TEXT_LENGTH], passage.medium) for passage in passages if len(passage.text) >= TEXT_LENGTH]
    if not cut:
        return 0
    batch = (cut * (_TEXTS // len(cut) + 1))[:_TEXTS]
    judge.judge(batch)
    return int(_TEXTS / min(_seconds(judge, batch) for _ in range(_ROUNDS)))


def _seconds(judge: Judge, batch: list[Passage]) -> float:
    started = time.perf_counter()
    judge.judge(batch)
    return time.perf_counter() - started
