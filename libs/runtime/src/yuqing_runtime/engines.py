"""The engines behind a `Database`: what must be set on SQLite and PostgreSQL so that both keep what they acknowledge."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema
from sqlalchemy.util import await_only

from yuqing_runtime.sqlite_driver import Driver

BUSY_TIMEOUT_SECONDS = 30.0
"""How long a writer waits for another one before it fails: SQLite's busy_timeout, PostgreSQL's lock_timeout."""
_WAL_PAUSE_SECONDS = 0.05
_CACHE, _WRITER_CACHE = "cache_size=-16384", "cache_size=-32768"
"""KiB of pages that SQLite keeps for each connection; its own 2 MiB are read anew for every batch."""
_CHECKPOINT = "wal_autocheckpoint=12000"
"""Pages, 48 MiB, of the log that are gathered before they go to the file. SQLite's own 1,000 are less than one batch writes: keys are random, so each
row is on a page of its own, and the next batch would write the same pages again."""
IDLE_TIMEOUT_SECONDS = 120.0
"""PostgreSQL ends a transaction that does nothing for so long: a replica that hangs must not hold the order lock for ever."""
READERS = 4
_closing: set[asyncio.Task[None]] = set()
_OPENING = 7_236_410_551  # an advisory lock's number: two replicas that create one schema at once would collide in the catalogue


@dataclass(frozen=True)
class Engines:
    """One engine that writes and one that only reads; on PostgreSQL they share a pool. `migrator` is for changes of tables."""

    writer: AsyncEngine
    reader: AsyncEngine
    migrator: AsyncEngine

    async def dispose(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*_closing, return_exceptions=True)
        for engine in (self.writer, self.reader, self.migrator):
            await engine.dispose()


async def connect(url: URL, schema: str) -> Engines:
    """The engines for `url`; the file's folder or the schema is made if absent."""
    match url.get_backend_name():
        case "sqlite":
            return await _sqlite(url.set(drivername="sqlite+aiosqlite"))
        case "postgresql":
            return await _postgresql(url.set(drivername="postgresql+psycopg"), schema)
        case name:
            raise ValueError(f"{name}: only SQLite and PostgreSQL are supported")


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection, None]:
    """A connection of the engine's pool, given back afterwards.

    Who is cancelled while it is made leaves it to be finished and closed: a driver that is interrupted half-way leaves sockets and threads.
    """
    opening = asyncio.ensure_future(_open(engine))
    try:
        connection = await asyncio.shield(opening)
    except asyncio.CancelledError:
        _to_the_end(_close_when_open(opening))
        raise
    try:
        yield connection
    finally:
        await asyncio.shield(_to_the_end(connection.close()))


async def _open(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _close_when_open(opening: asyncio.Future[AsyncConnection]) -> None:
    with suppress(Exception):  # then there is nothing to close
        await (await opening).close()


def _to_the_end(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    _closing.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_closing.discard)
    return task


@asynccontextmanager
async def migrating(engines: Engines) -> AsyncGenerator[AsyncConnection, None]:
    """One transaction in which tables may be changed, by one replica at a time."""
    async with connected(engines.migrator) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL lock_timeout = 0"))  # the other replica's migration may take long
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('yuqing.migration.' || current_schema(), 0))"))
        yield connection
        if connection.dialect.name == "sqlite" and (broken := (await connection.execute(text("PRAGMA foreign_key_check"))).all()):
            raise ValueError(f"the migration leaves rows whose foreign key points nowhere: {broken[:3]}")


def _dump_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def _sqlite(url: URL) -> Engines:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: one in memory is lost with its connection")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engines = Engines(
        writer=_sqlite_engine(url, begin="BEGIN IMMEDIATE", pragmas=(_WRITER_CACHE,), pool_size=1, max_overflow=0),
        reader=_sqlite_engine(url, begin="BEGIN", pragmas=("query_only=ON",), pool_size=READERS, max_overflow=READERS),
        # Alembic's batch mode drops the table that it rebuilds: with foreign keys on, the rows that refer to it would go with it.
        migrator=_sqlite_engine(url, begin="BEGIN IMMEDIATE", pragmas=("foreign_keys=OFF",), poolclass=NullPool),
    )
    async with engines.writer.connect():
        pass  # the first connection puts the file into WAL mode, before readers come
    return engines


class _SqliteConnection(sqlite3.Connection):
    def close(self) -> None:
        """Rolls back first: of a call that was cancelled somebody may still hold the cursor, and SQLite keeps a closed connection, with its lock
        on the file, as long as that is there."""
        if self.in_transaction:
            self.rollback()
        super().close()


def _put_into_wal(cursor: Any) -> None:
    """Tries again while others do the same to a new file: SQLite then refuses at once, without waiting for its busy timeout."""
    given_up = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > given_up:  # the lower byte is the kind of error
                raise
            await_only(asyncio.sleep(_WAL_PAUSE_SECONDS))
        else:
            return


def _sqlite_engine(url: URL, *, begin: str, pragmas: tuple[str, ...] = (), **pool: Any) -> AsyncEngine:
    # isolation_level=None switches off the driver's own, late BEGIN: with it a transaction reads before it holds the lock, and updates
    # are lost without an error.
    options = {"isolation_level": None, "timeout": BUSY_TIMEOUT_SECONDS, "factory": _SqliteConnection}
    engine = create_async_engine(url, module=Driver(), connect_args=options, json_serializer=_dump_json, **pool)

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        _put_into_wal(cursor)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864", _CHECKPOINT, _CACHE, *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


async def _postgresql(url: URL, schema: str) -> Engines:
    limits = {"lock_timeout": BUSY_TIMEOUT_SECONDS, "idle_in_transaction_session_timeout": IDLE_TIMEOUT_SECONDS}
    settings = [f"-csearch_path={schema}", *(f"-c{name}={seconds * 1000:.0f}" for name, seconds in limits.items())]
    options = {"options": " ".join(settings), "application_name": f"yuqing-{schema}"}
    engine = create_async_engine(
        url,
        connect_args=options,
        json_serializer=_dump_json,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
    )
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _OPENING})
        known = await connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :schema"), {"schema": schema})
        if known.one_or_none() is None:  # asked first, because a role that may not create schemas may not say IF NOT EXISTS either
            await connection.execute(CreateSchema(schema))
    return Engines(writer=engine, reader=engine.execution_options(postgresql_readonly=True), migrator=engine)
