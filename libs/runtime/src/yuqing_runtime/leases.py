"""Leases in the database, so that a loop runs in one replica at a time; only the database's clock counts."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime.clock import database_milliseconds
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.tables import lease as table

_USED = 0.8
"""The part of a lease's time in which its holder works; the rest is for stopping before another may start."""
_log = structlog.get_logger()


class LeaseLostError(RuntimeError):
    """The lease is no longer ours: what we would do now, another holder may be doing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is held. `token` grows with every change of holder: a store that has seen a larger one refuses a smaller (fencing)."""

    name: str
    holder: str
    token: int
    ttl_seconds: float


def _new_holder() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


async def acquire(database: Database, name: str, *, ttl_seconds: float) -> Lease | None:
    """Takes the lease for `ttl_seconds` if it is free or has run out; None while another holds it."""
    now, ttl = database_milliseconds(), int(ttl_seconds * 1000)
    holder = _new_holder()
    taken = {"holder": holder, "token": table.c.token + 1, "expires_at_milliseconds": now + ttl}
    async with database.write() as connection:
        statement = upsert(table, connection).values(name=name, holder=holder, token=1, expires_at_milliseconds=now + ttl)
        statement = statement.on_conflict_do_update(index_elements=["name"], set_=taken, where=table.c.expires_at_milliseconds <= now)
        token = (await connection.execute(statement.returning(table.c.token))).scalar_one_or_none()
    return None if token is None else Lease(name, holder, token, ttl_seconds)


async def renew(database: Database, lease: Lease) -> bool:
    """Extends the lease by its time from now; False when it has run out or another has it."""
    now = database_milliseconds()
    later = {"expires_at_milliseconds": now + int(lease.ttl_seconds * 1000)}
    async with database.write() as connection:
        statement = update(table).where(*_is_held(lease)).values(later)
        return (await connection.execute(statement)).rowcount == 1


async def release(database: Database, lease: Lease) -> None:
    """Gives the lease back, so that the next need not wait; does nothing when it is lost already."""
    async with database.write() as connection:
        await connection.execute(update(table).where(*_is_held(lease)).values(expires_at_milliseconds=0))


async def confirm(connection: AsyncConnection, lease: Lease) -> None:
    """Makes sure, inside a writing transaction, that the lease is held to its commit. Errors: LeaseLostError."""
    held = select(table.c.token).where(*_is_held(lease)).with_for_update()
    if (await connection.execute(held)).scalar_one_or_none() is None:
        raise LeaseLostError(lease.name)


def _is_held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.name == lease.name,
        table.c.holder == lease.holder,
        table.c.token == lease.token,
        table.c.expires_at_milliseconds > database_milliseconds(),
    )


@asynccontextmanager
async def lease(database: Database, name: str, *, ttl_seconds: float = 15.0) -> AsyncGenerator[Lease, None]:
    """Waits until the lease is ours, renews it during the block and gives it back after.

    The block is cancelled, and LeaseLostError raised, a fifth of the time before the lease can run out: also when the database cannot be
    reached to renew it. What the block does on being cancelled must fit into that fifth.
    """
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    while (held := await acquire(database, name, ttl_seconds=ttl_seconds)) is None:
        await asyncio.sleep(ttl_seconds * random.uniform(0.1, 0.3))
        asked_at = loop.time()
    deadline = asyncio.timeout_at(asked_at + ttl_seconds * _USED)
    try:
        async with deadline:
            renewing = asyncio.create_task(_keep(database, held, deadline))
            try:
                yield held
            finally:
                renewing.cancel()
                await asyncio.wait([renewing])
    except TimeoutError:
        if deadline.expired():
            raise LeaseLostError(name) from None
        raise
    finally:
        await _release_quietly(database, held)


async def _keep(database: Database, held: Lease, deadline: asyncio.Timeout) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(held.ttl_seconds / 3)
        asked_at = loop.time()  # before the question: the answer may take long, and the time has run since
        try:
            renewed = await renew(database, held)
        except Exception as error:  # noqa: BLE001 - the deadline decides; until then it is tried again
            _log.warning("lease_not_renewed", lease=held.name, error=repr(error))
            continue
        deadline.reschedule(asked_at + held.ttl_seconds * _USED if renewed else loop.time())
        if not renewed:
            return


async def _release_quietly(database: Database, held: Lease) -> None:
    try:
        await release(database, held)
    except Exception as error:  # noqa: BLE001 - it runs out by itself
        _log.warning("lease_not_released", lease=held.name, error=repr(error))


async def run_leased(
    database: Database, name: str, loop: Callable[[Lease], Awaitable[None]], *, ttl_seconds: float = 15.0, pause_seconds: float = 1.0
) -> None:
    """Runs `loop` in whichever replica holds the lease, for ever: again after it returned, failed or lost the lease."""
    while True:
        try:
            async with lease(database, name, ttl_seconds=ttl_seconds) as held:
                await loop(held)
        except LeaseLostError:
            _log.warning("lease_lost", lease=name)
        except Exception:  # noqa: BLE001 - whatever it is, the loop must be taken up again
            _log.exception("leased_loop_failed", lease=name)
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.5))
