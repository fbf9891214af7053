"""The double-check in SQL; each function works in the transaction it is given."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.by_hand import LabelKind
from yuqing_indexing.domain.label_figures import DoubleChecked, Opinion
from yuqing_indexing.domain.labelled_set import Given
from yuqing_indexing.domain.sampling import Drawn
from yuqing_indexing.store.tables import correction, sample, sample_item, sample_label
from yuqing_runtime import clock
from yuqing_runtime.database import upsert
from yuqing_runtime.rows import among

OPINIONS: Final = 2
"""So many people label each text."""
KEPT_FOR: Final = timedelta(minutes=30)
"""So long a text is kept for the person it was handed to."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample and how far it is: how many texts have one label, and how many have both."""

    id: str
    author: str
    query: str
    create_time: datetime
    size: int = 0
    once: int = 0
    twice: int = 0

    @property
    def name(self) -> str:
        """The resource name."""
        return f"samples/{self.id}"


@dataclass(frozen=True, slots=True)
class Item:
    """A text that waits for labels, by its mention and the hash of its content."""

    id: str
    mention: str
    content_hash: str

    @property
    def name(self) -> str:
        """The resource name."""
        return f"sampleItems/{self.id}"


async def add(connection: AsyncConnection, author: str, query: str, drawn: Sequence[Drawn]) -> Sample:
    """Keeps a new sample, without mentions that were drawn before."""
    made = Sample(secrets.token_hex(8), author, query, await clock.now(connection))
    known = await drawn_before(connection, [each.mention.id for each in drawn])
    new = [each for each in drawn if each.mention.id not in known]
    await connection.execute(insert(sample).values(id=made.id, author=author, query=query, create_time=made.create_time))
    if new:
        await connection.execute(insert(sample_item), [_row(made.id, number, each) for number, each in enumerate(new)])
    return Sample(made.id, author, query, made.create_time, len(new))


async def drawn_before(connection: AsyncConnection, mentions: Collection[str]) -> frozenset[str]:
    """Those of the mentions that are in a sample."""
    found = await connection.execute(select(sample_item.c.mention).where(among(sample_item.c.mention, mentions, connection)))
    return frozenset(found.scalars())


async def find(connection: AsyncConnection, sample_id: str) -> Sample | None:
    """The sample with this id, and how far it is."""
    row = (await connection.execute(select(sample).where(sample.c.id == sample_id))).mappings().one_or_none()
    if row is None:
        return None
    counts = _counts(sample_label.c.given.is_not(None))
    joined = sample_item.outerjoin(counts, counts.c.item == sample_item.c.id)
    query = select(counts.c.size, func.count()).select_from(joined).where(sample_item.c.sample == sample_id).group_by(counts.c.size)
    by_labels: dict[int | None, int] = {each[0]: each[1] for each in await connection.execute(query)}
    return Sample(row["id"], row["author"], row["query"], row["create_time"], sum(by_labels.values()), by_labels.get(1, 0), by_labels.get(2, 0))


async def waiting(connection: AsyncConnection, person: str, *, limit: int) -> list[Item]:
    """Texts that the person may be given: the one that is kept for the person, then those that lack one label, then others.

    None that the person had, none of a mention whose label the person corrected (and so has seen), none that two others have.
    """
    now = await clock.now(connection)
    mine = select(sample_label.c.item).where(sample_label.c.person == person)
    kept = mine.where(sample_label.c.given.is_(None), sample_label.c.taken > now - KEPT_FOR)
    columns = (sample_item.c.id, sample_item.c.mention, sample_item.c.content_hash)
    if own := (await connection.execute(select(*columns).where(sample_item.c.id.in_(kept)))).all():
        return [Item(*row) for row in own]
    busy = _counts(or_(sample_label.c.given.is_not(None), sample_label.c.taken > now - KEPT_FOR))
    size = func.coalesce(busy.c.size, 0)
    seen = select(correction.c.mention).where(correction.c.author == person)
    query = select(*columns).select_from(sample_item.outerjoin(busy, busy.c.item == sample_item.c.id))
    query = query.where(size < OPINIONS, sample_item.c.mention.not_in(seen), sample_item.c.id.not_in(mine.where(sample_label.c.given.is_not(None))))
    rows = await connection.execute(query.order_by(size.desc(), sample_item.c.sample, sample_item.c.number).limit(limit))
    return [Item(*row) for row in rows]


