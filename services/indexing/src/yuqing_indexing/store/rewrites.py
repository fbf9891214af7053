"""Mentions that the index is to be brought in line with what stands in SQL; each method works in the transaction it is given."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.store.tables import by_hand_write, story_move
from yuqing_runtime import clock
from yuqing_runtime.database import upsert
from yuqing_runtime.rows import among

SETTLED_AFTER = timedelta(minutes=15)
"""By then every write that began before the change has ended: what the index does not have by then, it will not have."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The mentions to look after; `last` is where the next ones begin, `settled` are those that came too long ago to be waited for."""

    mentions: tuple[str, ...]
    last: tuple[datetime, str]
    settled: frozenset[str]


@dataclass(frozen=True)
class RewriteList:
    """One list of such mentions; the table has them with the time of the newest change."""

    table: Table

    async def add(self, connection: AsyncConnection, mentions: Collection[str]) -> None:
        """Has the index follow."""
        if mentions:
            at = await clock.now(connection)
            statement = upsert(self.table, connection)
            rows = [{"mention": mention, "at": at} for mention in mentions]
            await connection.execute(statement.on_conflict_do_update(index_elements=["mention"], set_={"at": at}), rows)

    async def after(self, connection: AsyncConnection, seen: tuple[datetime, str] | None, *, limit: int) -> Portion | None:
        """The oldest ones after a place; None where there are none."""
        columns = self.table.c
        query = select(self.table).order_by(columns.at, columns.mention).limit(limit)
        if seen is not None:
            at, mention = seen
            query = query.where((columns.at > at) | ((columns.at == at) & (columns.mention > mention)))
        rows = (await connection.execute(query)).all()
        if not rows:
            return None
        settled = await clock.now(connection) - SETTLED_AFTER
        return Portion(
            tuple(row.mention for row in rows), (rows[-1].at, rows[-1].mention), frozenset(row.mention for row in rows if row.at < settled)
        )

    async def done(self, connection: AsyncConnection, mentions: Collection[str], *, until: datetime) -> None:
        """Forgets those that are in line, but for those that changed again since."""
        columns = self.table.c
        await connection.execute(delete(self.table).where(among(columns.mention, mentions, connection), columns.at <= until))


STORY_MOVES: Final = RewriteList(story_move)
"""Mentions whose story changed."""
BY_HAND_WRITES: Final = RewriteList(by_hand_write)
"""Mentions that people did something to."""
