"""Writes stored mentions anew, against whoever writes them at the same time; any number of replicas may do so."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import Index, Registry, Write

MOST_TRIES = 20
Change = Callable[[Mapping[str, Mention]], Awaitable[Mapping[str, Mention]]]
"""Gives each mention as it is to be: the same object where nothing changes."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: the mentions that the index had, how many were written, and those that others wrote meanwhile."""

    there: frozenset[str]
    changed: int
    conflicts: frozenset[str]


class TooManyRounds(RuntimeError):
    """Mentions were written by others again and again."""

    def __init__(self, mentions: Collection[str]) -> None:
        super().__init__(f"{len(mentions)} mentions were written by others again and again")


class Rewriting:
    """`whole` goes on until nobody else was faster; who has to look at something between the rounds takes them one at a time."""

    def __init__(self, registry: Registry, index: Index) -> None:
        self._registry = registry
        self._index = index

    async def once(self, mentions: Collection[str], change: Change) -> Round:
        """Reads the mentions, and writes those that `change` gives otherwise. Errors: OutsideUnavailable."""
        places = {place.id: place for place in await self._registry.places(mentions)}
        stored = await self._index.read(list(places.values()))
        now = await change({name: each.mention for name, each in stored.items()})
        writes = [Write(places[name], now[name], each.version) for name, each in stored.items() if now[name] is not each.mention]
        written = await self._index.write(writes, [])
        return Round(frozenset(stored), len(writes) - len(written.conflicts) - len(written.refused), written.conflicts)

    async def whole(self, mentions: Collection[str], change: Change) -> frozenset[str]:
        """Rounds until no conflict is left. Returns those that the index has: they are in line. Errors: OutsideUnavailable, TooManyRounds."""
        left, there = frozenset(mentions), frozenset[str]()
        for _ in range(MOST_TRIES):
            if not left:
                return there
            done = await self.once(left, change)
            there |= done.there
            left = done.conflicts
        raise TooManyRounds(left)
