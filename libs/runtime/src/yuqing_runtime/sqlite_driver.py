"""SQLite under asyncio with one hop to the connection's thread for a statement, where SQLAlchemy's adapter for aiosqlite makes four.

A hop (wake a thread, wake the event loop) costs more than most of our statements: cursor, execution, rows and the cursor's end go together.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor, AsyncAdapt_aiosqlite_dbapi


class _Told(NamedTuple):
    """What a cursor says of its statement, kept when the cursor itself is gone."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1


def _run(connection: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]) -> tuple[_Told, list[Any]]:
    cursor = connection.cursor()
    try:
        statement(cursor)
        rows: list[Any] = cursor.fetchall() if cursor.description else []
        return _Told(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    def __init__(self, adapt_connection: "_Connection") -> None:
        # Not super's: it makes a cursor in the thread at once.
        self._adapt_connection: Any = adapt_connection
        self._connection = adapt_connection.driver_connection
        self._cursor: Any = _Told()
        self._rows = deque[Any]()
        self._soft_closed_memoized: Any = MappingProxyType({})

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._run(lambda cursor: cursor.execute(operation, parameters or ()))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> None:
        await self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001
            # aiosqlite has no public call for several steps in its thread; SQLAlchemy's own adapter uses its queue too.
            self._cursor, rows = await connection._execute(_run, connection._conn, statement)  # noqa: SLF001
            self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Only the rows are left to drop."""
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor

    def rollback(self) -> None:
        """Spares the hop where there is nothing to roll back: the pool asks for it whenever a connection comes back."""
        connection: Any = self._connection
        if connection._connection is not None and connection.in_transaction:  # noqa: SLF001
            super().rollback()


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """The `module` of an engine for sqlite+aiosqlite."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arguments: Any, **options: Any) -> _Connection:
        """A connection whose statements take one hop each."""
        return _Connection(self, super().connect(*arguments, **options).driver_connection)
