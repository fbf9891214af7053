"""Mentions that are to be looked at again, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store import hosts
from yuqing_crawler.store.tables import host as host_table
from yuqing_crawler.store.tables import revisit as table
from yuqing_runtime.clock import database_milliseconds


@dataclass(frozen=True, slots=True)
class DueRevisit:
    """A mention to be looked at now. `message` is its fetched form as it was known last."""

    document_key: bytes
    source_id: str
    host: str
    url: str
    message: bytes
    text: bytes
    heat: float
    step: int
    first_at: datetime
    due_at: datetime


async def claim_due(connection: AsyncConnection, holder: str, now: datetime, *, limit: int, seconds: float) -> list[DueRevisit]:
    """Takes due revisits to hosts that no other replica speaks to, the hottest first."""
    columns = [column for column in table.columns if column.name != "leased_until_milliseconds"]
    query = (
        select(*columns)
        .outerjoin(host_table, host_table.c.host == table.c.host)
        .where(table.c.due_at <= now, table.c.leased_until_milliseconds <= database_milliseconds(), hosts.is_free_for(holder))
        .order_by(table.c.heat.desc(), table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    )
    rows = (await connection.execute(query)).mappings().all()
    taken = await hosts.take(connection, holder, {row["host"] for row in rows}, seconds=seconds) if rows else set[str]()
    due = [_due(row) for row in rows if row["host"] in taken]
    until = database_milliseconds() + int(seconds * 1000)
    keys = [each.document_key for each in due]
    await connection.execute(update(table).where(table.c.document_key.in_(keys)).values(leased_until_milliseconds=until))
    return due


def _due(row: RowMapping) -> DueRevisit:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    return DueRevisit(message=values.pop("document"), **values)


async def plan(connection: AsyncConnection, document_key: bytes, *, step: int, due_at: datetime) -> None:
    """The next look at a mention."""
    next_look = update(table).where(table.c.document_key == document_key)
    await connection.execute(next_look.values(step=step, due_at=due_at, leased_until_milliseconds=0))


async def end(connection: AsyncConnection, document_keys: Sequence[bytes]) -> None:
    """Leaves mentions alone from now on."""
    await connection.execute(delete(table).where(table.c.document_key.in_(document_keys)))
