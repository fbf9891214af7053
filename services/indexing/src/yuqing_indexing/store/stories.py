"""The stories of mentions, decided under the lock that also decides which mention a document is.

In SQL and not in the index: Elasticsearch shows a write after its next refresh, so two copies that come at once, to one replica or to two,
would not see each other. What was placed stays: a batch that is taken again is given the same stories.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import BigInteger, RowMapping, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.document import Membership, Related
from yuqing_indexing.domain.stories import KnownTexts, Placing, Text, story_id
from yuqing_indexing.domain.telling import Telling, Words
from yuqing_indexing.store import tables
from yuqing_indexing.store.rewrites import STORY_MOVES
from yuqing_indexing.store.story_joining import join
from yuqing_runtime import clock, order
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.rows import among, execute_rows

_TEXTS_AT_ONCE = 500
_SPREAD = 8
"""Mentions from which on a story's growth is told to its first texts; below, it makes less than three points of risk."""
_MOST_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class _Member:
    """What is kept of a mention: its story (empty: none yet), the number of the words it was placed by, and whether a person placed it."""

    story: str
    words: int | None
    is_copy: bool
    by_hand: bool

    def stays(self, told: Telling) -> bool:
        """Whether nothing is left to decide."""
        return bool(self.story) and (told.words is None or told.words.number == self.words)


