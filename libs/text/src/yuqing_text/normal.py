"""Gives every text one normal form of the same length, so that a span of the normal form is a span of the original.

Traditional becomes simplified, upper case lower, full width half width: wherever one code point becomes exactly one. Everything else stays,
so 'ß', 'İ' or 'ﬁ' are left as they are, and the text is never NFKC as a whole.
"""

import sys
import unicodedata
from collections.abc import Iterator
from importlib import resources

import numpy as np
import opencc
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
"""A text as its code points."""

_CODE_POINTS_WITH_FORMS = 0x32400
"""Beyond are private use and tags: nothing there has another form, or is the form of anything."""
_CODE_POINTS_WITH_CASE = 0x1F000
_LONG = 100
"""Code points from which on a text is read faster as an array."""
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_TO_HALF = 0xFEE0
_IDEOGRAPHIC_SPACE = 0x3000
_COMPATIBILITY_IDEOGRAPHS = (range(0x2E80, 0x2FD6), range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))
"""Radicals and duplicates that look like an ordinary ideograph; texts copied out of PDF files are full of them."""


def normalize(text: str) -> str:
    """The normal form: one code point for one code point of `text`, and the same again when applied to itself."""
    return text.translate(_TABLE) if len(text) < _LONG else text_of(FORMS[codes_of(text)])


def codes_of(text: str) -> Codes:
    """The code points of a text; lone surrogates are let through."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(codes: Codes) -> str:
    """The text of these code points."""
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate, which libraries that want UTF-8 refuse, as U+FFFD; one code point stays one."""
    return text.translate(_SURROGATES)


def half_width(text: str) -> str:
    """Full width forms of ASCII and the ideographic space as their ordinary forms; all else as it is, code point for code point."""
    return text.translate(_HALF_WIDTH)


def simplified_of() -> dict[str, str]:
    """Each traditional character with the simplified one that OpenCC names first for it, where both are one code point and differ."""
    lines = resources.files(opencc).joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    first = {traditional: simplified.split(" ")[0] for traditional, simplified in pairs}
    return {
        traditional: simplified for traditional, simplified in first.items() if len(traditional) == len(simplified) == 1 and traditional != simplified
    }


def _half_width_pairs() -> Iterator[tuple[int, int]]:
    yield _IDEOGRAPHIC_SPACE, ord(" ")
    for code in _FULL_WIDTH:
        yield code, code - _FULL_TO_HALF


def _lower_case_pairs() -> Iterator[tuple[int, int]]:
    for code in range(_CODE_POINTS_WITH_CASE):
        lower = chr(code).lower()
        if len(lower) == 1 and ord(lower) != code:
            yield code, ord(lower)


def _ideograph_pairs() -> Iterator[tuple[int, int]]:
    for codes in _COMPATIBILITY_IDEOGRAPHS:
        for code in codes:
            form = unicodedata.normalize("NFKC", chr(code))
            if len(form) == 1 and ord(form) != code:
                yield code, ord(form)
    for traditional, simplified in simplified_of().items():
        yield ord(traditional), ord(simplified)


def _table() -> list[int]:
    """What each code point becomes in the end: forms of forms are followed (Ａ → A → a). A list, because translate reads it fastest."""
    forms = dict((*_lower_case_pairs(), *_ideograph_pairs(), *_half_width_pairs()))
    table = list(range(_CODE_POINTS_WITH_FORMS))
    for code in forms:
        while table[code] in forms:
            table[code] = forms[table[code]]
    return table


_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_HALF_WIDTH = dict(_half_width_pairs())
_TABLE = _table()
FORMS: Codes = np.arange(sys.maxunicode + 1, dtype=np.uint32)
"""What each code point becomes."""
FORMS[: len(_TABLE)] = _TABLE
