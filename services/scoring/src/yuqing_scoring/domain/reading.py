"""Brings texts into the form the model reads: the normal form, with emoticons, links, names, reposts and numbers as one sign each.

What happens on purpose:
- an emoticon such as [怒] or [doge] becomes one code point of its own, so it is one unigram whatever its name's length;
- a link, an @name and the head of a quoted part (`//@name:`) become one sign each: who is named says nothing about the sentiment,
  that something is quoted does, and the n-grams on both sides of the sign keep own words and quoted words apart;
- a number becomes 0, with or without decimals;
- an emoji becomes the emoticon that means the same, if there is one; skin tones, variation selectors and joiners are dropped;
- a hashtag keeps its words, and its # tells them from others through the n-grams that hold it.
"""

import re
import zlib
from collections.abc import Iterable

from yuqing_scoring.domain.emoji import EMOTICON_OF_EMOJI
from yuqing_text.normal import normalize

LONGEST_HEAD, LONGEST_TAIL = 1600, 400
"""Code points read of a long text: its beginning, and its end where conclusions stand."""
END = "\n"
"""Stands before, between and after the texts of a batch; no text holds one after its white space is collapsed."""

LINK, QUOTED, NAME = "\ue000", "\ue001", "\ue002"
_EMOTICON_PLANE = 0xF0000
_EMOTICON_CODES = 0xFFF0

_INVISIBLE = re.compile("[\ufe0e\ufe0f\u200b-\u200d\u2060\ufeff\U0001f3fb-\U0001f3ff]+")
_LINK = re.compile(r"(?:https?://|www\.|(?<![a-z0-9.])t\.cn/)[a-z0-9./?=&_%#~:+-]*")
_QUOTED = re.compile(r"// ?@[^\s:@/]{1,30} ?:?")
_NAME = re.compile(r"@[^\s:@,。!?\[\]()#/]{1,30}")
_EMOTICON = re.compile(r"\[([\u4e00-\u9fffa-z]{1,6})\]")
_EMOJI = re.compile(f"[{''.join(EMOTICON_OF_EMOJI)}]")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def read(texts: Iterable[str]) -> str:
    """All texts as one string, each between two ENDs. One string, because a pattern runs over a batch faster than over its texts."""
    joined = END + END.join(_shortened(" ".join(text.split())) for text in texts) + END
    signs = _INVISIBLE.sub("", normalize(joined))
    signs = _LINK.sub(LINK, signs)
    signs = _NAME.sub(NAME, _QUOTED.sub(QUOTED, signs))
    signs = _EMOJI.sub(lambda found: _sign(EMOTICON_OF_EMOJI[found[0]]), _EMOTICON.sub(lambda found: _sign(found[1]), signs))
    return _NUMBER.sub("0", signs)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_HEAD + LONGEST_TAIL:
        return text
    return f"{text[:LONGEST_HEAD]} {text[-LONGEST_TAIL:]}"


def _sign(emoticon: str) -> str:
    return chr(_EMOTICON_PLANE + zlib.crc32(emoticon.encode()) % _EMOTICON_CODES)
