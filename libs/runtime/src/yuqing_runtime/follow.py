"""The consumer's side of a feed: its cursor lies in its own database, moved in the transaction of the effect, so each change acts once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime.database import Database, upsert
from yuqing_runtime.feed import SequenceGone
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import consumer_cursor

Item = TypeVar("Item")
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class Subscription(Generic[Item]):
    """What is followed and what is done with it.

    `feed` names the cursor (`alerting.warnings`), `stream` opens the producer's stream after a sequence, `sequence_of` reads an item's
    (last) sequence, `effect` acts on it within the given writing transaction and only there.
    """

    feed: str
    stream: Callable[[int], AsyncIterator[Item]]
    sequence_of: Callable[[Item], int]
    effect: Callable[[AsyncConnection, Item], Awaitable[None]]


async def cursor(connection: AsyncConnection, feed: str) -> int:
    """The sequence of the last change that had its effect; 0 before the first."""
    found = await connection.execute(select(consumer_cursor.c.sequence).where(consumer_cursor.c.feed == feed))
    return found.scalar_one_or_none() or 0


async def advance(connection: AsyncConnection, feed: str, sequence: int) -> bool:
    """Moves the cursor forward to `sequence`; False when it is there already: then the effect was had, and must not be repeated.

    Call it before the effect: it locks the cursor's row, so a second replica waits here and then learns that there is nothing to do.
    """
    start = upsert(consumer_cursor, connection).values(feed=feed, sequence=0).on_conflict_do_nothing()
    await connection.execute(start)
    moved = update(consumer_cursor).where(consumer_cursor.c.feed == feed, consumer_cursor.c.sequence < sequence)
    return (await connection.execute(moved.values(sequence=sequence))).rowcount == 1


async def reset(connection: AsyncConnection, feed: str, sequence: int) -> None:
    """Puts the cursor anywhere: after listing the present state anew, or back to 0 to replay."""
    statement = upsert(consumer_cursor, connection).values(feed=feed, sequence=sequence)
    await connection.execute(statement.on_conflict_do_update(index_elements=["feed"], set_={"sequence": sequence}))


async def follow(database: Database, subscription: Subscription[Item], *, first_pause_seconds: float = FIRST_PAUSE_SECONDS) -> None:
    """Follows for ever: each item has its effect exactly once, in order; what fails is tried again from the cursor, with growing pauses.

    Errors: SequenceGone when the producer no longer keeps what comes next; list its present state, `reset` the cursor (to where `kept_after`
    says that its feed begins now) and follow again.
    """
    pause_seconds = first_pause_seconds
    while True:
        before = await _position(database, subscription.feed)
        try:
            await _follow_once(database, subscription, before)
        except SequenceGone:
            raise
        except Exception as error:
            if isinstance(error, grpc.aio.AioRpcError) and error.code() is grpc.StatusCode.OUT_OF_RANGE:
                raise _gone(error, f"{subscription.feed}: the producer no longer keeps what follows {before}") from error
            _log.warning("feed_interrupted", feed=subscription.feed, error=repr(error), pause_seconds=pause_seconds)
        moved = await _position(database, subscription.feed) > before
        pause_seconds = first_pause_seconds if moved else min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))


async def _follow_once(database: Database, subscription: Subscription[Item], after_sequence: int) -> None:
    async for item in subscription.stream(after_sequence):
        async with database.write() as connection:
            if await advance(connection, subscription.feed, subscription.sequence_of(item)):
                await subscription.effect(connection, item)


async def _position(database: Database, feed: str) -> int:
    async with database.read() as connection:
        return await cursor(connection, feed)


def _gone(error: grpc.aio.AioRpcError, message: str) -> SequenceGone:
    told = refusal(error)
    return SequenceGone(message, reason=told.reason, metadata=told.metadata) if told is not None else SequenceGone(message)
