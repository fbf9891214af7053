"""Reads many texts at once, because normal forms and tokens of a batch cost a fifth of what they cost one by one."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from yuqing_text.normal import FORMS, codes_of, text_of
from yuqing_text.tokens import HAN, LONGEST_TOKEN, NOTHING, token_kinds

_BATCH_CODE_POINTS = 1 << 16
"""Code points that are read in one go: the arrays of more would not fit into a core's cache."""
_BETWEEN = "\n"
"""Stands between the texts of a batch; it is its own normal form, and makes no token."""
_SPACE = 32


def read_texts(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What `normalize` and `token_text` give for each text: its normal form, and its tokens separated by one space."""
    return [read for batch in _batches(texts) for read in _read(batch)]


def token_numbers(normal: str) -> NDArray[np.int64]:
    """For each code point of a normal form, how many tokens begin before it: the number of the token that begins there."""
    kinds = _kinds()[codes_of(normal)]
    begins = _begins(kinds, kinds != NOTHING)
    return np.cumsum(begins) - begins


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for end, text in enumerate(texts):
        if end > start and size + len(text) > _BATCH_CODE_POINTS:
            yield texts[start:end]
            start, size = end, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def _read(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    ends = list(accumulate((len(text) + len(_BETWEEN) for text in texts), initial=0))
    codes = FORMS[codes_of(_BETWEEN.join(texts) + _BETWEEN)]
    normal = text_of(codes)
    kinds = _kinds()[codes]
    kept = kinds != NOTHING
    begins = _begins(kinds, kept)
    places = np.cumsum(kept.view(np.uint8) + begins.view(np.uint8))  # each token is written with a space before it
    written = np.full(places[-1], _SPACE, dtype=np.uint32)
    written[places[kept] - 1] = codes[kept]
    tokens = text_of(written)
    borders = [0, *places[np.array(ends[1:]) - 1].tolist()]
    for (start, end), (first, last) in zip(pairwise(ends), pairwise(borders), strict=True):
        yield normal[start : end - len(_BETWEEN)], tokens[first + 1 : last]


def _begins(kinds: NDArray[np.uint8], kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a token begins: at every Han character, at the first of a run, and again within a run that is too long for one token."""
    begins = kept & (kinds == HAN)
    begins[:1] = kept[:1]
    begins[1:] |= kept[1:] & (kinds[1:] != kinds[:-1])
    begun = np.cumsum(begins)
    if np.any(kept[LONGEST_TOKEN:] & (begun[LONGEST_TOKEN:] == begun[:-LONGEST_TOKEN])):
        order = np.arange(len(kinds))
        first = np.maximum.accumulate(np.where(begins, order, 0))
        begins |= kept & ((order - first) % LONGEST_TOKEN == 0)
    return begins


@cache
def _kinds() -> NDArray[np.uint8]:
    return np.frombuffer(token_kinds(), dtype=np.uint8)
