"""The copy of the topics that mentions are matched with: written by scoring's feed, read by every batch."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.topics import Told, Topics, Watched, topic_parser
from yuqing_indexing.store import jobs
from yuqing_indexing.store.tables import topic as table
from yuqing_runtime.database import Database, upsert


class SqlTopics:
    """The port `TopicSource` on the service's database; `zone` is the organisation's time zone."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database = database
        self._parser = topic_parser(zone)
        self._version = -1
        self._topics = Topics((), self._parser)
        self._reading = asyncio.Lock()

    async def current(self) -> Topics:
        """See `domain.ports.TopicSource`."""
        async with self._reading, self._database.read() as connection:
            now = await version(connection)
            if now != self._version:
                rows = await connection.execute(select(table).where(table.c.removed.is_(False)))
                watched = [_watched(row) for row in rows.mappings()]
                self._topics = await asyncio.to_thread(Topics, watched, self._parser)
                self._version = now
            return self._topics


async def apply(connection: AsyncConnection, told: Told) -> None:
    """Keeps what the feed tells of a topic, and starts the job that follows from it."""
    name, change = told.watched.name, await version(connection) + 1
    row = (await connection.execute(select(table).where(table.c.name == name))).mappings().one_or_none()
    before = _watched(row) if row and not row["removed"] else None
    same = told.watched.matches_as(before)
    generation = before.generation if before and same else change
    await _keep(connection, _row(replace(told, watched=replace(told.watched, generation=generation))) | {"change": change})
    if told.removed:
        needed = before is not None
    else:
        resumed = before is not None and before.paused and not told.watched.paused
        needed = resumed or (not same and not (before is None and told.watched.paused))
    if needed:
        await jobs.start(connection, name)


async def forget(connection: AsyncConnection) -> None:
    """Removes all topics, before the feed tells of them anew: what is not told again is taken off the mentions."""
    names = (await connection.execute(select(table.c.name).where(table.c.removed.is_(False)))).scalars().all()
    change = await version(connection) + 1
    await connection.execute(update(table).where(table.c.removed.is_(False)).values(removed=True, change=change))
    for name in names:
        await jobs.start(connection, name)


async def find(connection: AsyncConnection, name: str) -> Told | None:
    """A topic that is not removed."""
    row = (await connection.execute(select(table).where(table.c.name == name, table.c.removed.is_(False)))).mappings().one_or_none()
    return Told(_watched(row), False, row["department"], tuple(row["shared_with"])) if row else None


async def version(connection: AsyncConnection) -> int:
    """Grows with every change of a topic."""
    return (await connection.execute(select(func.coalesce(func.max(table.c.change), 0)))).scalar_one()


async def _keep(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    statement = upsert(table, connection).values(**row)
    others = {name: value for name, value in row.items() if name != "name"}
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=others))


def _row(told: Told) -> dict[str, Any]:
    watched = told.watched
    return {
        "name": watched.name,
        "query": watched.query,
        "language": watched.language,
        "start_time": watched.start,
        "end_time": watched.end,
        "paused": watched.paused,
        "removed": told.removed,
        "generation": watched.generation,
        "department": told.department,
        "shared_with": list(told.shared_with),
        "synonyms": [list(terms) for terms in watched.synonyms],
    }


def _watched(row: RowMapping) -> Watched:
    return Watched(
        name=row["name"],
        query=row["query"],
        language=row["language"],
        start=row["start_time"],
        end=row["end_time"],
        paused=row["paused"],
        synonyms=tuple(map(tuple, row["synonyms"])),
        generation=row["generation"],
    )
