"""A service's database, the same on SQLite and PostgreSQL: transactions that lose no update, the database's clock, migrations.

Statements are SQLAlchemy Core on an `AsyncConnection`: `write()` commits at the end of the block or rolls back, `read()` can only read.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, Self, cast

from sqlalchemy import Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from yuqing_runtime import clock, engines, migration
from yuqing_runtime.wakes import Wakes, take_touched

DialectName = Literal["sqlite", "postgresql"]


class Database:
    """The tables of one service. Made by `open`, given back by `close`."""

    def __init__(self, engine: engines.Engines, *, schema: str) -> None:
        self.schema = schema
        self.wakes = Wakes()
        self._engines = engine
        self._turn = asyncio.Lock()
        self._writing: set[asyncio.Task[object]] = set()

    @classmethod
    async def open(cls, url: str, *, schema: str) -> Self:
        """Opens the database at `url` (see `database_url`); makes the file's folder, or the schema on PostgreSQL, if absent.

        Errors: ValueError for an engine other than SQLite and PostgreSQL; SQLAlchemy's OperationalError when it cannot be reached.
        """
        return cls(await engines.connect(make_url(url), schema), schema=schema)

    @property
    def dialect(self) -> DialectName:
        """The engine's name."""
        return cast(DialectName, self._engines.writer.dialect.name)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection, None]:
        """A transaction that may write: commits when the block ends, rolls back when it raises.

        On SQLite it is BEGIN IMMEDIATE and the only one at a time (writers of one process wait in line, fairly; those of others by
        busy_timeout). On PostgreSQL it is READ COMMITTED: take row locks (`with_for_update`), or compare in the UPDATE, where a value that
        was read decides what is written.
        A second write inside one task would wait for itself for ever, so it raises RuntimeError.
        """
        with self._not_nested():
            async with self._one_at_a_time(), engines.connected(self._engines.writer) as connection:
                take_touched(connection)
                async with connection.begin():
                    yield connection
                touched = take_touched(connection)
            self.wakes.wake(touched)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection, None]:
        """A transaction that can only read: on SQLite a snapshot that blocks nobody, on PostgreSQL READ ONLY."""
        async with engines.connected(self._engines.reader) as connection, connection.begin():
            yield connection

    async def now(self, connection: AsyncConnection) -> datetime:
        """The moment by the database's clock, in UTC, to the millisecond."""
        return await clock.now(connection)

    async def migrate(self, script_location: Path) -> None:
        """Brings the tables to the newest revision in `script_location`/versions; replicas that do it at once wait for one another.

        Errors: `migration.DatabaseNewerError` when the database has a revision that these scripts do not know.
        """
        async with self._one_at_a_time(), engines.migrating(self._engines) as connection:
            await connection.run_sync(migration.upgrade, script_location)

    async def close(self) -> None:
        """Closes every connection."""
        await self._engines.dispose()

    @contextmanager
    def _not_nested(self) -> Generator[None, None, None]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a transaction needs a task of asyncio")
        if task in self._writing:
            raise RuntimeError("this task already holds a writing transaction: pass its connection on")
        self._writing.add(task)
        try:
            yield
        finally:
            self._writing.discard(task)

    @asynccontextmanager
    async def _one_at_a_time(self) -> AsyncGenerator[None, None]:
        if self.dialect == "postgresql":
            yield
            return
        # SQLite's own busy handler polls and is not fair: in one process writers queue here, it only has to settle with other processes.
        async with self._turn:
            yield


def upsert(table: Table, connection: AsyncConnection | AsyncEngine) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that has `on_conflict_do_update`, `on_conflict_do_nothing` and `excluded`, in the engine's own form."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
