"""Counts that outlive the rows they counted."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import tally as table
from yuqing_runtime.database import upsert


async def add(connection: AsyncConnection, name: str, count: int) -> int:
    """Adds to a count, which begins at 0, and returns it."""
    statement = upsert(table, connection).values(name=name, value=count)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": table.c.value + count})
    return (await connection.execute(statement.returning(table.c.value))).scalar_one()


async def value(connection: AsyncConnection, name: str) -> int:
    """The count; 0 where nothing was counted."""
    return (await connection.execute(select(table.c.value).where(table.c.name == name))).scalar_one_or_none() or 0
