"""Cuts texts into the tokens that are searched: the one cut that the index and the matcher share.

A token is, in the normal form,
- one Han character (all extensions, and 〇 and 々, which stand among them),
- or a run of [a-z0-9],
- or a run of any other letters and numbers: Cyrillic, kana, Hangul, é.
All else (punctuation, spaces, emoji) makes no token and leaves no gap. A mixed word such as iPhone15手机 is thus the phrase 'iphone15 手 机', and
'café' the phrase 'caf é': what is written the same is found the same.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from yuqing_text.normal import normalize

HAN_CHARACTERS = "\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
LONGEST_TOKEN = 120
"""Code points. Longer runs are cut, because Elasticsearch's whitespace tokenizer cuts what is longer than 255 UTF-16 units."""
_TOKEN = re.compile(rf"[{HAN_CHARACTERS}]|[a-z0-9]{{1,{LONGEST_TOKEN}}}|[^\W_a-z0-9{HAN_CHARACTERS}]{{1,{LONGEST_TOKEN}}}")


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
    return " ".join(_TOKEN.findall(normalize(text)))


def tokens(text: str) -> Iterator[Token]:
    """The tokens with their spans in the original."""
    for found in _TOKEN.finditer(normalize(text)):
        yield Token(found[0], found.start(), found.end())


def token_spans(text: str) -> list[tuple[int, int]]:
    """The spans alone: for highlights, which know the tokens already."""
    return [found.span() for found in _TOKEN.finditer(normalize(text))]
