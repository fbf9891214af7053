"""Request ids: a call that is repeated gets the first one's reply, for 24 hours, and never has its effect twice."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime.clock import database_milliseconds
from yuqing_runtime.database import upsert
from yuqing_runtime.errors import AlreadyExists
from yuqing_runtime.tables import idempotency as table

KEPT_MILLISECONDS = 24 * 3600 * 1000


class RequestIdReused(AlreadyExists):
    """The request id was used for another request by the same person and method."""

    default_reason = "REQUEST_ID_REUSED"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that may be repeated: who calls (`people/7`, `services/crawler`), the method's full name, the id, the body's SHA-256."""

    principal: str
    method: str
    request_id: str
    body_hash: bytes

    @classmethod
    def of(cls, principal: str, method: str, *, request_id: str, body: bytes) -> "Attempt":
        """From the request's deterministic serialisation (`SerializeToString(deterministic=True)`)."""
        return cls(principal, method, request_id, hashlib.sha256(body).digest())


async def once(connection: AsyncConnection, attempt: Attempt) -> bytes | None:
    """The reply of the first call, or None: then have the effect and `keep` its reply, both in this transaction.

    A second call at the same time waits for the first one's commit. Without a request id it is always None. Errors: RequestIdReused.
    """
    if not attempt.request_id:
        return None
    now = database_milliseconds()
    fresh = {"body_hash": attempt.body_hash, "reply": None, "at_milliseconds": now}
    names = {"principal": attempt.principal, "method": attempt.method, "request_id": attempt.request_id}
    claim = upsert(table, connection).values(**names, **fresh)
    expired = table.c.at_milliseconds <= now - KEPT_MILLISECONDS
    claim = claim.on_conflict_do_update(index_elements=list(names), set_=fresh, where=expired).returning(table.c.method)
    if (await connection.execute(claim)).one_or_none() is not None:
        return None
    body_hash, reply = (await connection.execute(select(table.c.body_hash, table.c.reply).where(*_is(attempt)))).one()
    if body_hash != attempt.body_hash:
        raise RequestIdReused(f"request_id {attempt.request_id} was used for another request")
    if reply is None:
        raise RuntimeError(f"{attempt.method} kept no reply for its request id")
    return reply


async def keep(connection: AsyncConnection, attempt: Attempt, reply: bytes) -> None:
    """Keeps the reply for whoever repeats the call."""
    if attempt.request_id:
        await connection.execute(update(table).where(*_is(attempt)).values(reply=reply))


async def purge(connection: AsyncConnection) -> int:
    """Forgets what is older than 24 hours and returns how many."""
    old = delete(table).where(table.c.at_milliseconds <= database_milliseconds() - KEPT_MILLISECONDS)
    return (await connection.execute(old)).rowcount


def _is(attempt: Attempt) -> tuple[ColumnElement[bool], ...]:
    return (table.c.principal == attempt.principal, table.c.method == attempt.method, table.c.request_id == attempt.request_id)
