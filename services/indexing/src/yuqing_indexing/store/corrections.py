"""Corrections in SQL; each function works in the transaction it is given. None is ever changed or removed, but with its mention."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.by_hand import Correction, Judged, LabelKind
from yuqing_indexing.store.by_hand import correction_of
from yuqing_indexing.store.tables import correction as table
from yuqing_runtime import clock
from yuqing_runtime.rows import among


@dataclass(frozen=True, slots=True)
class Order:
    """What a person says, of one mention or of all that a job finds (`job` is its id, else empty)."""

    kind: LabelKind
    values: tuple[str, ...]
    pinned: bool
    reason: str
    author: str
    job: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction as it is kept: its mention, and who took it back when (empty: nobody)."""

    mention: str
    correction: Correction
    undone_by: str
    undo_time: datetime | None


async def add(connection: AsyncConnection, order: Order, judged: Mapping[str, Judged]) -> dict[str, Correction]:
    """Adds a correction of each mention; `judged` is what the model says of it now."""
    numbers = await _numbers(connection, judged)
    now = await clock.now(connection)
    made = {
        mention: Correction(secrets.token_hex(8), order.kind, order.values, seen, order.pinned, order.reason, order.author, now, order.job)
        for mention, seen in judged.items()
    }
    if made:
        await connection.execute(insert(table), [_row(mention, numbers.get(mention, 0) + 1, each) for mention, each in made.items()])
    return made


async def find(connection: AsyncConnection, correction: str) -> Kept | None:
    """The correction with this id."""
    row = (await connection.execute(select(table).where(table.c.id == correction))).mappings().one_or_none()
    return _kept(row) if row else None


async def history(connection: AsyncConnection, mention: str, *, before: int | None, size: int) -> list[tuple[int, Kept]]:
    """All corrections of a mention with their numbers, newest first; `before` is the number of the last one seen."""
    query = select(table).where(table.c.mention == mention).order_by(table.c.number.desc()).limit(size)
    rows = await connection.execute(query if before is None else query.where(table.c.number < before))
    return [(row["number"], _kept(row)) for row in rows.mappings()]


async def undo(connection: AsyncConnection, corrections: Collection[str], person: str) -> None:
    """Takes corrections back: what was said before counts again."""
    changed = update(table).where(among(table.c.id, corrections, connection), table.c.undone_by == "")
    await connection.execute(changed.values(undone_by=person, undo_time=await clock.now(connection)))


async def made_by(connection: AsyncConnection, job: str, *, limit: int) -> Sequence[Kept]:
    """Some corrections of a job that nobody took back yet."""
    rows = await connection.execute(select(table).where(_stands(job)).order_by(table.c.id).limit(limit))
    return [_kept(row) for row in rows.mappings()]


async def count_made_by(connection: AsyncConnection, job: str) -> int:
    """How many of a job nobody took back yet."""
    return (await connection.execute(select(func.count()).select_from(table).where(_stands(job)))).scalar_one()


async def mentions_made_by(connection: AsyncConnection, job: str, mentions: Collection[str]) -> frozenset[str]:
    """Those of the mentions that a job has corrected already, whether or not somebody took that back."""
    query = select(table.c.mention).where(table.c.job == job, among(table.c.mention, mentions, connection))
    return frozenset((await connection.execute(query)).scalars())


def _stands(job: str) -> ColumnElement[bool]:
    return (table.c.job == job) & (table.c.undone_by == "")


async def _numbers(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, int]:
    query = select(table.c.mention, func.max(table.c.number)).where(among(table.c.mention, mentions, connection)).group_by(table.c.mention)
    return {row[0]: row[1] for row in await connection.execute(query)}


def _row(mention: str, number: int, correction: Correction) -> dict[str, Any]:
    return {
        "id": correction.id,
        "mention": mention,
        "number": number,
        "kind": correction.kind.value,
        "given": list(correction.values),
        "judged": list(correction.judged.values),
        "judged_by": correction.judged.model,
        "content_hash": correction.judged.content_hash,
        "pinned": correction.pinned,
        "reason": correction.reason,
        "author": correction.author,
        "time": correction.time,
        "job": correction.job,
        "undone_by": "",
        "undo_time": None,
    }


def _kept(row: RowMapping) -> Kept:
    return Kept(row["mention"], correction_of(row), row["undone_by"], row["undo_time"])
