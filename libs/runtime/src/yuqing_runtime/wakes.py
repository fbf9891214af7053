"""Wakes those in this process who wait for a change, as soon as it is committed; whoever is elsewhere polls."""

import asyncio
from collections import defaultdict
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

_TOUCHED = "yuqing.touched"


class Wakes:
    """Names of things that change, and who sleeps until they do."""

    def __init__(self) -> None:
        self._sleepers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def sleeper(self, name: str) -> Generator[asyncio.Event, None, None]:
        """An event that is set when `name` changes; the sleeper clears it."""
        event = asyncio.Event()
        self._sleepers[name].add(event)
        try:
            yield event
        finally:
            self._sleepers[name].discard(event)

    def wake(self, names: Iterable[str]) -> None:
        """Sets the event of each sleeper for these names."""
        for name in names:
            for event in self._sleepers[name]:
                event.set()


def touch(connection: AsyncConnection, name: str) -> None:
    """Remembers that this transaction changes `name`: the sleepers are woken after its commit, never before."""
    touched: set[str] = connection.info.setdefault(_TOUCHED, set())
    touched.add(name)


def take_touched(connection: AsyncConnection) -> set[str]:
    """The names that this transaction touched, which are then forgotten (a connection is used again by the next)."""
    touched: set[str] = connection.info.pop(_TOUCHED, set())
    return touched
