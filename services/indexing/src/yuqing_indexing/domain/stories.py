"""Which story a mention belongs to: that of what it passes on, or of the text that it copies, else one of its own.

A text is a **copy** of another where the longer one holds 70 % of the shorter, and the shorter one 60 % of the longer: reworded, cut by a third,
or added to by half. The rule is the same in both directions, so it does not matter which came first. A text that also holds a fifth of
another story's is **joined**: it is linked with each and belongs to none; so is a quotation. What the platform says (`repost_of`) comes before
what the words say.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from yuqing_indexing.domain.document import Membership, Related
from yuqing_indexing.domain.telling import Telling, Words
from yuqing_text.likeness import Sketch

COPY_HOLDS_OF_SHORTER, COPY_HOLDS_OF_LONGER = 0.7, 0.6
JOINED_HOLDS = 0.2
PART_TOKENS, PART_HOLDS = 12, 0.3
"""A text is linked with a story where one of them holds so much of the other, and it is more than a phrase."""
DIFFERS_MUCH = 0.8
"""A copy that shares less than this with the text it was known by is sought by its own fingerprints as well."""
MOST_TEXTS_A_FINGERPRINT = 16
"""What more texts have in common is a footer or a saying. The first ones keep it, so what was quoted that often is still found."""
MOST_COMPARED = 8
FEW_FINGERPRINTS = 12
"""A text that has more of them shares two at least with what it is like: those that share one alone share a phrase."""
COMMON_SHARE = 0.25
"""Texts that share common fingerprints alone share a footer, unless these are so large a part of all that it is what was said."""
MOST_RELATED = 10


@dataclass(frozen=True, slots=True)
class Text:
    """A distinct text of a story, and the mention that brought it; `is_sought` says that similar ones find it by its fingerprints."""

    words: Words
    story: str
    mention: str
    related: tuple[Related, ...] = ()
    is_sought: bool = False


@dataclass
class KnownTexts:
    """The texts, by their numbers, and the fingerprints that bear on a batch. What is new is noted in `added` and `added_postings`."""

    texts: dict[int, Text] = field(default_factory=dict[int, Text])
    postings: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    added: list[Text] = field(default_factory=list[Text])
    added_postings: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    met: set[int] = field(default_factory=set[int])
    """The texts that something was found to be a copy of."""

    def candidates(self, sketch: Sketch) -> list[int]:
        """The numbers of the texts that share the most fingerprints, most first."""
        found = [numbers for each in sketch.fingerprints if (numbers := self.postings.get(each))]
        shared = Counter(chain.from_iterable(found))
        rare = set(chain.from_iterable(numbers for numbers in found if len(numbers) < MOST_TEXTS_A_FINGERPRINT))
        size = len(sketch.fingerprints)
        least = 1 if size <= FEW_FINGERPRINTS else 2
        several = [(count, number) for number, count in shared.items() if count >= least and (number in rare or count >= COMMON_SHARE * size)]
        return [number for _, number in sorted(several, reverse=True)[:MOST_COMPARED]]

    def related(self, number: int | None, story: str) -> tuple[Related, ...]:
        """The stories, other than this one, that a text is linked with."""
        text = self.texts.get(number) if number is not None else None
        return tuple(each for each in text.related if each.story != story) if text else ()

    def join(self, one: str, into: str) -> None:
        """The texts of one story are another's now, which is not linked with itself."""
        for number, text in self.texts.items():
            if text.story in (one, into):
                related = tuple(each for each in text.related if each.story not in (one, into))
                self.texts[number] = replace(text, story=into, related=related)
        self.added = [self.texts[text.words.number] for text in self.added]

    def add(self, text: Text) -> None:
        """One more text; it is found by those of its fingerprints that are not too common."""
        number = text.words.number
        self.texts[number] = text
        self.added.append(text)
        if not text.is_sought:
            return
        for each in text.words.sketch.fingerprints:
            numbers = self.postings.get(each)
            if numbers is None:
                self.postings[each] = [number]
            elif len(numbers) < MOST_TEXTS_A_FINGERPRINT:
                numbers.append(number)
            else:
                continue
            self.added_postings.append((each, number))


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How a text is like a known one: which of its tokens that one holds, the share that these are, and the share that it holds of that one."""

    text: Text
    mask: NDArray[np.bool_]
    held: float
    holds: float

    @classmethod
    def between(cls, sketch: Sketch, text: Text) -> "_Likeness":
        known = text.words.sketch
        mask = sketch.common_with(known)
        common = int(mask.sum())
        holds = common / known.size  # about; what is to count is looked at
        if max(common / sketch.size, holds) >= JOINED_HOLDS:
            holds = float(known.common_with(sketch).mean())
        return cls(text, mask, common / sketch.size, holds)

    @property
    def is_copy(self) -> bool:
        return max(self.held, self.holds) >= COPY_HOLDS_OF_SHORTER and min(self.held, self.holds) >= COPY_HOLDS_OF_LONGER

    @property
    def is_part(self) -> bool:
        return int(self.mask.sum()) >= PART_TOKENS and max(self.held, self.holds) >= PART_HOLDS

    def adds_to(self, best: "_Likeness") -> bool:
        """Whether this is another parent: it holds a good part of the text that the best one lacks, and little of what that one has."""
        lacking = (self.mask & ~best.mask).mean() >= JOINED_HOLDS
        return bool(lacking) and 2 * int((self.mask & best.mask).sum()) <= int(best.mask.sum())


def story_name(story: str) -> str:
    """The resource name."""
    return f"stories/{story}"


def story_id_of(name: str) -> str:
    """The id in a resource name."""
    return name.removeprefix("stories/")


def story_id(key: str) -> str:
    """The id of the story that the mention with this identity key begins; the key cannot be read out of it."""
    return hashlib.sha256(f"story\0{key}".encode()).hexdigest()[:32]


@dataclass
class Placing:
    """Places the mentions of a batch, one after the other.

    `stories` are those of keys that may be passed on, as far as they are known, and `awaited` those that reposts began before what they pass on
    was seen: it joins them when it comes. `owners` are the mentions with these keys that are known and have no story yet, and `merged` are
    stories that became part of others. `joined` are those of them that did so here: who waited for a mention whose words had a story already.
    """

    known: KnownTexts
    stories: dict[str, str] = field(default_factory=dict[str, str])
    awaited: set[str] = field(default_factory=set[str])
    owners: dict[str, str] = field(default_factory=dict[str, str])
    merged: dict[str, str] = field(default_factory=dict[str, str])
    joined: dict[str, str] = field(default_factory=dict[str, str])

    def place(self, told: Telling, present: Membership | None = None) -> Membership:
        """The mention's story. `present` is the one it had before its text was edited: it stays unless the text is another story's now."""
        if told.passes_on:
            placed = self._by_platform(told, self._passed_on(told.passes_on))
        elif present is None and (waiting := self._awaiting(told)):
            placed = self._awaited_by(waiting, told)
        else:
            placed = self._by_words(told, present)
        self.stories.update(dict.fromkeys(told.keys, placed.story))
        return placed

    def settled(self, placed: Membership) -> Membership:
        """A membership that was given before a story joined another, as it is afterwards."""
        if not self.joined:
            return placed
        story = self.joined.get(placed.story, placed.story)
        related = tuple(each for each in placed.related if self.joined.get(each.story, each.story) != story)
        return replace(placed, story=story, related=related)

    def follow(self, told: Telling, story: str) -> None:
        """Lets copies of a mention's words come to a story; words that are known already stay where they are."""
        if told.words and told.words.number not in self.known.texts:
            self.known.add(Text(told.words, story, told.mention, is_sought=told.words.are_compared))

    def _passed_on(self, key: str) -> str:
        """The story of what has this key; begun now, where that was not seen yet."""
        key = self.owners.get(key, key)
        if key not in self.stories:
            self.stories[key] = self._begun_by(key)
            self.awaited.add(self.stories[key])
        return self.stories[key]

    def _awaiting(self, told: Telling) -> str | None:
        """The story where those wait that pass this mention on."""
        return next((story for key in told.keys if (story := self._begun_by(key)) in self.awaited), None)

    def _awaited_by(self, waiting: str, told: Telling) -> Membership:
        """Those who wait come along where the mention's words have a story already; where a person merged theirs, it comes to them."""
        unmerged = any(story_id(key) == waiting for key in told.keys)
        text = self._copied_by(told.words) if unmerged and told.words else None
        if text is None or text.story == waiting:
            return self._by_platform(told, waiting)
        self._join(waiting, text.story)
        return self._by_words(told, None)

    def _join(self, one: str, into: str) -> None:
        """Everything that is known by the story's name follows it."""
        for kept in (self.stories, self.merged, self.joined):
            kept.update({key: into for key, story in kept.items() if story == one})
        self.merged[one] = self.joined[one] = into
        self.awaited.discard(one)
        self.known.join(one, into)

    def _begun_by(self, key: str) -> str:
        return self.merged.get(story_id(key), story_id(key))

    def _by_platform(self, told: Telling, story: str) -> Membership:
        self.follow(told, story)
        related = self.known.related(told.words.number if told.words else None, story)
        return Membership(story, bool(told.passes_on) and not told.adds, related)

    def _by_words(self, told: Telling, present: Membership | None) -> Membership:
        words = told.words
        if words is None:
            return present or Membership(story_id(told.mention))
        if same := self.known.texts.get(words.number):
            return self._copy(told, same, present)
        likenesses = self._likenesses(words)
        copied = _copied(likenesses)
        if copied is None:
            return self._opened(told, words, present, _related(likenesses))
        self.known.add(replace(copied.text, words=words, mention=told.mention, is_sought=min(copied.held, copied.holds) < DIFFERS_MUCH))
        return self._copy(told, copied.text, present)

    def _likenesses(self, words: Words) -> list[_Likeness]:
        """How the words are like those that are known; too few words are like none."""
        if not words.are_compared:
            return []
        found = (self.known.texts.get(number) for number in self.known.candidates(words.sketch))
        return [_Likeness.between(words.sketch, text) for text in found if text]

    def _copied_by(self, words: Words) -> Text | None:
        """The known text that these words are, or are a copy of."""
        if same := self.known.texts.get(words.number):
            return same
        copied = _copied(self._likenesses(words))
        return copied.text if copied else None

    def _copy(self, told: Telling, text: Text, present: Membership | None) -> Membership:
        self.known.met.add(text.words.number)
        if present and present.story == text.story:
            return replace(present, related=text.related)
        return Membership(text.story, not told.adds, text.related)

    def _opened(self, told: Telling, words: Words, present: Membership | None, related: tuple[Related, ...]) -> Membership:
        story = present.story if present else story_id(told.mention)
        related = tuple(each for each in related if each.story != story)
        self.known.add(Text(words, story, told.mention, related, is_sought=words.are_compared))
        return Membership(story, present.copy if present else False, related)


def _copied(likenesses: Sequence[_Likeness]) -> _Likeness | None:
    """The text that it is a copy of; None where there is none, or several are joined in it."""
    best = max((each for each in likenesses if each.is_copy), key=lambda each: each.held + each.holds, default=None)
    if best is None or any(each.text.story != best.text.story and each.adds_to(best) for each in likenesses):
        return None
    return best


def _related(likenesses: Sequence[_Likeness]) -> tuple[Related, ...]:
    """The stories that it has parts of or is a part of: first the one with most of its tokens, which is its parent."""
    shares: dict[str, float] = {}
    for each in likenesses:
        if each.is_part:
            shares[each.text.story] = max(each.held, shares.get(each.text.story, 0.0))
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Related(story, round(share, 4)) for story, share in ordered[:MOST_RELATED])
