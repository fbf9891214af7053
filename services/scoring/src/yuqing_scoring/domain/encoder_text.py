"""Brings a passage into the form the encoder reads: the normal form after the name of its medium, its beginning and its end.

Unlike the n-grams, the encoder was taught by plain Chinese text, so what is special is written as words rather than as signs of their own:
an emoji as the [emoticon] that means the same, the head of a quoted part (`//@name:`) as `//`, an @name as `@`; links are left out.
"""

import re
from collections.abc import Sequence
from typing import Final

from yuqing_scoring.domain.emoji import EMOTICON_OF_EMOJI
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.reading import INVISIBLE, LINK_PATTERN, NAME_PATTERN, QUOTED_PATTERN
from yuqing_text.normal import normalize, without_surrogates

LONGEST_TOKENS: Final = 80
"""Tokens read of a passage, with the two that frame it; twice as many take more than twice the time and change little."""
_TAIL_TOKENS: Final = 24
_HEAD_CODE_POINTS, _TAIL_CODE_POINTS = 400, 160
"""More than enough for the tokens wanted of both ends; the rest of a long text is not even cut into tokens."""

_MEDIUM_NAMES: Final = {Medium.NEWS: "新闻", Medium.FORUM: "论坛", Medium.REVIEW: "评论", Medium.MICROBLOG: "微博"}
"""Those that labelled sets exist for; another medium is read without a name, as a part of the training texts is."""
_EMOJI: Final = re.compile("|".join(map(re.escape, EMOTICON_OF_EMOJI)))


def encoder_text(passage: Passage) -> str:
    """The text to cut into tokens."""
    words = " ".join(passage.text.split())
    if len(words) > _HEAD_CODE_POINTS + _TAIL_CODE_POINTS:
        words = f"{words[:_HEAD_CODE_POINTS]} {words[-_TAIL_CODE_POINTS:]}"
    words = INVISIBLE.sub("", normalize(without_surrogates(words)))
    for pattern, written in ((LINK_PATTERN, ""), (QUOTED_PATTERN, "//"), (NAME_PATTERN, "@")):
        words = pattern.sub(written, words)
    words = _EMOJI.sub(lambda found: f"[{EMOTICON_OF_EMOJI[found[0]]}]", words)
    name = _MEDIUM_NAMES.get(passage.medium)
    return f"{name}:{words}" if name else words


def shortened(tokens: Sequence[int]) -> Sequence[int]:
    """At most LONGEST_TOKENS: the beginning, and the end where conclusions stand."""
    if len(tokens) <= LONGEST_TOKENS:
        return tokens
    return [*tokens[: LONGEST_TOKENS - _TAIL_TOKENS], *tokens[-_TAIL_TOKENS:]]
