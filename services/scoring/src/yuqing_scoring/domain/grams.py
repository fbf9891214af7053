"""Turns texts into hashed character n-grams, a whole batch at a time, the same on every machine and in every process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.reading import END, read

BUCKET_BITS: Final = 20
BUCKETS: Final = 1 << BUCKET_BITS
LONGEST_GRAM: Final = 3
LARGEST_BATCH: Final = 1 << (32 - BUCKET_BITS)
"""Texts: a text's number and its bucket share 32 bits, which sort faster than 64."""

_STEP = np.uint32(0x01000193)  # the prime of FNV-1a


@dataclass(frozen=True, slots=True)
class Grams:
    """The distinct buckets of each text: those of text i are `buckets[starts[i] : starts[i + 1]]`. No text is without one."""

    buckets: NDArray[np.int32]
    starts: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Distinct buckets a text, at least 1."""
        return np.diff(np.append(self.starts, len(self.buckets)))


def grams(texts: Sequence[str]) -> Grams:
    """Character 1- to 3-grams of each text with its two ends, hashed into BUCKETS. At most LARGEST_BATCH texts."""
    if len(texts) > LARGEST_BATCH:
        raise ValueError(f"{len(texts)} texts in a batch of at most {LARGEST_BATCH}")
    return grams_of_signs(read(texts), len(texts))


def grams_of_signs(signs: str, count: int) -> Grams:
    """The n-grams of so many texts as `reading.read` made one string of them."""
    codes = _codes(signs)
    ends = codes == ord(END)
    # An END begins the text after it and ends the one before it.
    begun = np.cumsum(ends) - 1
    ended = begun - ends
    keys: list[NDArray[np.uint32]] = []
    for size, hashed in _hashed(codes):
        owner = begun[: len(hashed)]
        inside = (owner == ended[size - 1 :]) if size > 1 else (owner < count)
        keys.append(((owner.astype(np.uint32) << np.uint32(BUCKET_BITS)) | hashed)[inside])
    return _distinct(np.concatenate(keys), count)


def grams_in_place(signs: str) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Of one text as it was read, with its two ENDs: each length of grams, with the bucket of the gram that begins at sign 0, 1, ….

    The distinct buckets of all are those that `grams` gives for the text.
    """
    for size, hashed in _hashed(_codes(signs)):
        # The END that ends a text is no 1-gram of it.
        yield size, (hashed if size > 1 else hashed[:-1]).astype(np.int32)


def _codes(signs: str) -> NDArray[np.uint32]:
    return np.frombuffer(signs.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _hashed(codes: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Each length of grams, with the bucket of the gram that begins at each code point, over the borders of texts too."""
    rolling = np.zeros(len(codes), np.uint32)
    for size in range(1, LONGEST_GRAM + 1):
        rolling = rolling[: len(codes) - size + 1] * _STEP + _mixed(codes[size - 1 :] + np.uint32(size))
        yield size, _mixed(rolling) >> np.uint32(32 - BUCKET_BITS)


def _distinct(keys: NDArray[np.uint32], count: int) -> Grams:
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    keys = keys[first]
    starts = np.searchsorted(keys, np.arange(count, dtype=np.uint32) << np.uint32(BUCKET_BITS))
    return Grams((keys & np.uint32(BUCKETS - 1)).astype(np.int32), starts)


def _mixed(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """lowbias32 of C. Wellons' hash-prospector: every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x7FEB352D)
    values = (values ^ (values >> np.uint32(15))) * np.uint32(0x846CA68B)
    return values ^ (values >> np.uint32(16))
