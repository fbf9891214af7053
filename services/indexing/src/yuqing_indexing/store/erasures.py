"""Erasing a mention for good: tombstones, audit record and change row in one transaction; the index follows, and is asked twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.document import Document
from yuqing_indexing.domain.holds import hold_name
from yuqing_indexing.domain.ids import tombstone_key
from yuqing_indexing.domain.ports import Place
from yuqing_indexing.store import by_hand, holds, stories, story_heads, tables
from yuqing_indexing.store.registry import FEED, aliases_of, change_row
from yuqing_runtime import audit, clock, feed, idempotency, order
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import upsert
from yuqing_runtime.errors import FailedPrecondition, NotFound
from yuqing_runtime.idempotency import Attempt

SETTLED_AFTER = timedelta(minutes=15)
"""By then no write that began before the erasure can still be under way: the index is asked again, and then it is done."""


class LegallyHeld(FailedPrecondition):
    """A legal hold wins over an erasure; the message and the metadata name it."""

    default_reason = "LEGAL_HOLD"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Who erases which mention and why. `document` is what consumers of the feed find their own rows by."""

    mention: str
    actor: str
    reason: str
    request_id: str
    document: Document


async def erase(connection: AsyncConnection, erasure: Erasure, attempt: Attempt) -> None:
    """Has its effect once for each request id. Errors: NotFound, RequestIdReused, LegallyHeld."""
    await order.hold(connection)
    if await idempotency.once(connection, attempt) is not None:
        return
    query = select(tables.mention.c.month).where(tables.mention.c.id == erasure.mention)
    month = (await connection.execute(query)).scalar_one_or_none()
    if month is None:
        raise NotFound(f"mentions/{erasure.mention} is not there")
    if held := (await holds.standing(connection, [erasure.mention])).get(erasure.mention):
        names = ", ".join(map(hold_name, held))
        raise LegallyHeld(f"mentions/{erasure.mention} is kept for {names}; legal may release it", metadata={"legal_holds": names})
    await _bury(connection, erasure.mention)
    await connection.execute(insert(tables.erasure).values(mention=erasure.mention, month=month, at=await clock.now(connection)))
    await idempotency.keep(connection, attempt, b"done")
    await feed.append_all(connection, FEED, [change_row(erasure.mention, ChangeKind.ERASED, erasure.document)])
    resource, after = f"mentions/{erasure.mention}", {"reason": erasure.reason}
    await audit.record(connection, AuditRecord(erasure.actor, "mentions.erase", resource, after=after, request_id=erasure.request_id))


async def settled(connection: AsyncConnection, *, limit: int = 100) -> list[Place]:
    """The erased mentions whose deletion is to be repeated now, for the last time."""
    before: datetime = await clock.now(connection) - SETTLED_AFTER
    rows = await connection.execute(select(tables.erasure.c.mention, tables.erasure.c.month).where(tables.erasure.c.at < before).limit(limit))
    return [Place(row.mention, row.month) for row in rows]


async def finish(connection: AsyncConnection, places: list[Place]) -> None:
    """Forgets erasures that are done."""
    await connection.execute(delete(tables.erasure).where(tables.erasure.c.mention.in_([place.id for place in places])))


async def _bury(connection: AsyncConnection, mention: str) -> None:
    await stories.leave(connection, mention)
    await story_heads.look_at_story_of(connection, mention)
    await by_hand.forget(connection, [mention])
    aliases = await aliases_of(connection, tables.mention.c.id == mention)
    at = await clock.now(connection)
    stones = [{"key_hash": tombstone_key(key), "at": at} for key in (mention, *aliases)]
    await connection.execute(upsert(tables.tombstone, connection).on_conflict_do_nothing(), stones)
    await connection.execute(delete(tables.alias).where(tables.alias.c.key.in_(aliases)))
    await connection.execute(delete(tables.mention).where(tables.mention.c.id == mention))
