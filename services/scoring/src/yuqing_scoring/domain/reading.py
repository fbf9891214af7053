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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

from yuqing_scoring.domain.emoji import EMOTICON_OF_EMOJI
from yuqing_text.normal import normalize

LONGEST_HEAD, LONGEST_TAIL = 1600, 400
"""Code points read of a long text: its beginning, and its end where conclusions stand."""
END = "\n"
"""Stands before, between and after the texts of a batch; no text holds one after its white space is collapsed."""

LINK, QUOTED, NAME = "\ue000", "\ue001", "\ue002"
_EMOTICON_PLANE = 0xF0000
_EMOTICON_CODES = 0xFFF0

_WORD = re.compile(r"\S+")
INVISIBLE = re.compile("[\ufe0e\ufe0f\u200b-\u200d\u2060\ufeff\U0001f3fb-\U0001f3ff]+")
LINK_PATTERN = re.compile(r"(?:https?://|www\.|t(?<![a-z0-9.]t)\.cn/)[a-z0-9./?=&_%#~:+-]*")  # begins with letters: three times faster
QUOTED_PATTERN = re.compile(r"// ?@[^\s:@/]{1,30} ?:?")
NAME_PATTERN = re.compile(r"@[^\s:@,。!?\[\]()#/]{1,30}")
_EMOTICON = re.compile(r"\[([\u4e00-\u9fffa-z]{1,6})\]")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")  # not a list of them: Python would compare each character with each
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was read, between two ENDs. Sign i came of the code points `places[i]`, [start, end), of the original.

    Places follow one another. What has no code point in the original has an empty place: both ENDs, and the gap where a long text was cut.
    """

    signs: str
    places: Sequence[tuple[int, int]]

    def stands(self, sign: int) -> bool:
        """Whether this sign has code points in the original."""
        start, end = self.places[sign]
        return self.signs[sign] != END and start < end


def read(texts: Iterable[str]) -> str:
    """All texts as one string, each between two ENDs. One string, because a pattern runs over a batch faster than over its texts."""
    signs = normalize(END + END.join(_shortened(" ".join(text.split())) for text in texts) + END)
    for pattern, sign in _STEPS:
        signs = pattern.sub(sign, signs)
    return signs


def read_in_place(text: str) -> Reading:
    """The signs that `read` makes of this text, and where each of them stands in it."""
    signs = normalize(f"{END}{_shortened(' '.join(text.split()))}{END}")
    places = [(0, 0), *_collapsed_places(text), (len(text), len(text))]
    for pattern, sign in _STEPS:
        places = _places_after(pattern, sign, signs, places)
        signs = pattern.sub(sign, signs)
    return Reading(signs, places)


def _collapsed_places(text: str) -> list[tuple[int, int]]:
    """Where each code point stood before white space was collapsed and a long text was cut."""
    # A word and the white space after it; each code point ends where the next one begins.
    starts = list(chain.from_iterable(range(word.start(), word.end() + 1) for word in _WORD.finditer(text)))
    if len(starts) - 1 <= LONGEST_HEAD + LONGEST_TAIL:
        return list(pairwise(starts))
    head, tail = starts[: LONGEST_HEAD + 1], starts[-LONGEST_TAIL - 1 :]
    return [*pairwise(head), (head[-1], head[-1]), *pairwise(tail)]


def _places_after(pattern: re.Pattern[str], sign: "_Sign", signs: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places of the signs after the pattern's matches became one sign each; one that is dropped belongs to the sign before it."""
    kept: list[tuple[int, int]] = []
    done = 0
    for found in pattern.finditer(signs):
        kept += places[done : found.start()]
        done = found.end()
        ends = places[done - 1][1]
        if sign == "":
            kept[-1] = (kept[-1][0], ends)
        else:
            kept.append((places[found.start()][0], ends))
    return [*kept, *places[done:]]


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_HEAD + LONGEST_TAIL:
        return text
    return f"{text[:LONGEST_HEAD]} {text[-LONGEST_TAIL:]}"


def _sign(emoticon: str) -> str:
    return chr(_EMOTICON_PLANE + zlib.crc32(emoticon.encode()) % _EMOTICON_CODES)


_Sign = str | Callable[[re.Match[str]], str]
_STEPS: Final[tuple[tuple[re.Pattern[str], _Sign], ...]] = (
    (INVISIBLE, ""),
    (LINK_PATTERN, LINK),
    (QUOTED_PATTERN, QUOTED),
    (NAME_PATTERN, NAME),
    (_EMOTICON, lambda found: _sign(found[1])),
    (_EMOJI, lambda found: _sign(EMOTICON_OF_EMOJI[found[0]]) if found[0] in EMOTICON_OF_EMOJI else found[0]),
    (_NUMBER, "0"),
)
"""What becomes one sign, in this order."""
