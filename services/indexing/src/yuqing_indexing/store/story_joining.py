"""Makes stories part of others, whoever found out that they are; each function works in the transaction it is given, under the order lock."""

import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.store import story_heads, tables
from yuqing_indexing.store.rewrites import STORY_MOVES
from yuqing_runtime.database import upsert
from yuqing_runtime.rows import among


async def join(connection: AsyncConnection, story: str, others: Sequence[str]) -> int:
    """Makes the others part of the story: their mentions, their texts, and what will come to them. Returns how many mentions went."""
    mentions = (await connection.execute(select(tables.mention.c.id).where(among(tables.mention.c.story, others, connection)))).scalars().all()
    await connection.execute(update(tables.mention).where(among(tables.mention.c.story, others, connection)).values(story=story))
    await connection.execute(update(tables.story_text).where(among(tables.story_text.c.story, others, connection)).values(story=story))
    await _unlink(connection, story, {story, *others})
    await connection.execute(update(tables.story).where(among(tables.story.c.merged_into, others, connection)).values(merged_into=story))
    for other in others:
        await touch(connection, other, merged_into=story)
    await STORY_MOVES.add(connection, mentions)
    await story_heads.look_at(connection, [story, *others])
    return len(mentions)


async def touch(connection: AsyncConnection, story: str, *, merged_into: str | None = None) -> str:
    """Gives the story another etag, and returns it."""
    values = {"etag": secrets.token_hex(8), "merged_into": merged_into}
    statement = upsert(tables.story, connection).values(id=story, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    return values["etag"] or ""


async def _unlink(connection: AsyncConnection, story: str, own: Collection[str]) -> None:
    """A story is not linked with itself."""
    texts = tables.story_text.c
    for row in (await connection.execute(select(texts.number, texts.related).where(texts.story == story))).all():
        related = [[other, share] for other, share in row.related if other not in own]
        if len(related) < len(row.related):
            await connection.execute(update(tables.story_text).where(texts.number == row.number).values(related=related))
