"""Stories merged and split by hand; each function works in the transaction it is given, and holds the lock that ingest places mentions under."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.stories import story_name
from yuqing_indexing.store import story_heads, tables
from yuqing_indexing.store.rewrites import STORY_MOVES
from yuqing_indexing.store.stories import seek_another
from yuqing_indexing.store.story_joining import join, touch
from yuqing_runtime import order
from yuqing_runtime.errors import Aborted, FailedPrecondition, NotFound
from yuqing_runtime.rows import among

UNTOUCHED = "0"
"""The etag of a story that nobody merged or split."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The story that mentions went to, how many went, and its etag."""

    story: str
    moved: int
    etag: str


async def etag_of(connection: AsyncConnection, story: str) -> str:
    """The etag of a story that is there. Errors: NotFound, which names the story that it became part of."""
    row = (await connection.execute(select(tables.story).where(tables.story.c.id == story))).mappings().one_or_none()
    if row and row["merged_into"]:
        into = story_name(row["merged_into"])
        raise NotFound(f"{story_name(story)} became part of {into}", reason="STORY_MERGED", metadata={"story": into})
    if not await _size(connection, story):
        raise NotFound(f"{story_name(story)} is not there")
    return row["etag"] if row else UNTOUCHED


async def merge(connection: AsyncConnection, story: str, others: Sequence[str], *, etag: str) -> Changed:
    """Makes the others part of the story. Errors: NotFound, Aborted, FailedPrecondition."""
    await order.hold(connection)
    await _check(connection, story, etag)
    if story in others:
        raise FailedPrecondition(f"{story_name(story)} cannot be merged with itself", reason="SAME_STORY")
    for other in others:
        await etag_of(connection, other)
    moved = await join(connection, story, others)
    return Changed(story, moved, await touch(connection, story))


async def split(connection: AsyncConnection, story: str, mentions: Sequence[str], *, etag: str) -> Changed:
    """Takes mentions out into a story of their own, with the texts that nobody else there says. Errors: NotFound, Aborted, FailedPrecondition."""
    await order.hold(connection)
    await _check(connection, story, etag)
    columns = tables.mention.c
    query = select(columns.id, columns.words).where(columns.story == story, among(columns.id, mentions, connection))
    going = {row.id: row.words for row in await connection.execute(query)}
    if missing := [mention for mention in mentions if mention not in going]:
        raise NotFound(f"mentions/{missing[0]} is not in {story_name(story)}")
    if await _size(connection, story) == len(going):
        raise FailedPrecondition(f"nothing would be left of {story_name(story)}", reason="NOTHING_LEFT")
    new = secrets.token_hex(16)
    await connection.execute(update(tables.mention).where(among(columns.id, going, connection)).values(story=new, by_hand=True))
    stay = select(columns.words).where(columns.story == story, columns.words.is_not(None))
    texts = tables.story_text.c
    alone = [words for words in set(going.values()) if words is not None]
    for words in alone:
        await connection.execute(update(tables.story_text).where(texts.number == words, texts.number.not_in(stay)).values(story=new))
    await seek_another(connection, new)
    await seek_another(connection, story)
    await STORY_MOVES.add(connection, going)
    await story_heads.look_at(connection, [story, new])
    await story_heads.look_at_those_of(connection, list(going))
    await touch(connection, story)
    return Changed(new, len(going), await touch(connection, new))


async def _check(connection: AsyncConnection, story: str, etag: str) -> None:
    if etag not in ("", await etag_of(connection, story)):
        raise Aborted(f"{story_name(story)} was changed meanwhile: read it again")


async def _size(connection: AsyncConnection, story: str) -> int:
    return (await connection.execute(select(func.count()).select_from(tables.mention).where(tables.mention.c.story == story))).scalar_one()
