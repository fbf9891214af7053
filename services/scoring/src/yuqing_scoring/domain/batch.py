"""Texts that are judged in one go, read once for all judges of the first stage: reading and hashing take more time than judging."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yuqing_scoring.domain.grams import Grams, grams_of_signs
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.reading import read

_BATCH_TEXTS = 1024
_BATCH_CODE_POINTS = 200_000
"""What is judged in one go: more would only take more memory."""


@dataclass(frozen=True)
class Batch:
    """Passages with their signs, as `reading.read` makes them (each text between two ENDs), and the n-grams of the signs."""

    passages: Sequence[Passage]
    signs: str
    grams: Grams

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> "Batch":
        """Reads at most `grams.LARGEST_BATCH` passages."""
        signs = read([passage.text for passage in passages])
        return cls(passages, signs, grams_of_signs(signs, len(passages)))


def batches(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    """Cuts passages into runs of bounded number and length; a run has at least one passage."""
    start = size = 0
    for end, passage in enumerate(passages):
        if end > start and (end - start == _BATCH_TEXTS or size + len(passage.text) > _BATCH_CODE_POINTS):
            yield passages[start:end]
            start, size = end, 0
        size += len(passage.text)
    if start < len(passages):
        yield passages[start:]
