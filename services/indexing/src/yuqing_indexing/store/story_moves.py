"""Mentions whose story in the index is to be brought in line; each function works in the transaction it is given."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.store.registry import among
from yuqing_indexing.store.tables import story_move as table
from yuqing_runtime import clock

SETTLED_AFTER = timedelta(minutes=15)
"""By then every write that began before the move has ended: what the index does not have by then, it will not have."""


@dataclass(frozen=True, slots=True)
class Moves:
    """The mentions to look after; `last` is where the next ones begin, `settled` are those that came too long ago to be waited for."""

    mentions: tuple[str, ...]
    last: tuple[datetime, str]
    settled: frozenset[str]


async def after(connection: AsyncConnection, last: tuple[datetime, str] | None, *, limit: int) -> Moves | None:
    """The oldest moves after a place; None where there are none."""
    query = select(table).order_by(table.c.at, table.c.mention).limit(limit)
    if last is not None:
        at, mention = last
        query = query.where((table.c.at > at) | ((table.c.at == at) & (table.c.mention > mention)))
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    settled = await clock.now(connection) - SETTLED_AFTER
    return Moves(tuple(row.mention for row in rows), (rows[-1].at, rows[-1].mention), frozenset(row.mention for row in rows if row.at < settled))


async def done(connection: AsyncConnection, mentions: Collection[str], *, until: datetime) -> None:
    """Forgets moves, but for those that were asked for anew since."""
    await connection.execute(delete(table).where(among(table.c.mention, mentions, connection), table.c.at <= until))
