"""The database's clock: the one clock that all replicas of a service share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class database_milliseconds(FunctionElement[int]):  # noqa: N801 - reads like a function in a statement, as SQLAlchemy's own do
    """SQL: milliseconds since 1970 by the database's clock, at the moment of the statement (not of the transaction's start)."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_milliseconds, "sqlite")
def _sqlite(_element: database_milliseconds, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(database_milliseconds, "postgresql")
def _postgresql(_element: database_milliseconds, _compiler: SQLCompiler, **_options: Any) -> str:
    # now() would be the start of the transaction: a holder that waited for a row lock would then count from before the wait.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


async def now(connection: AsyncConnection) -> datetime:
    """The moment by the database's clock, in UTC, to the millisecond."""
    return moment((await connection.execute(select(database_milliseconds()))).scalar_one())


def moment(milliseconds: int) -> datetime:
    """The moment so many milliseconds after 1970 began, in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)
