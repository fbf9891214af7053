"""The one lock of a service under which numbers are given, to its feeds and to its audit chain.

Without it a transaction that took number 7 may commit after the one that took 8; a reader that has seen 8 never looks for 7 again.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def hold(connection: AsyncConnection) -> None:
    """Holds the lock to the end of this writing transaction; may be called again in it.

    PostgreSQL: whoever waits for the lock while holding row locks can deadlock with its holder. So either take it first, or append to
    feeds and audit chain as the transaction's last statements. SQLite: BEGIN IMMEDIATE already holds the file's only write lock.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('yuqing.order.' || current_schema(), 0))"))
