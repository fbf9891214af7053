"""Which replica speaks to which host, and until when a host wants to be left alone."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import host as table
from yuqing_runtime.clock import database_milliseconds
from yuqing_runtime.database import upsert


def is_free_for(holder: str) -> ColumnElement[bool]:
    """Of a row that is joined to its host from outside: nobody else speaks to the host, and it does not rest."""
    now = database_milliseconds()
    free = or_(table.c.holder == holder, table.c.leased_until_milliseconds <= now)
    return table.c.host.is_(None) | (free & (table.c.resume_at_milliseconds <= now))


async def take(connection: AsyncConnection, holder: str, names: Iterable[str], *, seconds: float) -> set[str]:
    """Takes hosts for so long, and returns those that were got; always in the same order, so that two replicas do not wait for each other."""
    now, until = database_milliseconds(), database_milliseconds() + int(seconds * 1000)
    taken: set[str] = set()
    for name in sorted(names):
        row = upsert(table, connection).values(host=name, holder=holder, leased_until_milliseconds=until, resume_at_milliseconds=0)
        row = row.on_conflict_do_update(
            index_elements=["host"],
            set_={"holder": holder, "leased_until_milliseconds": until},
            where=or_(table.c.holder == holder, table.c.leased_until_milliseconds <= now),
        )
        taken.update((await connection.execute(row.returning(table.c.host))).scalars())
    return taken


async def renew(connection: AsyncConnection, holder: str, names: Select[tuple[str]], *, seconds: float) -> None:
    """Holds on to hosts."""
    until = database_milliseconds() + int(seconds * 1000)
    await connection.execute(update(table).where(table.c.holder == holder, table.c.host.in_(names)).values(leased_until_milliseconds=until))


async def hold(connection: AsyncConnection, name: str, *, seconds: float) -> None:
    """Leaves a host alone for so long, in all replicas."""
    resume_at = database_milliseconds() + int(seconds * 1000)
    await connection.execute(update(table).where(table.c.host == name).values(resume_at_milliseconds=resume_at))


async def release_all(connection: AsyncConnection, holder: str | None) -> None:
    """Gives back the hosts of a replica; with None all of them."""
    everything = update(table).values(leased_until_milliseconds=0)
    await connection.execute(everything if holder is None else everything.where(table.c.holder == holder))
