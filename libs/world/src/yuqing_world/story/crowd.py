"""Lets the crowd gather: every comment finds an article, every reply a thread, every repost a status, and copies find what they copy."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from yuqing_world.story.arc import Place, Strand
from yuqing_world.story.sketch import Sketch

_RECENT = 24
"""Among how many of the latest roots a newcomer chooses, besides the scripted ones."""
_PULL_FADES_HOURS = 3.0
_ANSWERS_ANOTHER = 0.3
_PASSES_ON_A_REPOST = 0.35
_COPIED_STATUS = 0.08
_LONGEST_CHAIN = 4

_GATHERS_AT = {Place.COMMENT: Place.ARTICLE, Place.REPLY: Place.THREAD, Place.REPOST: Place.MICROBLOG}
_WITHOUT_ROOT = {Place.COMMENT: Place.MICROBLOG, Place.REPLY: Place.THREAD, Place.REPOST: Place.MICROBLOG}
_ELSEWHERE = {Strand.RUMOUR: Strand.COMPLAINT, Strand.ANSWER: Strand.COMPLAINT}
"""Where talk of a strand goes if nothing of its own is there."""


@dataclass(slots=True)
class _Meeting:
    """What a newcomer of one strand and place may gather round."""

    scripted: list[Sketch] = field(default_factory=list[Sketch])
    ordinary: list[Sketch] = field(default_factory=list[Sketch])


class Crowd:
    """Walks once through the sketches in order of time and ties each to what it belongs to."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._meetings: dict[tuple[Place, Strand], _Meeting] = defaultdict(_Meeting)
        self._said: dict[int, list[Sketch]] = defaultdict(list)
        """By the identity of the root: the last things said there."""

    def gather(self, sketches: Iterable[Sketch]) -> None:
        """Sets root, answers, source and subject. A newcomer who finds nothing to gather round begins something of his own."""
        for sketch in sketches:
            wanted = _GATHERS_AT.get(sketch.place)
            root = self._find(wanted, sketch) if wanted else None
            if root is not None:
                self._join(sketch, root)
                continue
            sketch.place = _WITHOUT_ROOT.get(sketch.place, sketch.place)
            self._begin(sketch)

    def _begin(self, sketch: Sketch) -> None:
        meeting = self._meetings[sketch.place, sketch.strand]
        copied = sketch.place is Place.MICROBLOG and sketch.strand in (Strand.COMPLAINT, Strand.RUMOUR) and not sketch.beat
        if copied and meeting.ordinary and self._random.random() < _COPIED_STATUS:
            original = self._recent(meeting.ordinary)
            sketch.source = original.source or original
            sketch.sentiment = original.sentiment
        (meeting.scripted if sketch.beat else meeting.ordinary).append(sketch)

    def _find(self, place: Place, sketch: Sketch) -> Sketch | None:
        for strand in (sketch.strand, _ELSEWHERE.get(sketch.strand)):
            if strand is not None and (found := self._at(self._meetings[place, strand], sketch.hour)) is not None:
                return found
        return None

    def _at(self, meeting: _Meeting, hour: float) -> Sketch | None:
        there = [each for each in meeting.scripted if each.exists_at(hour)]
        pulls = [each.beat.pull / (1 + (hour - each.hour) / _PULL_FADES_HOURS) for each in there if each.beat]
        weight = self._random.random() * (sum(pulls) + min(len(meeting.ordinary), _RECENT) / 3)
        for each, pull in zip(there, pulls, strict=True):
            weight -= pull
            if weight < 0:
                return each
        return self._recent(meeting.ordinary) if meeting.ordinary else (there[-1] if there else None)

    def _recent(self, ordinary: list[Sketch]) -> Sketch:
        """One of the latest, the newer the likelier."""
        reach = min(len(ordinary), _RECENT)
        return ordinary[-1 - int(self._random.random() ** 1.5 * reach)]

    def _join(self, sketch: Sketch, root: Sketch) -> None:
        sketch.root, sketch.subject = root, root.subject
        said = self._said[id(root)]
        share = _PASSES_ON_A_REPOST if sketch.place is Place.REPOST else _ANSWERS_ANOTHER
        if said and self._random.random() < share:
            other = said[int(self._random.random() * len(said))]
            if _depth(other) < _LONGEST_CHAIN:
                sketch.answers = other
        if sketch.place is Place.REPOST and sketch.answers is None:
            sketch.answers = root
        said.append(sketch)
        del said[:-_RECENT]


def _depth(sketch: Sketch) -> int:
    depth = 0
    while sketch.answers is not None:
        sketch, depth = sketch.answers, depth + 1
    return depth
