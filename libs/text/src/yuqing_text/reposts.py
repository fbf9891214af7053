"""Tells apart what a repost says of its own and what it passes on: `同意//@乙:这下麻烦了//@甲:新炸锅又冒烟`."""

import re
from dataclasses import dataclass

from yuqing_text.tokens import token_text

_MARK = re.compile(r"[/／]{2}\s*[@＠]([^\s:：/／@＠]{1,60})\s*[:：]")
_SAYING_NOTHING = frozenset(map(token_text, ("", "转发微博", "快转微博", "转发", "转载", "转", "repost", "rt")))
"""What platforms put into a repost without a word of its own."""


@dataclass(frozen=True, slots=True)
class Repost:
    """A text cut at its `//@name:` marks. `passed_on` are the names with their words, newest first; the last one said it first."""

    own: str
    passed_on: tuple[tuple[str, str], ...]


def repost_in(text: str) -> Repost | None:
    """The parts of a text that passes others on; None where no mark stands in it."""
    if "@" not in text and "＠" not in text:
        return None
    own, *others = _MARK.split(text)
    return Repost(own, tuple(zip(others[::2], others[1::2], strict=True))) if others else None


def says_nothing(tokens: str) -> bool:
    """Whether a repost's own words, as tokens, are none: empty, pictures alone, or what the platform puts there."""
    return tokens in _SAYING_NOTHING
