"""Whatever people do to stories while mentions come, change and go: each mention is in one story that is there, and is found by what it says."""

from random import Random

import pytest
from sqlalchemy import delete, insert, select

from yuqing_indexing.domain.telling import Telling, words_of
from yuqing_indexing.store import story_changes, tables
from yuqing_indexing.store.stories import SqlStories, leave
from yuqing_runtime.errors import FailedPrecondition, NotFound

ALPHABET = [chr(0x4E00 + number) for number in range(3_000)]
STEPS = 60


class People:
    """Does at random what people and sources do."""

    def __init__(self, database, seed):
        self.database, self.random, self.stories = database, Random(seed), SqlStories(database)
        self.originals = [self.random.sample(ALPHABET, 60) for _ in range(4)]
        self.placed: dict[str, str] = {}
        self.pinned: dict[str, str] = {}
        self.count = 0

    async def step(self):
        await self.random.choice([self.come, self.come, self.edit, self.merge, self.split, self.erase])()

    def telling(self, mention):
        one, other = self.random.choice(self.originals), self.random.choice(self.originals)
        tokens = self.random.choice((one, one[10:], [*one, *other], self.random.sample(ALPHABET, 40)))
        passes_on = f"m{self.random.randrange(self.count + 2)}" if self.random.random() < 0.2 else ""
        return Telling(mention, words_of(" ".join(tokens)), self.random.random() < 0.5, (mention,), passes_on)

    async def come(self):
        names = [f"m{self.count + number}" for number in range(self.random.randint(1, 4))]
        self.count += len(names)
        async with self.database.write() as connection:
            await connection.execute(insert(tables.mention), [{"id": name, "month": "2024.05"} for name in names])
        await self.note(await self.stories.place([self.telling(name) for name in names]))

    async def edit(self):
        if self.placed:
            await self.note(await self.stories.place([self.telling(self.random.choice(sorted(self.placed)))]))

    async def merge(self):
        there = sorted(set(self.placed.values()))
        if len(there) > 1:
            story, *others = self.random.sample(there, min(len(there), self.random.randint(2, 3)))
            async with self.database.write() as connection:
                changed = await story_changes.merge(connection, story, others, etag="")
            assert changed.moved == sum(each in others for each in self.placed.values())
            self.placed = {name: story if each in others else each for name, each in self.placed.items()}
            self.pinned = {name: story if each in others else each for name, each in self.pinned.items()}
            async with self.database.read() as connection:
                with pytest.raises(NotFound, match="became part of"):
                    await story_changes.etag_of(connection, others[0])

    async def split(self):
        if not self.placed:
            return
        story = self.placed[self.random.choice(sorted(self.placed))]
        members = sorted(name for name, each in self.placed.items() if each == story)
        going = self.random.sample(members, self.random.randint(1, len(members)))
        async with self.database.write() as connection:
            if len(going) == len(members):
                with pytest.raises(FailedPrecondition):
                    await story_changes.split(connection, story, going, etag="")
                return
            changed = await story_changes.split(connection, story, going, etag="")
        assert changed.story not in self.placed.values()
        self.placed |= dict.fromkeys(going, changed.story)
        self.pinned |= dict.fromkeys(going, changed.story)

    async def erase(self):
        if self.placed:
            name = self.random.choice(sorted(self.placed))
            async with self.database.write() as connection:
                await leave(connection, name)
                await connection.execute(delete(tables.mention).where(tables.mention.c.id == name))
            del self.placed[name]
            self.pinned.pop(name, None)

    async def note(self, placed):
        """Those who waited for a post come along into the story that its words had already."""
        async with self.database.read() as connection:
            became = select(tables.story.c.id, tables.story.c.merged_into).where(tables.story.c.merged_into.is_not(None))
            merged = dict((await connection.execute(became)).all())
        self.placed |= {name: place.story for name, place in placed.items()}
        for kept in (self.placed, self.pinned):
            kept |= {name: merged.get(story, story) for name, story in kept.items()}


async def check(people):
    async with people.database.read() as connection:
        stories = dict((await connection.execute(select(tables.mention.c.id, tables.mention.c.story))).all())
        merged = set((await connection.execute(select(tables.story.c.id).where(tables.story.c.merged_into.is_not(None)))).scalars())
        texts = (await connection.execute(select(tables.story_text))).all()
        numbers = set((await connection.execute(select(tables.fingerprint.c.number))).scalars())
    assert stories == people.placed
    assert people.pinned.items() <= stories.items()
    assert merged.isdisjoint(stories.values())
    assert merged.isdisjoint(text.story for text in texts)
    assert numbers == {text.number for text in texts if text.is_sought}
    assert {text.mention for text in texts} <= stories.keys()
    assert all(text.story not in {other for other, _ in text.related} for text in texts)
    assert {text.story for text in texts if not text.is_sought} <= {text.story for text in texts if text.is_sought}


async def test_every_mention_is_in_one_story_that_is_there_whatever_people_do(database):
    pinned = 0
    for seed in range(4):
        people = People(database, seed)
        async with database.write() as connection:
            for table in (tables.story_text, tables.fingerprint, tables.mention, tables.story, tables.story_move):
                await connection.execute(delete(table))
        for _ in range(STEPS):
            await people.step()
            await check(people)
        pinned += len(people.pinned)
    assert pinned > 3
