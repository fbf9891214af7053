"""A service's ordered feed of its changes: written in the transaction of the change, read by whoever follows, trimmed after a time.

Numbers are dense for each feed (1, 2, 3 …), so that a hole is noticed and never skipped.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime import clock, order
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.errors import OutOfRange
from yuqing_runtime.rows import execute_rows
from yuqing_runtime.tables import change, change_head
from yuqing_runtime.wakes import touch

POLL_SECONDS = 0.2
IDLE_POLL_SECONDS = 1.0
_KEPT_AFTER = "kept_after"


class SequenceGone(OutOfRange):
    """The changes after this sequence are no longer kept (or were never made): list the present state, then follow from its sequence."""

    default_reason = "SEQUENCE_GONE"

    @classmethod
    def of(cls, message: str, *, kept_after: int, reason: str = "") -> "SequenceGone":
        """All changes after `kept_after` are still there."""
        return cls(message, reason=reason, metadata={_KEPT_AFTER: str(kept_after)})

    @property
    def kept_after(self) -> int | None:
        """After which sequence all changes are still there; None where the producer does not say."""
        told = self.metadata.get(_KEPT_AFTER)
        return None if told is None else int(told)


@dataclass(frozen=True, slots=True)
class NewChange:
    """What changed: `kind` names the sort of change, `key` the resource, `payload` is a serialised message."""

    kind: str
    key: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a feed; `at` is the moment by the database's clock."""

    sequence: int
    kind: str
    key: str
    payload: bytes
    at: datetime


async def append(connection: AsyncConnection, feed: str, *, kind: str, key: str, payload: bytes) -> int:
    """Appends one change in this transaction and returns its sequence. Do it last in the transaction (see `order.hold`)."""
    return (await append_all(connection, feed, [NewChange(kind, key, payload)])).start


async def append_all(connection: AsyncConnection, feed: str, changes: Sequence[NewChange]) -> range:
    """Appends changes in this order and returns their sequences."""
    if not changes:
        return range(0)
    await order.hold(connection)
    step = change_head.c.last_sequence + len(changes)
    head = upsert(change_head, connection).values(feed=feed, last_sequence=len(changes), trimmed_sequence=0)
    head = head.on_conflict_do_update(index_elements=["feed"], set_={"last_sequence": step})
    last, milliseconds = (await connection.execute(head.returning(change_head.c.last_sequence, clock.database_milliseconds()))).one()
    sequences, at = range(last - len(changes) + 1, last + 1), clock.moment(milliseconds)
    rows = [
        {"sequence": sequence, "kind": new.kind, "key": new.key, "payload": new.payload} for sequence, new in zip(sequences, changes, strict=True)
    ]
    await execute_rows(connection, insert(change).values(feed=feed, at=at), rows)
    touch(connection, feed)
    return sequences


async def last_sequence(connection: AsyncConnection, feed: str) -> int:
    """The newest sequence of the feed, 0 when it is empty. Read together with a list, it is where to follow from."""
    found = await connection.execute(select(change_head.c.last_sequence).where(change_head.c.feed == feed))
    return found.scalar_one_or_none() or 0


_COLUMNS = (change.c.sequence, change.c.kind, change.c.key, change.c.payload, change.c.at)


async def read_after(connection: AsyncConnection, feed: str, after_sequence: int, *, limit: int = 500, kinds: Collection[str] = ()) -> list[Change]:
    """The next changes after `after_sequence`, in order, at most `limit`; empty when there are none yet.

    With `kinds`, those of the next `limit` changes that are of these kinds, and the last one, which tells how far that is.

    Errors: SequenceGone when they were trimmed, or when `after_sequence` lies beyond the feed's end (a database put back from a backup).
    """
    if kinds:
        return await _read_kinds_after(connection, feed, after_sequence, limit=limit, kinds=kinds)
    query = select(*_COLUMNS).where(change.c.feed == feed, change.c.sequence > after_sequence).order_by(change.c.sequence).limit(limit)
    changes = [Change(*row) for row in (await connection.execute(query))]
    if changes and changes[0].sequence != after_sequence + 1:
        last_gone = changes[0].sequence - 1
        raise SequenceGone.of(f"{feed}: the changes {after_sequence + 1} to {last_gone} are no longer kept", kept_after=last_gone)
    if not changes:
        await _check_end(connection, feed, after_sequence)
    return changes


async def _read_kinds_after(connection: AsyncConnection, feed: str, after_sequence: int, *, limit: int, kinds: Collection[str]) -> list[Change]:
    through = min(await last_sequence(connection, feed), after_sequence + limit)
    wanted = change.c.kind.in_(kinds) | (change.c.sequence == through)
    query = select(*_COLUMNS).where(change.c.feed == feed, change.c.sequence > after_sequence, change.c.sequence <= through, wanted)
    changes = [Change(*row) for row in (await connection.execute(query.order_by(change.c.sequence)))]
    await _check_end(connection, feed, after_sequence)  # afterwards: on PostgreSQL they may have been trimmed meanwhile
    return changes


async def _check_end(connection: AsyncConnection, feed: str, after_sequence: int) -> None:
    query = select(change_head.c.last_sequence, change_head.c.trimmed_sequence).where(change_head.c.feed == feed)
    last, trimmed = (await connection.execute(query)).one_or_none() or (0, 0)
    if after_sequence < trimmed:
        raise SequenceGone.of(f"{feed}: the changes {after_sequence + 1} to {trimmed} are no longer kept", kept_after=trimmed)
    if after_sequence > last:
        raise SequenceGone.of(f"{feed}: ends at {last}, before {after_sequence}", kept_after=trimmed, reason="SEQUENCE_AHEAD")


async def watch(
    database: Database, feed: str, after_sequence: int, *, batch: int = 500, kinds: Collection[str] = ()
) -> AsyncGenerator[list[Change], None]:
    """All changes after `after_sequence`, in batches, for ever: a `Watch<Thing>` stream's server side. For `kinds`, see `read_after`.

    A commit of this process wakes it at once; one of another replica is found by polling (0.2 s, 1 s when idle). Errors: SequenceGone.
    """
    pause_seconds = POLL_SECONDS
    with database.wakes.sleeper(feed) as committed:
        while True:
            committed.clear()
            async with database.read() as connection:
                changes = await read_after(connection, feed, after_sequence, limit=batch, kinds=kinds)
            if changes:
                yield changes
                after_sequence = changes[-1].sequence
                pause_seconds = POLL_SECONDS
                continue
            await _wait(committed, pause_seconds)
            pause_seconds = min(pause_seconds * 1.2, IDLE_POLL_SECONDS)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


async def trim(connection: AsyncConnection, feed: str, *, before: datetime) -> int:
    """Forgets the changes made before that moment and returns how many; whoever asks for them afterwards gets SequenceGone."""
    await order.hold(connection)
    newest = select(func.max(change.c.sequence)).where(change.c.feed == feed, change.c.at < before)
    through = (await connection.execute(newest)).scalar_one_or_none()
    if through is None:
        return 0
    await connection.execute(update(change_head).where(change_head.c.feed == feed).values(trimmed_sequence=through))
    gone = await connection.execute(delete(change).where(change.c.feed == feed, change.c.sequence <= through))
    return gone.rowcount
