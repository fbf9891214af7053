"""The spool: documents wait here until indexing has answered for each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from opentelemetry.metrics import get_meter
from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.store import mentions, tally
from yuqing_crawler.store.holds import HELD_DOCUMENTS
from yuqing_crawler.store.tables import spool as table
from yuqing_runtime import clock
from yuqing_runtime.clock import database_milliseconds
from yuqing_runtime.rows import among, execute_rows
from yuqing_runtime.wakes import touch

WAKE = "spool"
"""What a commit that adds to the spool touches."""
ACKNOWLEDGED = "acknowledged"
PURGED_AT_ONCE = 5_000
WAITING = get_meter("yuqing").create_gauge("yuqing.crawler.spool.waiting", description="Documents that are not acknowledged yet")


class SpoolState(IntEnum):
    """Where a document stands."""

    WAITING = 0
    DONE = 1
    DEAD = 2


@dataclass(frozen=True, slots=True)
class Claimed:
    """A document that this replica sends now."""

    sequence: int
    message: bytes
    traceparent: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Indexing's answer for one document. `outcome` is the contract's number; `refused` ones have a reason."""

    sequence: int
    outcome: int
    refused: bool
    mention: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """How the spool stands."""

    waiting: int
    oldest_age: timedelta | None
    dead_letters: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused document."""

    sequence: int
    message: bytes
    reason: str
    detail: str
    refused_at: datetime


async def add(connection: AsyncConnection, entries: Sequence[SpoolEntry], now: datetime) -> None:
    """Puts documents into the spool, in this transaction, in this order."""
    if not entries:
        return
    empty = {"state": SpoolState.WAITING.value, "claimed_until_milliseconds": 0, "outcome": 0, "mention": "", "reason": "", "detail": ""}
    rows = [
        {
            "source_id": entry.source_id,
            "document_key": entry.key,
            "document": entry.message,
            "origin": entry.origin,
            "traceparent": entry.traceparent,
        }
        for entry in entries
    ]
    await execute_rows(connection, insert(table).values(empty | {"spooled_at": now}), rows)
    touch(connection, WAKE)


async def claim(connection: AsyncConnection, *, limit: int, seconds: float) -> list[Claimed]:
    """Takes the oldest waiting documents that no replica is sending; they are ours for so long. In order."""
    now = database_milliseconds()
    free = select(table.c.sequence).where(table.c.state == SpoolState.WAITING, table.c.claimed_until_milliseconds <= now)
    free = free.order_by(table.c.sequence).limit(limit).with_for_update(skip_locked=True)
    taken = update(table).where(table.c.sequence.in_(free)).values(claimed_until_milliseconds=now + int(seconds * 1000))
    found = await connection.execute(taken.returning(table.c.sequence, table.c.document, table.c.traceparent))
    return sorted((Claimed(*row) for row in found), key=lambda claimed: claimed.sequence)


async def release(connection: AsyncConnection, sequences: Sequence[int]) -> None:
    """Gives documents back that could not be sent."""
    await connection.execute(update(table).where(_waiting(sequences, connection)).values(claimed_until_milliseconds=0))


async def release_all(connection: AsyncConnection) -> None:
    """Gives back whatever is claimed: for the start of a process that knows to be the only one."""
    held = update(table).where(table.c.state == SpoolState.WAITING, table.c.claimed_until_milliseconds > 0)
    await connection.execute(held.values(claimed_until_milliseconds=0))


async def acknowledge(connection: AsyncConnection, answers: Sequence[Acknowledgement]) -> Mapping[int, str]:
    """Settles documents that still wait and returns their origins by sequence; answers for others, given twice, change nothing."""
    by_sequence = {answer.sequence: answer for answer in answers}
    waiting = select(table.c.sequence, table.c.origin, table.c.document_key).where(_waiting(by_sequence, connection)).with_for_update()
    rows = (await connection.execute(waiting)).all()
    origins: dict[int, str] = {row.sequence: row.origin for row in rows}
    if not origins:
        return origins
    settled, now = [by_sequence[sequence] for sequence in origins], await clock.now(connection)
    statement = update(table).where(table.c.sequence == bindparam("of")).values(acknowledged_at=now, **_SETTLED)
    await execute_rows(connection, statement, list(map(_settled, settled)))
    await mentions.learn(connection, {row.document_key: mention for row in rows if (mention := by_sequence[row.sequence].mention)}, now)
    await tally.add(connection, ACKNOWLEDGED, sum(not answer.refused for answer in settled))
    return origins


_SETTLED: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in ("state", "outcome", "mention", "reason", "detail")}


def _settled(answer: Acknowledgement) -> dict[str, object]:
    return {
        "of": answer.sequence,
        "new_state": SpoolState.DEAD.value if answer.refused else SpoolState.DONE.value,
        "new_outcome": answer.outcome,
        "new_mention": answer.mention,
        "new_reason": answer.reason,
        "new_detail": answer.detail,
    }


async def overview(connection: AsyncConnection) -> Overview:
    """How much waits, for how long, how much was refused and how much is done since the database was made."""
    counts = select(table.c.state, func.count()).where(table.c.state.in_([SpoolState.WAITING, SpoolState.DEAD])).group_by(table.c.state)
    by_state: dict[int, int] = dict((await connection.execute(counts)).all())
    first = select(table.c.spooled_at).where(table.c.state == SpoolState.WAITING).order_by(table.c.sequence).limit(1)
    oldest = (await connection.execute(first)).scalar_one_or_none()
    age = max(await clock.now(connection) - oldest, timedelta()) if oldest else None
    done = await tally.value(connection, ACKNOWLEDGED)
    return Overview(by_state.get(SpoolState.WAITING, 0), age, by_state.get(SpoolState.DEAD, 0), done)


async def dead_letters(connection: AsyncConnection, *, before: int | None, limit: int) -> list[DeadLetter]:
    """Refused documents, the newest first, those numbered below `before` where it is given."""
    columns = (table.c.sequence, table.c.document, table.c.reason, table.c.detail, table.c.acknowledged_at)
    query = select(*columns).where(table.c.state == SpoolState.DEAD).order_by(table.c.sequence.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.sequence < before)
    return [DeadLetter(*row) for row in (await connection.execute(query))]


async def replay(connection: AsyncConnection, sequences: Sequence[int]) -> int:
    """Lets refused documents wait again (all of them where none is named) and returns how many."""
    again = update(table).where(table.c.state == SpoolState.DEAD)
    if sequences:
        again = again.where(table.c.sequence.in_(sequences))
    fresh = {"state": SpoolState.WAITING, "claimed_until_milliseconds": 0, "acknowledged_at": None, "outcome": 0, "reason": "", "detail": ""}
    replayed = (await connection.execute(again.values(fresh))).rowcount
    touch(connection, WAKE)
    return replayed


async def keys_of(connection: AsyncConnection, sequences: Sequence[int]) -> list[bytes]:
    """Which documents these are."""
    return list((await connection.execute(select(table.c.document_key).where(table.c.sequence.in_(sequences)))).scalars())


async def purge(connection: AsyncConnection, *, before: datetime) -> int:
    """Forgets documents that were acknowledged before that moment and are under no legal hold, some at a time, and returns how many."""
    old = select(table.c.sequence).where(table.c.state == SpoolState.DONE, table.c.acknowledged_at < before)
    old = old.where(table.c.document_key.not_in(HELD_DOCUMENTS)).limit(PURGED_AT_ONCE)
    return (await connection.execute(delete(table).where(table.c.sequence.in_(old)))).rowcount


async def erase(connection: AsyncConnection, keys: Sequence[bytes]) -> int:
    """Removes documents for good, whatever their state."""
    return (await connection.execute(delete(table).where(table.c.document_key.in_(keys)))).rowcount


def _waiting(sequences: Iterable[int], connection: AsyncConnection) -> ColumnElement[bool]:
    return among(table.c.sequence, sequences, connection) & (table.c.state == SpoolState.WAITING)
