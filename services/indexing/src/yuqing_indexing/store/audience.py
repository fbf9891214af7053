"""Who may see which topics, by the copy of them."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select

from yuqing_indexing.domain.sight import Sight, Viewer
from yuqing_indexing.store.tables import topic as table
from yuqing_indexing.store.topics import version
from yuqing_runtime.database import Database
from yuqing_text.query.widening import Synonyms


@dataclass(frozen=True, slots=True)
class _Kept:
    name: str
    department: str
    shared_with: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]


class SqlAudience:
    """Reads the topics anew only where one changed: every question about mentions asks it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._kept: tuple[_Kept, ...] = ()
        self._sights: dict[Viewer, Sight] = {}
        self._reading = asyncio.Lock()

    async def sight(self, viewer: Viewer) -> Sight:
        """What the viewer may see now."""
        async with self._reading:
            await self._refresh()
            if viewer not in self._sights:
                self._sights[viewer] = _sight(viewer, self._kept)
            return self._sights[viewer]

    async def _refresh(self) -> None:
        async with self._database.read() as connection:
            now = await version(connection)
            if now != self._version:
                columns = (table.c.name, table.c.department, table.c.shared_with, table.c.synonyms)
                rows = await connection.execute(select(*columns).where(table.c.removed.is_(False)).order_by(table.c.name))
                self._kept = tuple(
                    _Kept(name, department, tuple(shared_with), tuple(map(tuple, synonyms))) for name, department, shared_with, synonyms in rows
                )
                self._sights = {}
                self._version = now


def _sight(viewer: Viewer, kept: tuple[_Kept, ...]) -> Sight:
    seen = [topic for topic in kept if viewer.may_see(topic.department, topic.shared_with)]
    names = None if viewer.sees_all else frozenset(topic.name for topic in seen)
    return Sight(names, Synonyms(terms for topic in seen for terms in topic.synonyms))
