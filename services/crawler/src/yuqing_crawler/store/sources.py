"""Sources as people set them up; each has a row in the schedule that machine flow owns."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.source import Source
from yuqing_crawler.store.tables import frontier, page_state, revisit, schedule, seen, source_event, source_hour
from yuqing_crawler.store.tables import source as table
from yuqing_runtime.wakes import touch

WAKE = "sources"
"""What a commit that changes when a source is due touches."""


async def create(connection: AsyncConnection, source: Source, *, host: str) -> None:
    """Adds a source, due at once."""
    await connection.execute(insert(table).values(_row(source)))
    standing = source.standing
    await connection.execute(
        insert(schedule).values(
            source_id=source.id,
            host=host,
            runnable=standing is None,
            next_run_at=source.created_at,
            interval_seconds=source.minimum_interval_seconds,
            leased_until_milliseconds=0,
            holder="",
            cursor={},
            state=standing or HealthState.NEW,
            failures=0,
            errors={},
            detail="",
        )
    )
    touch(connection, WAKE)


async def get(connection: AsyncConnection, source_id: str, *, lock: bool = False) -> Source | None:
    """The source, or None; `lock` holds it to the end of the transaction."""
    query = select(table).where(table.c.id == source_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return to_source(row) if row else None


async def get_many(connection: AsyncConnection, source_ids: Sequence[str]) -> dict[str, Source]:
    """Those that are there, by id."""
    rows = (await connection.execute(select(table).where(table.c.id.in_(source_ids)))).mappings()
    return {row["id"]: to_source(row) for row in rows}


async def page(connection: AsyncConnection, *, after: tuple[str, str] | None, limit: int, state: HealthState | None = None) -> list[Source]:
    """Sources by display name and id, after that position."""
    query = select(table).order_by(table.c.display_name, table.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(table.c.display_name, table.c.id) > after)
    if state is not None:
        query = query.join(schedule, schedule.c.source_id == table.c.id).where(schedule.c.state == state)
    return [to_source(row) for row in (await connection.execute(query)).mappings()]


async def update_source(connection: AsyncConnection, source: Source, *, host: str, starts_anew: bool) -> None:
    """Writes a changed source. `starts_anew` forgets what its pages were like, because it is read differently now."""
    await connection.execute(update(table).where(table.c.id == source.id).values(_row(source)))
    if starts_anew:
        for of_pages in (page_state, frontier):
            await connection.execute(delete(of_pages).where(of_pages.c.source_id == source.id))
        await connection.execute(update(schedule).where(schedule.c.source_id == source.id).values(cursor={}))
    await connection.execute(update(schedule).where(schedule.c.source_id == source.id).values(host=host, runnable=source.standing is None))
    touch(connection, WAKE)


async def run_now(connection: AsyncConnection, source_id: str, now: datetime) -> None:
    """Makes it due."""
    await connection.execute(update(schedule).where(schedule.c.source_id == source_id).values(next_run_at=now))
    touch(connection, WAKE)


async def remove(connection: AsyncConnection, source_id: str) -> None:
    """Removes the source and all that only it needs; what it spooled and its stored pages stay."""
    for of_source in (schedule, frontier, seen, page_state, revisit, source_hour, source_event):
        await connection.execute(delete(of_source).where(of_source.c.source_id == source_id))
    await connection.execute(delete(table).where(table.c.id == source_id))
    touch(connection, WAKE)


def to_source(row: RowMapping) -> Source:
    """The source of a row."""
    values: dict[str, Any] = {column.name: row[column.name] for column in table.columns}
    values["secret_names"] = tuple(values["secret_names"])
    return Source(**values)


def _row(source: Source) -> dict[str, object]:
    return {**asdict(source), "secret_names": list(source.secret_names), "parameters": dict(source.parameters)}