class SqlStories:
    """The port `Stories` on the service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, tellings: Sequence[Telling]) -> dict[str, Membership]:
        """See `domain.ports.Stories`."""
        if not tellings:
            return {}
        await self._prepare(tellings)
        async with self._database.write() as connection:
            await order.hold(connection)
            members = await _members(connection, [told.mention for told in tellings])
            there = [told for told in tellings if told.mention in members]
            moving = [told for told in there if not members[told.mention].stays(told)]
            placing = await _placing(connection, there, moving)
            placed = await asyncio.to_thread(_place, placing, there, members)
            await _keep(connection, placing.known)
            await _note(connection, moving, placed)
            for one, into in placing.joined.items():
                await join(connection, into, [one])
            sizes = await _sizes(connection, _shared(placed, members, placing.awaited))
            came = Counter(place.story for mention, place in placed.items() if not members[mention].story)
            await _have_told(connection, [story for story, size in sizes.items() if _step(size) > _step(size - came[story])])
        return {mention: _sized(place, sizes.get(place.story, 1)) for mention, place in placed.items()}

    async def _prepare(self, tellings: Sequence[Telling]) -> None:
        """Computes the fingerprints, which the words keep, before the lock is held. Words that are known to the letter need none."""
        compared = _compared(tellings)
        async with self._database.read() as connection:
            column = tables.story_text.c.number
            known = set((await connection.execute(select(column).where(among(column, compared, connection)))).scalars())
        await asyncio.to_thread(_take_fingerprints, [words for number, words in compared.items() if number not in known])


async def forget_texts(connection: AsyncConnection, *, before_day: int) -> int:
    """Forgets some of the texts that no copy came of since that day (of the epoch), with their fingerprints; returns how many."""
    await order.hold(connection)  # else a batch that met them may wait for this, and this for the batch
    query = select(tables.story_text).where(tables.story_text.c.day < before_day).limit(_TEXTS_AT_ONCE)
    texts = [_text(row) for row in (await connection.execute(query)).mappings()]
    await _forget(connection, texts)
    return len(texts)


async def leave(connection: AsyncConnection, mention: str) -> None:
    """Forgets the texts that a mention which is erased brought and nobody else says, also those that it said before it was edited."""
    query = select(tables.story_text).where(tables.story_text.c.mention == mention)
    brought = [_text(row) for row in (await connection.execute(query)).mappings()]
    doomed: list[Text] = []
    for text in brought:
        if other := await _another_who_says(connection, text, mention):
            same = tables.story_text.c.number == text.words.number
            await connection.execute(update(tables.story_text).where(same).values(mention=other))
        else:
            doomed.append(text)
    await _forget(connection, doomed)
    for story in {text.story for text in doomed}:
        await seek_another(connection, story)


async def _another_who_says(connection: AsyncConnection, text: Text, mention: str) -> str | None:
    columns = tables.mention.c
    query = select(columns.id).where(columns.story == text.story, columns.words == text.words.number, columns.id != mention)
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def seek_another(connection: AsyncConnection, story: str) -> None:
    """Sees to it that a story which still has texts is found by one of them: the one known longest."""
    query = select(tables.story_text).where(tables.story_text.c.story == story).order_by(tables.story_text.c.day, tables.story_text.c.number)
    texts = [_text(row) for row in (await connection.execute(query)).mappings()]
    if any(text.is_sought for text in texts):
        return
    if follower := next((text for text in texts if text.words.are_compared), None):
        number = follower.words.number
        await connection.execute(update(tables.story_text).where(tables.story_text.c.number == number).values(is_sought=True))
        await _insert_postings(connection, [(each, number) for each in follower.words.sketch.fingerprints])


def _compared(tellings: Iterable[Telling]) -> dict[int, Words]:
    """The words that may be called similar to others, each once, by their numbers."""
    return {told.words.number: told.words for told in tellings if told.words and told.words.are_compared}


def _take_fingerprints(words: Iterable[Words]) -> int:
    return sum(len(each.sketch.fingerprints) for each in words)


def _place(placing: Placing, tellings: Sequence[Telling], members: dict[str, _Member]) -> dict[str, Membership]:
    placed: dict[str, Membership] = {}
    for told in tellings:
        member = members[told.mention]
        related = placing.known.related(member.words, member.story)
        present = Membership(member.story, member.is_copy, related) if member.story else None
        if present is None or not (member.stays(told) or member.by_hand):
            placed[told.mention] = placing.place(told, present)
            continue
        if member.by_hand:
            placing.follow(told, member.story)
        placed[told.mention] = present
    return {mention: placing.settled(place) for mention, place in placed.items()}


async def _members(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, _Member]:
    columns = tables.mention.c
    query = select(columns.id, columns.story, columns.words, columns.is_copy, columns.by_hand).where(among(columns.id, mentions, connection))
    return {row.id: _Member(row.story or "", row.words, row.is_copy, row.by_hand) for row in await connection.execute(query)}


async def _placing(connection: AsyncConnection, tellings: Sequence[Telling], moving: Sequence[Telling]) -> Placing:
    """All that is known and may bear on these mentions; `moving` are those that have yet to be placed."""
    texts = await _texts(connection, {told.words.number for told in tellings if told.words})
    unknown = [words for number, words in _compared(moving).items() if number not in texts]
    known = KnownTexts(texts, await _postings(connection, {each for words in unknown for each in words.sketch.fingerprints}))
    candidates = {number for words in unknown for number in known.candidates(words.sketch)}
    texts.update(await _texts(connection, candidates - texts.keys()))
    named = {told.passes_on for told in moving if told.passes_on}
    begun = {story_id(key) for told in moving for key in told.keys}
    merged = await _merged(connection, begun | {story_id(key) for key in named})
    placing = Placing(known, awaited=await _awaited(connection, begun) | set(merged.values()), merged=merged)
    await _resolve(connection, placing, named)
    return placing


async def _texts(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, Text]:
    if not numbers:
        return {}
    query = select(tables.story_text).where(among(tables.story_text.c.number, numbers, connection))
    return {row["number"]: _text(row) for row in (await connection.execute(query)).mappings()}


async def _postings(connection: AsyncConnection, hashes: Collection[int]) -> dict[int, list[int]]:
    postings: dict[int, list[int]] = {}
    if hashes:
        columns = tables.fingerprint.c
        query = select(columns.hash, columns.number).where(among(columns.hash, hashes, connection))
        for each, number in await connection.execute(query):
            postings.setdefault(each, []).append(number)
    return postings


async def _awaited(connection: AsyncConnection, stories: Collection[str]) -> set[str]:
    """Those of the stories that are there: begun by others, who pass on what has not come yet."""
    query = select(tables.mention.c.story).where(among(tables.mention.c.story, stories, connection)).distinct()
    return set((await connection.execute(query)).scalars())


async def _merged(connection: AsyncConnection, stories: Collection[str]) -> dict[str, str]:
    columns = tables.story.c
    query = select(columns.id, columns.merged_into).where(among(columns.id, stories, connection), columns.merged_into.is_not(None))
    return {row.id: row.merged_into for row in await connection.execute(query)}


async def _resolve(connection: AsyncConnection, placing: Placing, keys: Collection[str]) -> None:
    """Finds the stories of what is passed on, by any of its keys; what is known and has none may get its own within the batch."""
    if not keys:
        return
    aliases = select(tables.alias.c.key, tables.alias.c.mention).where(among(tables.alias.c.key, keys, connection))
    owners = {key: key for key in keys} | {row.key: row.mention for row in await connection.execute(aliases)}
    members = await _members(connection, set(owners.values()))
    for key, owner in owners.items():
        if owner in members and members[owner].story:
            placing.stories[key] = members[owner].story
        elif owner in members:
            placing.owners[key] = owner
    placing.merged.update(await _merged(connection, {story_id(owner) for owner in placing.owners.values()}))


async def _keep(connection: AsyncConnection, known: KnownTexts) -> None:
    today = (await clock.now(connection) - clock.EPOCH).days
    if known.added:
        added = upsert(tables.story_text, connection).values(day=today).on_conflict_do_nothing()
        await execute_rows(connection, added, list(map(_row, known.added)))
        await _insert_postings(connection, known.added_postings)
    if known.met:
        columns = tables.story_text.c
        old = update(tables.story_text).where(among(columns.number, known.met, connection), columns.day < today)
        await connection.execute(old.values(day=today))


async def _insert_postings(connection: AsyncConnection, postings: Sequence[tuple[int, int]]) -> None:
    """In one statement with one parameter or two: a row at a time would take four times as long, and rows without order half as long again."""
    if not postings:
        return
    columns, rows = tables.fingerprint.c, sorted(postings)
    if connection.dialect.name == "postgresql":
        hashes, numbers = (func.unnest(literal(list(each), ARRAY(BigInteger))) for each in zip(*rows, strict=True))
        listed = select(hashes, numbers)
    else:
        pairs = func.json_each(orjson.dumps(rows).decode()).table_valued("value")
        parts = (func.json_extract(pairs.c.value, path) for path in ("$[0]", "$[1]"))
        listed = select(*parts).where(pairs.c.value.is_not(None))  # SQLite reads ON CONFLICT after a WHERE only
    inserted = upsert(tables.fingerprint, connection).from_select([columns.hash, columns.number], listed)
    await connection.execute(inserted.on_conflict_do_nothing())


async def _note(connection: AsyncConnection, moving: Sequence[Telling], placed: dict[str, Membership]) -> None:
    if moving:
        rows = [
            {"key": told.mention, "its_story": place.story, "its_words": told.words.number if told.words else None, "copies": place.copy}
            for told in moving
            if (place := placed[told.mention])
        ]
        statement = update(tables.mention).where(tables.mention.c.id == bindparam("key"))
        changed = statement.values(story=bindparam("its_story"), words=bindparam("its_words"), is_copy=bindparam("copies"))
        await execute_rows(connection, changed, rows)


def _shared(placed: dict[str, Membership], members: dict[str, _Member], awaited: Collection[str]) -> set[str]:
    """The stories that may have other mentions than one of this batch, which begins it: most have none, and need not be asked about."""
    here = Counter(place.story for place in placed.values())
    return {
        place.story
        for mention, place in placed.items()
        if here[place.story] > 1 or members[mention].story or place.story in awaited or place.story != story_id(mention)
    }


async def _sizes(connection: AsyncConnection, stories: Collection[str]) -> dict[str, int]:
    """How many mentions each of the stories has now."""
    if not stories:
        return {}
    columns = tables.mention.c
    query = select(columns.story, func.count().label("size")).where(among(columns.story, stories, connection)).group_by(columns.story)
    return {row.story: row.size for row in await connection.execute(query)}


def _sized(place: Membership, size: int) -> Membership:
    return place if place.size == size else replace(place, size=size)


def _step(size: int) -> int:
    """Grows by one whenever a story that is large enough to be called spread has doubled."""
    return size.bit_length() if size >= _SPREAD else 0


async def _have_told(connection: AsyncConnection, stories: Collection[str]) -> None:
    """Has what stories are copies of written again with their present size: its risk was computed when few had copied it."""
    if stories:
        columns = tables.mention.c
        query = select(columns.id).where(among(columns.story, stories, connection), columns.is_copy.is_(False)).limit(_MOST_TOLD)
        await STORY_MOVES.add(connection, (await connection.execute(query)).scalars().all())


async def _forget(connection: AsyncConnection, texts: Iterable[Text]) -> None:
    numbers = [text.words.number for text in texts]
    postings = [{"its_hash": each, "its_number": text.words.number} for text in texts if text.is_sought for each in text.words.sketch.fingerprints]
    if postings:
        columns = tables.fingerprint.c
        these = delete(tables.fingerprint).where(columns.hash == bindparam("its_hash"), columns.number == bindparam("its_number"))
        await connection.execute(these, postings)
    if numbers:
        await connection.execute(delete(tables.story_text).where(among(tables.story_text.c.number, numbers, connection)))


def _text(row: RowMapping) -> Text:
    related = tuple(Related(story, share) for story, share in row["related"])
    return Text(Words(row["number"], row["tokens"]), row["story"], row["mention"], related, row["is_sought"])


def _row(text: Text) -> dict[str, Any]:
    return {
        "number": text.words.number,
        "story": text.story,
        "mention": text.mention,
        "tokens": text.words.tokens,
        "related": [(each.story, each.share) for each in text.related],
        "is_sought": text.is_sought,
    }
