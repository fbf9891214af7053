"""Legal holds in SQL; each function works in the transaction it is given.

Whoever erases, drops or holds has the service's order lock, so a mention is not held while it goes. Months whose time is over are written down
before anything of them is dropped: from then on no hold is put on what is to go.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.holds import Hold
from yuqing_indexing.store.tables import ended_month, held_mention, legal_hold, mention
from yuqing_runtime import clock
from yuqing_runtime.database import upsert
from yuqing_runtime.errors import FailedPrecondition, NotFound
from yuqing_runtime.rows import among

HELD_MENTIONS: Final[Select[str]] = (
    select(held_mention.c.mention).join(legal_hold, legal_hold.c.id == held_mention.c.hold).where(legal_hold.c.release_time.is_(None))
)
"""The mentions under a hold that stands."""


@dataclass(frozen=True, slots=True)
class EndedMonth:
    """How many holds were released since a month's time is over, and whether since the last of them all was dropped that is not held."""

    releases: int
    is_thinned: bool


def new_id() -> str:
    """An id for a hold."""
    return secrets.token_hex(8)


async def add(connection: AsyncConnection, hold: Hold) -> None:
    """Keeps a new hold, which covers nothing yet."""
    await connection.execute(insert(legal_hold).values(asdict(hold)))


async def find(connection: AsyncConnection, hold: str) -> Hold | None:
    """The hold with this id."""
    row = (await connection.execute(select(legal_hold).where(legal_hold.c.id == hold))).mappings().one_or_none()
    return Hold(**_fields(row)) if row else None


async def newest(
    connection: AsyncConnection, *, mention_id: str, with_released: bool, before: tuple[datetime, str] | None, size: int
) -> Sequence[Hold]:
    """Holds, newest first: of one mention or of all (empty); `before` are time and id of the last one seen."""
    query = select(legal_hold).order_by(legal_hold.c.create_time.desc(), legal_hold.c.id.desc()).limit(size)
    if mention_id:
        query = query.where(legal_hold.c.id.in_(select(held_mention.c.hold).where(held_mention.c.mention == mention_id)))
    if not with_released:
        query = query.where(legal_hold.c.release_time.is_(None))
    if before is not None:
        query = query.where(tuple_(legal_hold.c.create_time, legal_hold.c.id) < before)
    return [Hold(**_fields(row)) for row in (await connection.execute(query)).mappings()]


async def sizes(connection: AsyncConnection, holds: Collection[str]) -> Mapping[str, int]:
    """How many mentions each of the holds covers; those that cover none are left out."""
    query = select(held_mention.c.hold, func.count()).where(among(held_mention.c.hold, holds, connection)).group_by(held_mention.c.hold)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def cover(connection: AsyncConnection, hold: str, mentions: Collection[str]) -> frozenset[str]:
    """Puts mentions under a hold that stands; returns those that are newly covered. What is gone, or about to go with its month, is left out."""
    found = await find(connection, hold)
    if found is None or found.release_time is not None:
        return frozenset()
    ended = mention.c.month.in_(select(ended_month.c.month))
    covered = select(held_mention.c.mention).where(held_mention.c.hold == hold)
    query = select(mention.c.id).where(among(mention.c.id, mentions, connection), mention.c.id.not_in(covered))
    new = (await connection.execute(query.where(~ended | mention.c.id.in_(HELD_MENTIONS)))).scalars().all()
    if new:
        await connection.execute(insert(held_mention), [{"hold": hold, "mention": each} for each in new])
    return frozenset(new)


async def standing(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The ids of the holds that stand, of each mention that is under any."""
    query = select(held_mention.c.mention, held_mention.c.hold).join(legal_hold, legal_hold.c.id == held_mention.c.hold)
    query = query.where(among(held_mention.c.mention, mentions, connection), legal_hold.c.release_time.is_(None))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(query.order_by(legal_hold.c.create_time, legal_hold.c.id)):
        found[row.mention].append(row.hold)
    return {each: tuple(holds) for each, holds in found.items()}


async def release(connection: AsyncConnection, hold: str, *, person: str, reason: str) -> Hold:
    """Ends a hold; returns it as it stood. Errors: NotFound, FailedPrecondition where it was released before."""
    found = await find(connection, hold)
    if found is None:
        raise NotFound(f"legalHolds/{hold} is not there")
    if found.release_time is not None:
        raise FailedPrecondition(f"{found.released_by} released it already", reason="RELEASED_ALREADY")
    ended = {"released_by": person, "release_time": await clock.now(connection), "release_reason": reason}
    await connection.execute(update(legal_hold).where(legal_hold.c.id == hold).values(ended))
    # What it alone kept of months that are over goes in the next round.
    await connection.execute(update(ended_month).values(releases=ended_month.c.releases + 1))
    return found


async def portion(connection: AsyncConnection, hold: str, *, after: str, limit: int) -> Sequence[str]:
    """Mentions that a hold covers or covered, by their ids, after one of them."""
    query = select(held_mention.c.mention).where(held_mention.c.hold == hold, held_mention.c.mention > after)
    return (await connection.execute(query.order_by(held_mention.c.mention).limit(limit))).scalars().all()


async def end_month(connection: AsyncConnection, month: str) -> EndedMonth:
    """Writes down that a month's time is over, where it does not stand there yet."""
    await connection.execute(upsert(ended_month, connection).values(month=month, releases=0, thinned=None).on_conflict_do_nothing())
    row = (await connection.execute(select(ended_month).where(ended_month.c.month == month))).one()
    return EndedMonth(row.releases, is_thinned=row.thinned == row.releases)


async def month_is_thinned(connection: AsyncConnection, month: str, releases: int) -> bool:
    """Writes down that only what was held when so many holds had ended is left of a month; False where another one ended meanwhile."""
    same = ended_month.c.month == month, ended_month.c.releases == releases
    return (await connection.execute(update(ended_month).where(*same).values(thinned=releases))).rowcount == 1


async def month_is_gone(connection: AsyncConnection, month: str) -> None:
    """Forgets a month of which nothing is left."""
    await connection.execute(delete(ended_month).where(ended_month.c.month == month))


def _fields(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}
