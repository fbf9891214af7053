"""What was erased for good: hashes of identities, so that it is neither spooled nor fetched again."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import tombstone as table
from yuqing_runtime import clock
from yuqing_runtime.database import upsert


async def erased(connection: AsyncConnection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that were erased."""
    if not keys:
        return set()
    return set((await connection.execute(select(table.c.key).where(table.c.key.in_(keys)))).scalars())


async def add(connection: AsyncConnection, keys: Iterable[bytes]) -> None:
    """Keeps these from coming back."""
    at = await clock.now(connection)
    await connection.execute(upsert(table, connection).on_conflict_do_nothing(), [{"key": key, "at": at} for key in keys])
