"""Which mention stands for each story in the index of vectors, and the stories whose head is to be looked at; each function works in the transaction
it is given.

A story that became part of another keeps its head, as long as that is there: so the whole is found by the meaning of each.

What is to be looked at is written down before anything is done about it, so a crash leaves nothing undone; doing it twice does no harm.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.ports import Place
from yuqing_indexing.store.tables import mention, story_head, story_head_write
from yuqing_indexing.store.tables import story as story_table
from yuqing_runtime import clock
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.rows import among

SETTLED_AFTER: Final = timedelta(minutes=15)
"""By then every write that began before the change has ended: a mention that the index does not have by then, it will not have."""


@dataclass(frozen=True, slots=True)
class Known:
    """The head that the index of vectors has of a story."""

    mention: str
    content_hash: str
    encoder: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A story to look at, and the moment since when; `settled`: it need not be waited for any longer."""

    story: str
    since: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """The mention that is to stand for a story (None: nothing is left of the story), and what stands for it now."""

    story: str
    place: Place | None
    known: Known | None


async def look_at(connection: AsyncConnection, stories: Collection[str]) -> None:
    """Has the heads of these stories looked at."""
    await _look_at(connection, dict.fromkeys(stories, await clock.now(connection)))


async def look_at_story_of(connection: AsyncConnection, mention_id: str) -> None:
    """The same for the story of a mention that is about to go."""
    story = (await connection.execute(select(mention.c.story).where(mention.c.id == mention_id))).scalar_one_or_none()
    await look_at(connection, [story] if story else [])
    await look_at_those_of(connection, [mention_id])


async def look_at_those_of(connection: AsyncConnection, mentions: Collection[str]) -> None:
    """The same for the stories that these mentions stand for."""
    stories = (await connection.execute(select(story_head.c.story).where(among(story_head.c.mention, mentions, connection)))).scalars().all()
    await look_at(connection, stories)


async def look_at_changed(connection: AsyncConnection, mentions: Mapping[str, datetime]) -> None:
    """The same for the stories that new and edited mentions came to and have no head yet, and for those that one of them stands for."""
    rows = await connection.execute(select(mention.c.id, mention.c.story).where(among(mention.c.id, mentions, connection)))
    stories = {row.story: mentions[row.id] for row in rows if row.story}
    columns = story_head.c
    theirs = or_(among(columns.story, stories, connection), among(columns.mention, mentions, connection))
    heads = {row.story: row.mention for row in await connection.execute(select(columns.story, columns.mention).where(theirs))}
    new = {story: at for story, at in stories.items() if story not in heads}
    edited = {story: mentions[head] for story, head in heads.items() if head in mentions}
    await _look_at(connection, new | edited)


async def look_at_all(connection: AsyncConnection) -> None:
    """The same for all stories that have no head: where no list of changes says which are new."""
    there = exists().where(story_head.c.story == mention.c.story)
    await _look_at_these(connection, select(mention.c.story).where(mention.c.story.is_not(None), ~there).distinct().subquery().c.story)
    await look_at_strays(connection)


async def look_at_strays(connection: AsyncConnection) -> None:
    """The same for the stories whose head was dropped with its month."""
    there = exists().where(mention.c.id == story_head.c.mention)
    await _look_at_these(connection, select(story_head.c.story).where(~there).subquery().c.story)


async def look_at_others(connection: AsyncConnection, encoder: str) -> None:
    """The same for the stories whose vector another encoder made."""
    await _look_at_these(connection, select(story_head.c.story).where(story_head.c.encoder != encoder).subquery().c.story)


async def strays(connection: AsyncConnection) -> list[str]:
    """The stories to look at whose head is a mention that is gone or belongs to another story now."""
    belongs = exists().where(mention.c.id == story_head.c.mention, mention.c.story == func.coalesce(story_table.c.merged_into, story_head.c.story))
    looked_at = select(story_head.c.story).join(story_head_write, story_head_write.c.story == story_head.c.story)
    query = looked_at.outerjoin(story_table, story_table.c.id == story_head.c.story).where(~belongs)
    return list((await connection.execute(query)).scalars())


async def forget(connection: AsyncConnection, stories: Collection[str]) -> None:
    """Notes that the index of vectors has nothing of these stories any more."""
    await connection.execute(delete(story_head).where(among(story_head.c.story, stories, connection)))


async def waiting(connection: AsyncConnection, last: Waiting | None, *, limit: int) -> list[Waiting]:
    """The stories to look at after one of them, those that wait longest first."""
    columns = story_head_write.c
    query = select(columns.story, columns.at).order_by(columns.at, columns.story).limit(limit)
    if last is not None:
        query = query.where((columns.at > last.since) | ((columns.at == last.since) & (columns.story > last.story)))
    settled = await clock.now(connection) - SETTLED_AFTER
    return [Waiting(row.story, row.at, row.at < settled) for row in await connection.execute(query)]


