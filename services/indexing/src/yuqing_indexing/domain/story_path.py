"""How a story went from one to the next: who was first, who carried it when, and whose carrying was followed by the largest jump."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ids import address_key, identity_keys, native_key
from yuqing_indexing.domain.reach import reach
from yuqing_indexing.domain.telling import passed_on_key

JUMP_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A mention that carried the story. `passes_on` is the id of the one it passes on (empty: not known), `depth` its steps from the beginning.

    `passed_on` is how many pass it on, directly or through others.
    """

    mention: Mention
    passes_on: str
    depth: int
    passed_on: int


@dataclass(frozen=True, slots=True)
class Jump:
    """The step that was followed by most. `before` and `after` are mentions within the hour before and after it that pass on nobody known.

    Who is known to pass on somebody counts for those alone: else the first of a crowd that follows another would be called its cause.
    """

    step: Step
    before: int
    after: int

    @property
    def score(self) -> int:
        """What is compared: how many more came after than before, and how many pass it on."""
        return self.after - self.before + self.step.passed_on


@dataclass(frozen=True, slots=True)
class StoryPath:
    """The steps in order of publication, and the largest jump, where anything followed on anybody."""

    steps: tuple[Step, ...]
    jump: Jump | None


def path_of(mentions: Sequence[Mention]) -> StoryPath:
    """The path of a story with these mentions."""
    ordered = sorted(mentions, key=lambda mention: (mention.when, mention.id))
    parents = _parents(ordered)
    depths = {mention.id: _depth(mention.id, parents) for mention in ordered}
    below = _below(parents, depths)
    steps = tuple(Step(mention, parents.get(mention.id, ""), depths[mention.id], below.get(mention.id, 0)) for mention in ordered)
    return StoryPath(steps, _largest_jump(steps))


def _parents(mentions: Sequence[Mention]) -> dict[str, str]:
    """What each passes on, where that is one of them. Who names himself, or one that names him back, passes on nothing."""
    owners = {key: mention.id for mention in reversed(mentions) for key in _keys(mention)}
    parents: dict[str, str] = {}
    for mention in mentions:
        parent = owners.get(passed_on_key(mention.document), "")
        if parent and mention.id not in _line(parent, parents):
            parents[mention.id] = parent
    return parents


def _keys(mention: Mention) -> set[str]:
    document = mention.document
    keys = {mention.id, *map(address_key, mention.addresses)}
    keys.update(identity_keys(site=document.site, native_id=document.native_id, url=document.url, canonical_url=document.canonical_url))
    return keys | ({native_key(document.site, document.native_id)} if document.native_id else set())


def _line(mention: str, parents: Mapping[str, str]) -> list[str]:
    """It, what it passes on, and so on to the beginning."""
    line = [mention]
    while parent := parents.get(line[-1]):
        line.append(parent)
    return line


def _depth(mention: str, parents: Mapping[str, str]) -> int:
    return len(_line(mention, parents)) - 1


def _below(parents: Mapping[str, str], depths: Mapping[str, int]) -> dict[str, int]:
    """How many pass each on: counted from the ends to the beginnings."""
    below: dict[str, int] = {}
    for mention in sorted(parents, key=lambda each: depths[each], reverse=True):
        below[parents[mention]] = below.get(parents[mention], 0) + 1 + below.get(mention, 0)
    return below


def _largest_jump(steps: Sequence[Step]) -> Jump | None:
    """The first step is no jump: it is where the story begins. Of two that are as large the one with more readers counts."""
    times = [step.mention.when for step in steps if not step.passes_on]
    jumps = [Jump(step, *_around(times, step.mention.when)) for step in steps[1:]]
    best = max(jumps, key=lambda jump: (jump.score, reach(jump.step.mention.document), -jump.step.mention.when.timestamp()), default=None)
    return best if best and best.score > 0 else None


def _around(times: Sequence[datetime], moment: datetime) -> tuple[int, int]:
    before = bisect_left(times, moment) - bisect_left(times, moment - JUMP_WINDOW)
    after = bisect_right(times, moment + JUMP_WINDOW) - bisect_right(times, moment)
    return before, after
