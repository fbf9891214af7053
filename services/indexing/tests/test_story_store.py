"""What SQL knows of stories, whatever batches the mentions come in."""

import asyncio
from dataclasses import replace
from random import Random

from sqlalchemy import delete, func, insert, select

from yuqing_indexing.domain.stories import KnownTexts, Placing, story_id
from yuqing_indexing.domain.telling import Telling, words_of
from yuqing_indexing.store import tables
from yuqing_indexing.store.stories import SqlStories, forget_texts

ALPHABET = [chr(0x4E00 + number) for number in range(3_000)]


def texts(random, count):
    """Texts of a few originals: whole, cut, changed, joined; many of them several times."""
    originals = [random.sample(ALPHABET, random.randint(6, 90)) for _ in range(5)]
    made = []
    for _ in range(count):
        one, other = random.choice(originals), random.choice(originals)
        start = random.randrange(len(one) // 2)
        changed = [random.choice(ALPHABET) if random.random() < 0.05 else token for token in one]
        made.append(random.choice((one, one[start:], one[: len(one) - start], changed, [*one, *other])))
    return made


def tellings(random, count):
    """Mentions with these texts, some of which pass on others, seen already or not."""
    told = []
    for number, tokens in enumerate(texts(random, count)):
        passes_on = f"m{random.randrange(count + 3)}" if random.random() < 0.2 else ""
        words = words_of(" ".join(tokens)) if len(tokens) >= 8 else None
        told.append(Telling(f"m{number}", words, random.random() < 0.5, (f"m{number}",), passes_on))
    return told


def as_kept(placing, told, placed):
    """A membership by the rules as it is when all have come: its story may have joined another, and what its words are linked with as well."""
    story = placing.settled(placed).story
    return replace(placed, story=story, related=placing.known.related(told.words.number if told.words else None, story))


def of(place):
    return place.story, place.copy


async def test_stories_are_those_of_the_rules_when_mentions_come_in_batches_and_again(database):
    joined = 0
    for seed in range(12):
        random = Random(seed)
        told = tellings(random, 40)
        async with database.write() as connection:
            for table in (tables.story_text, tables.fingerprint, tables.story, tables.mention):
                await connection.execute(delete(table))
            await connection.execute(insert(tables.mention), [{"id": each.mention, "month": "2024.05"} for each in told])
        placing = Placing(KnownTexts())
        expected = {each.mention: placing.place(each) for each in told}
        stories, found = SqlStories(database), {}
        start = 0
        while start < len(told):
            size = random.randint(1, 9)
            found |= await stories.place(told[start : start + size])
            start += size
        in_the_end = {each.mention: as_kept(placing, each, expected[each.mention]) for each in told}
        assert await stories.place(told) == in_the_end
        assert {name: of(placing.settled(place)) for name, place in found.items()} == {name: of(place) for name, place in in_the_end.items()}
        joined += len(placing.joined)
        assert 1 < len({place.story for place in found.values()}) < len(told)
        async with database.read() as connection:
            kept = dict((await connection.execute(select(tables.story_text.c.number, tables.story_text.c.story))).all())
            assert set((await connection.execute(select(tables.fingerprint.c.number))).scalars()) <= kept.keys()
        assert kept == {number: text.story for number, text in placing.known.texts.items()}
    assert joined > 5
    async with database.write() as connection:
        assert await forget_texts(connection, before_day=10**6) == len(kept)
        assert (await connection.execute(select(func.count()).select_from(tables.fingerprint))).scalar_one() == 0


async def test_a_mention_that_is_not_there_gets_no_story(database):
    told = [Telling(name, words_of(" ".join(ALPHABET[:50])), keys=(name,)) for name in ("gone", "here")]
    async with database.write() as connection:
        await connection.execute(insert(tables.mention), [{"id": "here", "month": "2024.05"}])
    one, other = await asyncio.gather(SqlStories(database).place(told), SqlStories(database).place(told[::-1]))
    assert one == other
    assert {name: place.story for name, place in one.items()} == {"here": story_id("here")}