async def hand_out(connection: AsyncConnection, item: str, person: str) -> datetime:
    """Keeps a text for a person; returns until when."""
    now = await clock.now(connection)
    row: dict[str, Any] = {"item": item, "person": person, "taken": now, "given": None, "labels": {}, "unsure": False}
    statement = upsert(sample_label, connection).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["item", "person"], set_={"taken": now}))
    return now + KEPT_FOR


async def has(connection: AsyncConnection, item: str, person: str) -> bool:
    """Whether the text was handed to the person, who did not label it yet, and lacks a label."""
    row = sample_label.c
    theirs = select(row.item).where(row.item == item, row.person == person, row.given.is_(None))
    given = select(func.count()).select_from(sample_label).where(row.item == item, row.given.is_not(None))
    return (await connection.execute(theirs)).first() is not None and (await connection.execute(given)).scalar_one() < OPINIONS


async def give(connection: AsyncConnection, item: str, person: str, labels: Mapping[str, Sequence[str]], *, unsure: bool) -> None:
    """Keeps what the person says of the text."""
    row = sample_label.c
    changed = update(sample_label).where(row.item == item, row.person == person)
    labelled = {kind: list(values) for kind, values in labels.items()}
    await connection.execute(changed.values(labels=labelled, unsure=unsure, given=await clock.now(connection)))


async def double_checked(connection: AsyncConnection, start: datetime, end: datetime, model: str) -> list[DoubleChecked]:
    """The texts whose second label was given in [start, end); `model` is the one that judged them, empty: any."""
    rows = (await connection.execute(_labelled())).mappings().all()
    texts = [_double_checked(*pair) for pair in _pairs(rows)]
    return [text for text in texts if start <= text.time < end and model in ("", text.judged_by)]


async def settled(connection: AsyncConnection) -> list[Given]:
    """The texts of whose sentiment both people say the same."""
    rows = (await connection.execute(_labelled())).mappings().all()
    found: list[Given] = []
    for one, other in _pairs(rows):
        sentiment = _double_checked(one, other).settled(LabelKind.SENTIMENT)
        if sentiment is not None:
            found.append(Given(one["mention"], one["content_hash"], sentiment))
    return found


async def corrected(connection: AsyncConnection) -> list[Given]:
    """The texts whose sentiment people corrected, as the last of them said."""
    query = select(correction).where(correction.c.kind == LabelKind.SENTIMENT.value, correction.c.undone_by == "").order_by(correction.c.number)
    rows = (await connection.execute(query)).mappings()
    return list({(row["mention"], row["content_hash"]): Given(row["mention"], row["content_hash"], row["given"][0]) for row in rows}.values())


def _counts(condition: ColumnElement[bool]) -> Subquery:
    return select(sample_label.c.item, func.count().label("size")).where(condition).group_by(sample_label.c.item).subquery()


def _labelled() -> Select[Any]:
    labels = (sample_label.c.person, sample_label.c.given, sample_label.c.labels, sample_label.c.unsure)
    joined = sample_item.join(sample_label, sample_label.c.item == sample_item.c.id)
    given = sample_label.c.given.is_not(None)
    return select(sample_item, *labels).select_from(joined).where(given).order_by(sample_item.c.id, sample_label.c.given)


def _pairs(rows: Sequence[RowMapping]) -> list[tuple[RowMapping, RowMapping]]:
    return [(one, other) for one, other in pairwise(rows) if one["id"] == other["id"]]


def _double_checked(one: RowMapping, other: RowMapping) -> DoubleChecked:
    opinions = (_opinion(one), _opinion(other))
    return DoubleChecked(one["medium"], tuple(one["topics"]), one["weight"], one["judged"], one["probability"], one["judged_by"], opinions)


def _opinion(row: RowMapping) -> Opinion:
    return Opinion(row["labels"], row["unsure"], row["given"])


def _row(sample_id: str, number: int, drawn: Drawn) -> dict[str, Any]:
    mention, judgement = drawn.mention, drawn.mention.judgement
    return {
        "id": secrets.token_hex(8),
        "sample": sample_id,
        "number": number,
        "mention": mention.id,
        "content_hash": mention.content_hash,
        "medium": mention.document.medium,
        "topics": [match.topic for match in mention.topics],
        "weight": drawn.weight,
        "judged": {kind.value: list(mention.judged(kind).values) for kind in LabelKind},
        "probability": max(judgement.negative, judgement.neutral, judgement.positive) if judgement else 0.0,
        "judged_by": mention.judged_by,
    }
