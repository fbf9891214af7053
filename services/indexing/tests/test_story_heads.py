"""Each story has the vector of one of its mentions, whatever happens to mentions, stories, scoring or the worker; and nothing else has one."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import delete, func, select

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import mention_pb2, story_pb2, story_pb2_grpc
from yuqing_indexing.domain.meaning import VectorsOff
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.stories import story_id_of
from yuqing_indexing.store import story_heads, tables
from yuqing_indexing.store.registry import FEED
from yuqing_runtime import feed, leases
from yuqing_testkit.services import person

MONITOR, LEGAL = person(access_pb2.ROLE_MONITOR), person(access_pb2.ROLE_LEGAL)


def words(count, seed):
    """Text that is like no other."""
    return "".join(chr(0x4E00 + number) for number in Random(seed).sample(range(20_000), count))


A, B, C = (words(120, seed) for seed in (1, 2, 3))


async def heads(indexing):
    """What the index of vectors has: story → mention."""
    await indexing.refresh()
    found = await indexing.elasticsearch.search(index=f"{indexing.settings.index_prefix}story-heads", size=1000)
    return {hit["_id"]: hit["_source"]["mention"] for hit in found.body["hits"]["hits"]}


async def members(indexing):
    """What is so: story → mentions."""
    async with indexing.database.read() as connection:
        rows = await connection.execute(select(tables.mention.c.story, tables.mention.c.id))
        found = {}
        for story, mention in rows:
            found.setdefault(story, set()).add(mention)
        return found


async def is_in_line(indexing):
    now, wanted = await heads(indexing), await members(indexing)
    async with indexing.database.read() as connection:
        rows = await connection.execute(select(tables.story.c.id, tables.story.c.merged_into).where(tables.story.c.merged_into.is_not(None)))
        became = {row.id: row.merged_into for row in rows}
        assert now.keys() - became.keys() == wanted.keys()
        assert all(head in wanted[became.get(story, story)] for story, head in now.items())
        known = {row.story: row.mention for row in await connection.execute(select(tables.story_head))}
        waiting = (await connection.execute(select(func.count()).select_from(tables.story_head_write))).scalar_one()
    assert (known, waiting) == (now, 0)


async def story_of(indexing, outcome):
    return (await indexing.mention(outcome.mention)).story


def stories_stub(indexing):
    return story_pb2_grpc.StoryServiceStub(indexing.gateway)


async def merge(indexing, name, *others):
    with indexing.town.acting(MONITOR):
        await stories_stub(indexing).MergeStories(story_pb2.MergeStoriesRequest(name=name, stories=others, reason="同一件事"))


async def split(indexing, name, *outcomes):
    asked = story_pb2.SplitStoryRequest(name=name, mentions=[each.mention for each in outcomes], reason="不是一回事")
    with indexing.town.acting(MONITOR):
        await stories_stub(indexing).SplitStory(asked)


async def erase(indexing, outcome):
    with indexing.town.acting(LEGAL):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=outcome.mention, reason="本人要求"))


async def test_a_story_is_embedded_once_when_copies_come(indexing_on_both, document):
    indexing = indexing_on_both
    await indexing.ingest([document("1", A), document("2", B)])
    await indexing.embed()
    await indexing.ingest([document("3", A, site="copy.test"), document("1", A, minute=5)])
    await indexing.embed()
    assert sorted(indexing.scoring.vectors.asked) == sorted([A, B])
    await is_in_line(indexing)


async def test_the_vector_is_made_anew_when_the_text_of_the_head_is_edited(indexing, document):
    [first] = await indexing.ingest([document("1", A)])
    await indexing.embed()
    await indexing.ingest([document("1", C, minute=5)])
    await indexing.embed()
    assert indexing.scoring.vectors.asked == [A, C]
    assert await indexing.texts(f"相似:{C}") == {C}
    await is_in_line(indexing)
    assert set((await heads(indexing)).values()) == {first.mention.removeprefix("mentions/")}


async def test_stories_keep_their_heads_when_people_merge_and_split_them(indexing_on_both, document):
    indexing = indexing_on_both
    outcomes = await indexing.ingest([document("1", A), document("2", A, site="copy.test"), document("3", B), document("4", C)])
    await indexing.embed()
    one, other, third = [await story_of(indexing, outcomes[at]) for at in (0, 2, 3)]
    before = await heads(indexing)
    await merge(indexing, other, one)
    await merge(indexing, third, other)
    await indexing.embed()
    await is_in_line(indexing)
    assert await heads(indexing) == before
    assert sorted(indexing.scoring.vectors.asked) == sorted([A, B, C])
    await split(indexing, third, outcomes[2])  # the head goes
    await indexing.embed()
    await is_in_line(indexing)
    assert story_id_of(other) not in await heads(indexing)
    assert len(await heads(indexing)) == 3


async def test_a_merged_story_is_found_once_by_what_each_of_its_texts_means(indexing_on_both, document):
    indexing = indexing_on_both
    outcomes = await indexing.ingest([document("1", A), document("2", B), document("3", A[0] + words(119, 9))])
    await indexing.embed()
    one, other = await story_of(indexing, outcomes[0]), await story_of(indexing, outcomes[1])
    await merge(indexing, other, one)
    async with leases.lease(indexing.database, "regrouping") as held:
        await indexing.parts.regrouping.once(held)
    await indexing.embed()
    for text in (A, B):
        assert {A, B} <= await indexing.texts(f"相似:{text}")
        assert {A, B} <= await indexing.texts(f"相似:{text} 媒体:论坛")
    reply = await indexing.search(f"相似:{A}", one_per_story=True)
    assert reply.total_size == 2
    await erase(indexing, outcomes[0])
    await indexing.embed()
    await is_in_line(indexing)
    assert list((await heads(indexing)).values()) == [each.mention.removeprefix("mentions/") for each in outcomes[1:]]


async def test_nothing_of_a_mention_stays_when_it_is_erased(indexing_on_both, document):
    indexing = indexing_on_both
    outcomes = await indexing.ingest([document("1", A), document("2", A, site="copy.test"), document("3", B)])
    await indexing.embed()
    await erase(indexing, outcomes[0])
    await erase(indexing, outcomes[2])
    await indexing.embed()
    await is_in_line(indexing)
    assert list((await heads(indexing)).values()) == [outcomes[1].mention.removeprefix("mentions/")]


async def test_what_was_erased_goes_at_once_when_vectors_are_off(indexing, document):
    outcomes = await indexing.ingest([document("1", A), document("2", B)])
    await indexing.embed()
    indexing.scoring.vectors.off = True
    await indexing.ingest([document("3", C)])
    await erase(indexing, outcomes[0])
    with pytest.raises(VectorsOff):
        await indexing.embed()
    assert list((await heads(indexing)).values()) == [outcomes[1].mention.removeprefix("mentions/")]
    indexing.scoring.vectors.off = False
    await indexing.embed()
    await is_in_line(indexing)


async def test_ingest_goes_on_and_vectors_follow_when_scoring_makes_none_for_a_time(indexing, document):
    indexing.scoring.vectors.away = True
    [outcome] = await indexing.ingest([document("1", A)])
    assert outcome.mention
    with pytest.raises(OutsideUnavailable):
        await indexing.embed()
    indexing.scoring.vectors.away = False
    await indexing.embed()
    await is_in_line(indexing)


class Dies(RuntimeError):
    pass


@pytest.mark.parametrize("step", ["_work_off", "write", "know", "done"])
async def test_nothing_is_lost_or_left_when_the_worker_is_killed(indexing_on_both, document, monkeypatch, step):
    """At the step it dies, behind what the step itself did; what changed meanwhile is done by the next one."""
    indexing = indexing_on_both
    outcomes = await indexing.ingest([document("1", A), document("2", B)])
    owner = {"_work_off": type(indexing.parts.embedding), "write": type(indexing.parts.embedding.heads)}.get(step, story_heads)
    with monkeypatch.context() as patched:
        real = getattr(owner, step)

        async def dies(*args, **options):
            await real(*args, **options)
            raise Dies

        patched.setattr(owner, step, dies)
        with pytest.raises(Dies):
            await indexing.embed()
    await erase(indexing, outcomes[0])
    await indexing.ingest([document("3", C)])
    await indexing.embed()
    await is_in_line(indexing)
    assert len(await heads(indexing)) == 2


async def test_all_are_made_anew_when_the_encoder_is_another(indexing, document):
    await indexing.ingest([document("1", A), document("2", B)])
    await indexing.embed()
    indexing.scoring.vectors.encoder = "fake.2"
    assert await indexing.texts(f"相似:{A}") == set()  # vectors of two encoders are never compared
    await indexing.ingest([document("3", C)])
    await indexing.embed()
    await indexing.embed()
    assert sorted(indexing.scoring.vectors.asked[:2] + indexing.scoring.vectors.asked[3:]) == sorted([A, B, A, B, C])
    await is_in_line(indexing)


async def test_stories_are_found_when_the_changes_are_no_longer_kept(indexing_on_both, document):
    indexing = indexing_on_both
    await indexing.ingest([document("1", A)])
    await indexing.embed()
    await indexing.ingest([document("2", B)])
    async with indexing.database.write() as connection:
        await feed.trim(connection, FEED, before=datetime.now(UTC) + timedelta(hours=1))
    await indexing.ingest([document("3", C)])
    await indexing.embed()
    await is_in_line(indexing)
    assert sorted(indexing.scoring.vectors.asked) == sorted([A, B, C])


async def test_heads_go_when_their_month_is_dropped(indexing, document):
    outcomes = await indexing.ingest([document("1", A), document("2", B)])
    await indexing.embed()
    async with indexing.database.write() as connection:
        await connection.execute(delete(tables.mention).where(tables.mention.c.id == outcomes[0].mention.removeprefix("mentions/")))
        await story_heads.look_at_strays(connection)
    await indexing.embed()
    await is_in_line(indexing)
    assert len(await heads(indexing)) == 1


async def test_every_story_has_one_head_when_anything_happens_in_any_order(indexing, document):
    random = Random(7)
    outcomes, number = [], 0
    for _ in range(6):
        for _ in range(random.randrange(1, 5)):
            match random.choice(["new", "new", "copy", "edit", "erase", "merge", "embed"]):
                case "new" | "copy" as kind:
                    number += 1
                    text = words(120, number) if kind == "new" or not outcomes else random.choice(outcomes)[1]
                    [outcome] = await indexing.ingest([document(str(number), text, site=f"s{number}.test")])
                    outcomes.append((outcome, text, number))
                case "edit" if outcomes:
                    _, _, at = random.choice(outcomes)
                    await indexing.ingest([document(str(at), words(120, 1000 + at), site=f"s{at}.test", minute=number)])
                case "erase" if len(outcomes) > 1:
                    await erase(indexing, outcomes.pop(random.randrange(len(outcomes)))[0])
                case "merge" if len(outcomes) > 1:
                    one, other = [await story_of(indexing, outcome) for outcome, _, _ in random.sample(outcomes, 2)]
                    if one != other:
                        await merge(indexing, one, other)
                case _:
                    await indexing.embed()
        await indexing.embed()
        await is_in_line(indexing)
