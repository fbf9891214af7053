"""Links that people gave, waiting to be fetched; a row goes in the transaction that spools its document."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import finding as table
from yuqing_runtime import clock
from yuqing_runtime.clock import database_milliseconds
from yuqing_runtime.wakes import touch

WAKE = "findings"


@dataclass(frozen=True, slots=True)
class WaitingFinding:
    """A finding to be fetched; `message` is the contract's form of it."""

    id: int
    origin: str
    number: int
    kind: str
    message: bytes
    traceparent: str
    attempts: int


async def add(connection: AsyncConnection, *, origin: str, number: int, kind: str, message: bytes, traceparent: str) -> None:
    """Lets a link wait to be fetched."""
    row = {"origin": origin, "number": number, "kind": kind, "finding": message, "traceparent": traceparent, "attempts": 0}
    await connection.execute(insert(table).values(**row, created_at=await clock.now(connection), leased_until_milliseconds=0))
    touch(connection, WAKE)


async def claim(connection: AsyncConnection, *, limit: int, seconds: float) -> list[WaitingFinding]:
    """Takes findings that no replica is fetching, the oldest first."""
    now = database_milliseconds()
    free = select(table.c.id).where(table.c.leased_until_milliseconds <= now).order_by(table.c.id).limit(limit)
    taken = update(table).where(table.c.id.in_(free.with_for_update(skip_locked=True)))
    taken = taken.values(leased_until_milliseconds=now + int(seconds * 1000), attempts=table.c.attempts + 1)
    columns = (table.c.id, table.c.origin, table.c.number, table.c.kind, table.c.finding, table.c.traceparent, table.c.attempts)
    return [WaitingFinding(*row) for row in await connection.execute(taken.returning(*columns))]


async def try_later(connection: AsyncConnection, finding_id: int, *, seconds: float) -> None:
    """Leaves a finding alone for so long."""
    until = database_milliseconds() + int(seconds * 1000)
    await connection.execute(update(table).where(table.c.id == finding_id).values(leased_until_milliseconds=until))


async def done(connection: AsyncConnection, finding_id: int) -> None:
    """Forgets a finding."""
    await connection.execute(delete(table).where(table.c.id == finding_id))
