"""Cuts texts into the tokens that are searched: the one cut that the index and the matcher share.

A token is, in the normal form,
- one Han character (all extensions, and 〇 and 々, which stand among them),
- or a run of [a-z0-9],
- or a run of any other letters and numbers: Cyrillic, kana, Hangul, é.
All else (punctuation, spaces, emoji) makes no token and leaves no gap. A mixed word such as iPhone15手机 is thus the phrase 'iphone15 手 机', and
'café' the phrase 'caf é': what is written the same is found the same.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from yuqing_text.normal import normalize

HAN_CHARACTERS = "\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
LONGEST_TOKEN = 120
"""Code points. Longer runs are cut, because Elasticsearch's whitespace tokenizer cuts what is longer than 255 UTF-16 units."""
_LATIN, _OTHER = "[a-z0-9]", rf"[^\W_a-z0-9{HAN_CHARACTERS}]"
_TOKEN = re.compile(rf"[{HAN_CHARACTERS}]|{_LATIN}{{1,{LONGEST_TOKEN}}}|{_OTHER}{{1,{LONGEST_TOKEN}}}")
NOTHING, HAN, LATIN, OTHER = range(4)
"""The kinds of code points: one that is in no token, a token by itself, and those of the two sorts of runs."""
_BETWEEN = rf"(?:[^\w{HAN_CHARACTERS}]+|_+)*"
_HAN, _LATIN_START = re.compile(rf"[{HAN_CHARACTERS}]"), re.compile(_LATIN)
_CUT_RUN = re.compile(rf"{_LATIN}{{{LONGEST_TOKEN + 1}}}|{_OTHER}{{{LONGEST_TOKEN + 1}}}")


class Token(NamedTuple):
    """A token and its span [start, end) in code points of the original text."""

    text: str
    start: int
    end: int


def token_strings(text: str) -> list[str]:
    """The tokens of a text in order, in normal form."""
    return _TOKEN.findall(normalize(text))


def token_text(text: str) -> str:
    """The tokens separated by one space: what is written to a field that Elasticsearch analyses with `whitespace`."""
    return " ".join(token_strings(text))


def tokens(text: str) -> Iterator[Token]:
    """The tokens with their spans in the original."""
    for found in _TOKEN.finditer(normalize(text)):
        yield Token(found[0], found.start(), found.end())


def is_han(character: str) -> bool:
    """Whether it is a Han character, which is a token by itself."""
    return _HAN.match(character) is not None


class PhrasePattern:
    """Finds a phrase in a text's normal form without cutting the text, which takes ten times as long.

    `None` from `spans`: the text holds a run that is cut into several tokens, and only cutting it tells.
    """

    def __init__(self, phrase: Sequence[str]) -> None:
        self._pattern = re.compile(_BETWEEN.join(map(_whole, phrase)))
        self._of_characters = all(map(_HAN.match, phrase))
        self._never_overlaps = phrase[0] not in phrase[1:]

    def spans(self, normal: str) -> list[tuple[int, int]] | None:
        """Where it stands, [start, end), in order; occurrences may overlap."""
        if not self._of_characters and _CUT_RUN.search(normal):
            return None
        if self._never_overlaps:
            return [found.span() for found in self._pattern.finditer(normal)]
        spans: list[tuple[int, int]] = []
        found = self._pattern.search(normal)
        while found:
            spans.append(found.span())
            found = self._pattern.search(normal, found.start() + 1)
        return spans


@lru_cache(4096)
def phrase_pattern(phrase: tuple[str, ...]) -> PhrasePattern:
    """The pattern of these tokens."""
    return PhrasePattern(phrase)


def _whole(token: str) -> str:
    """Matches the token where it is one: a character by itself, a run from its beginning to its end."""
    if _HAN.match(token):
        return re.escape(token)
    kind = _LATIN if _LATIN_START.match(token) else _OTHER
    return f"(?<!{kind}){re.escape(token)}(?!{kind})"


def token_kinds() -> bytes:
    """The kind of each code point, from the first to the last, in a normal form."""
    signs = "".join(map(chr, range(sys.maxunicode + 1)))
    kinds = bytearray(len(signs))
    for kind, pattern in ((OTHER, _OTHER), (LATIN, _LATIN), (HAN, _HAN.pattern)):
        for found in re.finditer(f"{pattern}+", signs):
            kinds[found.start() : found.end()] = bytes([kind]) * len(found[0])
    return bytes(kinds)


def token_spans(text: str) -> list[tuple[int, int]]:
    """The spans alone: for highlights, which know the tokens already."""
    return [found.span() for found in _TOKEN.finditer(normalize(text))]
