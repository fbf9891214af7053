"""Events of sources: changes of their state."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import source_event as table


async def page(connection: AsyncConnection, *, source_id: str, before: int | None, limit: int) -> Sequence[RowMapping]:
    """Events, the newest first, of one source or of all (empty)."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if source_id:
        query = query.where(table.c.source_id == source_id)
    if before is not None:
        query = query.where(table.c.id < before)
    return (await connection.execute(query)).mappings().all()
