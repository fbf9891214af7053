"""Finds texts that hold much of one another (copies, cuts, quotes, joined texts) and says how much.

Everything works on token texts, in which spelling, script, width, case and punctuation no longer differ. Candidates are found by *winnowing*
(Schleimer, Wilkerson, Aiken 2003): of each window of runs of tokens the one with the smallest hash is a fingerprint, so whatever two texts
have in common over a window's length, they share a fingerprint there. MinHash bands would miss cuts and joined texts, which resemble their
parents little while holding all of them. A narrower window's fingerprints include a wider one's, so short texts are taken narrowly, long
ones widely, and still meet. Hashes are the same in every process and on every machine.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

READ_CHARACTERS: Final = 10_000
"""So much of a token text is compared: about 5,000 Chinese characters."""
FINGERPRINT_TOKENS: Final = 8
"""Tokens of a run that is a fingerprint: fewer meet by chance, more do not survive a rewording of every tenth word."""
WIDEST_WINDOW: Final = 32
LEAST_WINDOWS: Final = 8
"""A text's window is the widest power of two, up to the widest, of which its runs fill so many: 14 to 30 fingerprints up to 300 tokens."""
COMMON_TOKENS: Final = 4
"""Two texts share what stands in a run of at least so many tokens in both: three meet in any two long texts."""
_SPACE: Final = 32
_BASE, _RUN_BASE = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F  # odd, so that they can be divided by modulo 2⁶⁴
_SPREAD: Final = np.uint64(0xFF51AFD7ED558CCD)
_HALF, _LESS = np.uint64(32), np.uint64(29)


@dataclass(frozen=True)
class Sketch:
    """A token text made ready to be compared: the hashes of its tokens in order."""

    tokens: Hashes

    @property
    def size(self) -> int:
        """Its number of tokens."""
        return len(self.tokens)

    @cached_property
    def fingerprints(self) -> list[int]:
        """Signed 64-bit numbers without order, each once; none where the text is too short to have one."""
        runs = _runs(self.tokens, FINGERPRINT_TOKENS)
        window = 1
        while window < WIDEST_WINDOW and len(runs) >= 2 * window * LEAST_WINDOWS:
            runs = np.minimum(runs[:-window], runs[window:])
            window *= 2
        changes = np.flatnonzero(runs[1:] != runs[:-1]) + 1  # one run is the smallest of many windows in a row
        return list({*runs[:1].view(np.int64).tolist(), *runs[changes].view(np.int64).tolist()})

    @cached_property
    def runs(self) -> Hashes:
        """The hashes of the runs that are compared, in order of the text."""
        return _runs(self.tokens, COMMON_TOKENS)

    @cached_property
    def sorted_runs(self) -> Hashes:
        """The same in order of their size."""
        return np.sort(self.runs)

    def common_with(self, other: "Sketch") -> NDArray[np.bool_]:
        """For each token, whether it stands in a run that the other text holds as well."""
        covered = np.zeros(self.size, dtype=np.bool_)
        if len(self.runs) and len(other.runs):
            places = np.searchsorted(other.sorted_runs, self.runs)
            places[places == len(other.runs)] = 0
            begins = other.sorted_runs[places] == self.runs
            for offset in range(COMMON_TOKENS):
                covered[offset : offset + len(begins)] |= begins
        return covered


def sketch_of(token_text: str) -> Sketch:
    """The sketch of tokens that are separated by one space each, as `yuqing_text.tokens.token_text` gives them."""
    characters = np.frombuffer(token_text[:READ_CHARACTERS].encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    if not len(characters):
        return Sketch(characters)
    spaces = np.flatnonzero(characters == _SPACE)
    starts, ends = np.append(0, spaces + 1), np.append(spaces, len(characters))
    sums = _sums(characters * _POWERS[: len(characters)])
    return Sketch(_spread((sums[ends] - sums[starts]) * _INVERSES[starts]))


def _runs(tokens: Hashes, length: int) -> Hashes:
    """The hash of each run of that many tokens."""
    if len(tokens) < length:
        return tokens[:0]
    sums = _sums(tokens * _RUN_POWERS[: len(tokens)])
    return _spread((sums[length:] - sums[:-length]) * _RUN_INVERSES[: len(tokens) - length + 1])


def _sums(values: Hashes) -> Hashes:
    """The sum of the first so many values, from none to all."""
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=sums[1:])
    return sums


def _spread(hashes: Hashes) -> Hashes:
    """Lets every bit depend on every other, as the finaliser of MurmurHash3 does: sums of powers have poor low bits."""
    hashes = (hashes ^ (hashes >> _HALF)) * _SPREAD
    return hashes ^ (hashes >> _LESS)


def _powers(base: int) -> Hashes:
    return np.cumprod(np.full(READ_CHARACTERS + 1, base, dtype=np.uint64))


_POWERS, _INVERSES = _powers(_BASE), _powers(pow(_BASE, -1, 2**64))
_RUN_POWERS, _RUN_INVERSES = _powers(_RUN_BASE), _powers(pow(_RUN_BASE, -1, 2**64))
