"""The audit chain of a service: one record for each act, in the act's transaction, each holding the hash of the one before it.

hash = SHA-256(previous hash + canonical JSON of the record). Whoever changes, removes, inserts or moves a record breaks the chain from
there on; whoever cuts its end or writes it anew is found by a head that was anchored outside.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime import clock, order
from yuqing_runtime.database import Database
from yuqing_runtime.tables import audit as table

GENESIS = "0" * 64
"""What the first record holds in place of a previous hash."""

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to which resource. `before` and `after` are what changed, as JSON; personal values stand in them veiled (`veil`)."""

    actor: str
    action: str
    resource: str
    before: Mapping[str, JsonValue] | None = None
    after: Mapping[str, JsonValue] | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: kept outside, it shows later that nothing before it was changed or cut off."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that is not what was written, and how one sees it."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found: `head` is the last record that is right."""

    head: Head
    first_broken: Broken | None = None


def veil(value: str, key: bytes, *, reference: str) -> dict[str, JsonValue]:
    """A personal value in a record: its HMAC-SHA256, which shows equality to who has the key, and where it is kept (`people/7`)."""
    return {"veiled": hmac.new(key, value.encode(), hashlib.sha256).hexdigest(), "reference": reference}


async def record(connection: AsyncConnection, entry: AuditRecord) -> Head:
    """Writes the record in this transaction, by the database's clock. Do it last in the transaction (see `order.hold`)."""
    await order.hold(connection)
    previous = await head(connection)
    row = {
        "sequence": previous.sequence + 1,
        "at": await clock.now(connection),
        "actor": entry.actor,
        "action": entry.action,
        "resource": entry.resource,
        "before": canonical(entry.before),
        "after": canonical(entry.after),
        "request_id": entry.request_id,
    }
    digest = _hash(previous.hash, row)
    await connection.execute(insert(table).values(**row, hash=digest))
    return Head(previous.sequence + 1, digest)


async def head(connection: AsyncConnection) -> Head:
    """The newest record's number and hash; number 0 for an empty chain."""
    query = select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
    found = (await connection.execute(query)).one_or_none()
    return Head(*found) if found else Head(0, GENESIS)


def canonical(value: Mapping[str, JsonValue] | None) -> str:
    """One text for one value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


async def verify(database: Database, *, anchor: Head | None = None, batch: int = 1000) -> Verification:
    """Walks the whole chain and stops at the first broken record; `anchor` is a head that was kept outside."""
    last = Head(0, GENESIS)
    async with database.read() as connection:
        while True:
            query = select(table).where(table.c.sequence > last.sequence).order_by(table.c.sequence).limit(batch)
            rows = (await connection.execute(query)).mappings().all()
            for row in rows:
                if (reason := _break(last, row, anchor)) is not None:
                    return Verification(last, Broken(last.sequence + 1, reason))
                last = Head(row["sequence"], row["hash"])
            if not rows:
                break
    if anchor is not None and last.sequence < anchor.sequence:
        return Verification(last, Broken(last.sequence + 1, f"missing: the anchored head is record {anchor.sequence}"))
    return Verification(last)


def _break(last: Head, row: RowMapping, anchor: Head | None) -> str | None:
    content: dict[str, object] = {str(name): value for name, value in row.items()}
    if content["sequence"] != last.sequence + 1:
        return f"missing: the next record is {content['sequence']}"
    found = content.pop("hash")
    if found != _hash(last.hash, content):
        return "changed: its hash does not fit its content and the record before it"
    if anchor is not None and anchor.sequence == content["sequence"] and anchor.hash != found:
        return "rewritten: its hash is not the anchored one, so it or a record before it was replaced"
    return None


def _hash(previous: str, content: Mapping[str, object]) -> str:
    moment = cast(datetime, content["at"]).isoformat(timespec="microseconds")
    text = json.dumps({**content, "at": moment}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous + text).encode()).hexdigest()