async def wanted(connection: AsyncConnection, stories: Sequence[str]) -> list[Wanted]:
    """The head that each is to have: the one it has, as long as that belongs to it; else its first mention that is no copy, or its first.

    A story that became part of another: the one it has, as long as that belongs to the other.
    """
    heads = {row.story: row for row in await connection.execute(select(story_head).where(among(story_head.c.story, stories, connection)))}
    members = mention.c
    number = func.row_number().over(
        partition_by=members.story, order_by=(members.id != func.coalesce(story_head.c.mention, ""), members.is_copy, members.month, members.id)
    )
    ranked = (
        select(members.story, members.id, members.month, number.label("number"))
        .outerjoin(story_head, story_head.c.story == members.story)
        .where(among(members.story, stories, connection))
        .subquery()
    )
    kept = (
        select(story_table.c.id.label("story"), members.id, members.month)
        .join(story_head, story_head.c.story == story_table.c.id)
        .join(mention, (members.id == story_head.c.mention) & (members.story == story_table.c.merged_into))
        .where(among(story_table.c.id, stories, connection))
    )
    first = select(ranked.c.story, ranked.c.id, ranked.c.month).where(ranked.c.number == 1)
    places = {row.story: Place(row.id, row.month) for query in (kept, first) for row in await connection.execute(query)}
    return [Wanted(story, places.get(story), _known(heads.get(story))) for story in stories]


async def still_theirs(connection: AsyncConnection, heads: Mapping[str, str]) -> set[str]:
    """Of these stories, each with a mention, those that the mention belongs to, or to what they became part of."""
    query = select(mention.c.id, mention.c.story).where(among(mention.c.id, heads.values(), connection))
    belongs = {row.id: row.story for row in await connection.execute(query)}
    became = await _became(connection, heads)
    return {each for each, head in heads.items() if belongs.get(head) == became.get(each, each)}


async def know(connection: AsyncConnection, heads: Mapping[str, Known]) -> None:
    """Notes what the index of vectors has now."""
    if heads:
        rows = [
            {"story": story, "mention": each.mention, "content_hash": each.content_hash, "encoder": each.encoder} for story, each in heads.items()
        ]
        statement = upsert(story_head, connection)
        values = {name: statement.excluded[name] for name in ("mention", "content_hash", "encoder")}
        await connection.execute(statement.on_conflict_do_update(index_elements=["story"], set_=values), rows)


async def done(connection: AsyncConnection, looked_at: Sequence[Waiting]) -> None:
    """Forgets these, but for those that are to be looked at since another moment."""
    columns = story_head_write.c
    for each in looked_at:
        await connection.execute(delete(story_head_write).where(columns.story == each.story, columns.at == each.since))


@dataclass(frozen=True, slots=True)
class SqlMergedStories:
    """The port `MergedStories`."""

    database: Database

    async def became(self, stories: Collection[str]) -> Mapping[str, str]:
        """See `domain.meaning.MergedStories`."""
        async with self.database.read() as connection:
            return await _became(connection, stories)

    async def parts(self, stories: Collection[str]) -> set[str]:
        """See `domain.meaning.MergedStories`."""
        async with self.database.read() as connection:
            return set((await connection.execute(select(story_table.c.id).where(among(story_table.c.merged_into, stories, connection)))).scalars())


async def _became(connection: AsyncConnection, stories: Collection[str]) -> dict[str, str]:
    query = select(story_table.c.id, story_table.c.merged_into).where(
        among(story_table.c.id, stories, connection), story_table.c.merged_into.is_not(None)
    )
    return {row.id: row.merged_into for row in await connection.execute(query)}


async def _look_at(connection: AsyncConnection, stories: Mapping[str, datetime]) -> None:
    """The same, with the moment since when each waits."""
    if stories:
        rows = [{"story": story, "at": at} for story, at in stories.items()]
        statement = upsert(story_head_write, connection)
        await connection.execute(statement.on_conflict_do_update(index_elements=["story"], set_={"at": statement.excluded.at}), rows)


async def _look_at_these(connection: AsyncConnection, stories: ColumnElement[str]) -> None:
    now = literal(await clock.now(connection), story_head_write.c.at.type)
    listed = select(stories, now).where(stories.is_not(None))  # SQLite reads ON CONFLICT after a WHERE only
    statement = upsert(story_head_write, connection).from_select(["story", "at"], listed)
    await connection.execute(statement.on_conflict_do_nothing())


def _known(row: Row[Any] | None) -> Known | None:
    return Known(row.mention, row.content_hash, row.encoder) if row else None
