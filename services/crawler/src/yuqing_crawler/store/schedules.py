"""Who fetches which source when: replicas take due sources, and their hosts, by leases that the database's clock ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.domain.entries import PendingPage
from yuqing_crawler.domain.health import HealthState, usual_per_day
from yuqing_crawler.domain.kinds.kind import Follow
from yuqing_crawler.domain.source import Source, Standing
from yuqing_crawler.store import hosts, sources
from yuqing_crawler.store.tables import frontier, source_event, source_hour
from yuqing_crawler.store.tables import host as host_table
from yuqing_crawler.store.tables import schedule as table
from yuqing_runtime import clock
from yuqing_runtime.clock import database_milliseconds

USUAL_DAYS = 14
ATTEMPTS_UNTIL_GIVEN_UP = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A source that this replica fetches now, with what its last run left."""

    source: Source
    cursor: dict[str, str]
    standing: Standing
    left_over: tuple[PendingPage, ...]


async def claim_due(connection: AsyncConnection, holder: str, *, limit: int, seconds: float, pages: int) -> list[Due]:
    """Takes sources that are due, at most `limit`, whose hosts no other replica speaks to; with up to `pages` pages left over of each."""
    now, until = database_milliseconds(), database_milliseconds() + int(seconds * 1000)
    query = (
        select(table.c.source_id, table.c.host)
        .outerjoin(host_table, host_table.c.host == table.c.host)
        .where(
            table.c.runnable, table.c.next_run_at <= await clock.now(connection), table.c.leased_until_milliseconds <= now, hosts.is_free_for(holder)
        )
        .order_by(table.c.next_run_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    )
    wanted: dict[str, str] = dict((await connection.execute(query)).all())
    if not wanted:
        return []
    taken_hosts = await hosts.take(connection, holder, set(wanted.values()), seconds=seconds)
    taken = [source_id for source_id, host in wanted.items() if host in taken_hosts]
    held = {"leased_until_milliseconds": until, "holder": holder, "last_attempt_at": await clock.now(connection)}
    await connection.execute(update(table).where(table.c.source_id.in_(taken)).values(held))
    return await _due(connection, taken, pages)


async def _due(connection: AsyncConnection, source_ids: Sequence[str], pages: int) -> list[Due]:
    found = await sources.get_many(connection, source_ids)
    standings = await standings_of(connection, source_ids)
    cursors: dict[str, dict[str, str]] = dict(
        (await connection.execute(select(table.c.source_id, table.c.cursor).where(table.c.source_id.in_(source_ids)))).all()
    )
    return [
        Due(found[source_id], cursors[source_id], standings[source_id], await _left_over(connection, source_id, pages))
        for source_id in source_ids
        if source_id in found
    ]


async def _left_over(connection: AsyncConnection, source_id: str, pages: int) -> tuple[PendingPage, ...]:
    columns = (frontier.c.id, frontier.c.follow, frontier.c.cursor, frontier.c.attempts)
    query = select(*columns).where(frontier.c.source_id == source_id).order_by(frontier.c.attempts, frontier.c.id).limit(pages)
    rows = await connection.execute(query)
    return tuple(PendingPage(Follow(**follow), number, cursor, attempts) for number, follow, cursor, attempts in rows)


async def keep_for_later(connection: AsyncConnection, page: PendingPage) -> None:
    """A page that could not be read: it is tried again in a later run, some times."""
    if page.frontier_id is None:
        return
    if page.attempts + 1 >= ATTEMPTS_UNTIL_GIVEN_UP:
        await drop(connection, page)
    else:
        await connection.execute(update(frontier).where(frontier.c.id == page.frontier_id).values(attempts=page.attempts + 1))


async def drop(connection: AsyncConnection, page: PendingPage) -> None:
    """A page that will never be read."""
    await connection.execute(frontier.delete().where(frontier.c.id == page.frontier_id))


async def renew(connection: AsyncConnection, holder: str, source_ids: Sequence[str], *, seconds: float) -> None:
    """Holds on to running sources, and to the hosts of this replica that are still held."""
    until = database_milliseconds() + int(seconds * 1000)
    mine = update(table).where(table.c.holder == holder, table.c.source_id.in_(source_ids))
    await connection.execute(mine.values(leased_until_milliseconds=until))
    await hosts.renew(connection, holder, select(table.c.host).where(table.c.source_id.in_(source_ids)), seconds=seconds)


async def release_all(connection: AsyncConnection, holder: str | None) -> None:
    """Gives back what this replica holds; with None what anybody holds, for a process that knows to be the only one."""
    everything = update(table).values(leased_until_milliseconds=0)
    await connection.execute(everything if holder is None else everything.where(table.c.holder == holder))
    await hosts.release_all(connection, holder)


async def finish(connection: AsyncConnection, source: Source, after: Standing, *, next_run_in_seconds: float) -> None:
    """Writes how a run ended, tells of a change of state, and gives the source back."""
    now = await clock.now(connection)
    before = (await connection.execute(select(table.c.state).where(table.c.source_id == source.id).with_for_update())).scalar_one_or_none()
    if before is None:
        return  # removed meanwhile
    values = {
        "next_run_at": now + timedelta(seconds=next_run_in_seconds),
        "interval_seconds": after.interval_seconds,
        "leased_until_milliseconds": 0,
        "state": after.state,
        "last_success_at": after.last_success_at,
        "failures": after.failures,
        "errors": dict(after.errors or {}),
        "detail": after.detail,
        "lag_seconds": after.lag_seconds,
    }
    await connection.execute(update(table).where(table.c.source_id == source.id).values(values))
    await note_change(connection, source.id, HealthState(before), after.state, detail=after.detail)


async def stand(connection: AsyncConnection, source: Source) -> None:
    """Takes over into the state what people decided: paused, blocked, or to be fetched again."""
    before = HealthState((await connection.execute(select(table.c.state).where(table.c.source_id == source.id).with_for_update())).scalar_one())
    decided = source.standing
    if decided is None and before not in (HealthState.BLOCKED, HealthState.PAUSED):
        return
    after = decided or HealthState.NEW
    await connection.execute(update(table).where(table.c.source_id == source.id).values(state=after, runnable=decided is None))
    await note_change(connection, source.id, before, after, detail="")


async def note_change(connection: AsyncConnection, source_id: str, before: HealthState, after: HealthState, *, detail: str) -> None:
    """An event, where the state changed."""
    if before is not after:
        at = await clock.now(connection)
        await connection.execute(insert(source_event).values(source_id=source_id, before=before, after=after, detail=detail, at=at))


async def next_due_at(connection: AsyncConnection) -> datetime | None:
    """When the next source is due that nobody fetches."""
    query = select(func.min(table.c.next_run_at)).where(table.c.runnable, table.c.leased_until_milliseconds <= database_milliseconds())
    return (await connection.execute(query)).scalar_one_or_none()


async def standings_of(connection: AsyncConnection, source_ids: Sequence[str]) -> dict[str, Standing]:
    """How sources stand, with their items of the last day and of a usual one."""
    rows = (await connection.execute(select(table).where(table.c.source_id.in_(source_ids)))).mappings().all()
    items = await _items(connection, source_ids, await clock.now(connection))
    return {
        row["source_id"]: Standing(
            state=HealthState(row["state"]),
            next_run_at=row["next_run_at"] if row["runnable"] else None,
            interval_seconds=row["interval_seconds"],
            last_attempt_at=row["last_attempt_at"],
            last_success_at=row["last_success_at"],
            failures=row["failures"],
            errors=row["errors"],
            detail=row["detail"],
            lag_seconds=row["lag_seconds"],
            items_last_day=items[row["source_id"]][0],
            items_usual_per_day=usual_per_day(items[row["source_id"]][1:]),
        )
        for row in rows
    }


async def days_known(connection: AsyncConnection, source_id: str) -> int:
    """Full days since the first item of a source."""
    query = select(func.min(source_hour.c.hour)).where(source_hour.c.source_id == source_id)
    first = (await connection.execute(query)).scalar_one_or_none()
    return (await clock.now(connection) - first).days if first else 0


async def _items(connection: AsyncConnection, source_ids: Sequence[str], now: datetime) -> dict[str, list[int]]:
    """Items of each source in the last 24 hours, then in the 24 before, and so on, as far back as it is known."""
    columns = (source_hour.c.source_id, source_hour.c.hour, source_hour.c["items"])
    query = select(*columns).where(source_hour.c.source_id.in_(source_ids), source_hour.c.hour > now - timedelta(days=USUAL_DAYS + 1))
    found: dict[str, list[int]] = {source_id: [0] for source_id in source_ids}
    for source_id, hour, count in cast("list[tuple[str, datetime, int]]", (await connection.execute(query)).all()):
        days = found[source_id]
        day = (now - hour) // timedelta(days=1)
        days.extend([0] * (day + 1 - len(days)))
        days[day] += count
    return found
