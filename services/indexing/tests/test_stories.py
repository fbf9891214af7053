"""Stories as they are made at ingest, shown, merged and split, with everything real around them."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from random import Random

import grpc
import pytest
from sqlalchemy import delete, func, select, update

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, mention_pb2, story_pb2, story_pb2_grpc
from yuqing_indexing.store import tables
from yuqing_runtime import leases
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person
from yuqing_text.tokens import token_text

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
MONITOR = person(access_pb2.ROLE_MONITOR)
LEGAL = person(access_pb2.ROLE_LEGAL)


def words(count, seed):
    """Text that is like no other."""
    return "".join(chr(0x4E00 + number) for number in Random(seed).sample(range(20_000), count))


A, B, C = (words(120, seed) for seed in (1, 2, 3))


class Stories:
    """Asks a running indexing about stories, as a monitor."""

    def __init__(self, indexing):
        self.indexing, self.stub = indexing, story_pb2_grpc.StoryServiceStub(indexing.gateway)

    async def of(self, *outcomes):
        """The stories of these mentions, by real-time get."""
        with self.indexing.town.acting(MONITOR):
            return [(await self.mention(outcome)).story for outcome in outcomes]

    async def mention(self, outcome):
        with self.indexing.town.acting(MONITOR):
            return (await self.indexing.mentions.GetMention(mention_pb2.GetMentionRequest(name=outcome.mention))).mention

    async def get(self, name):
        await self.indexing.refresh()
        with self.indexing.town.acting(MONITOR):
            return (await self.stub.GetStory(story_pb2.GetStoryRequest(name=name))).story

    async def search(self, query="", **fields):
        await self.indexing.refresh()
        with self.indexing.town.acting(MONITOR):
            return await self.stub.SearchStories(story_pb2.SearchStoriesRequest(query=query, **fields))

    async def path(self, name):
        await self.indexing.refresh()
        with self.indexing.town.acting(MONITOR):
            return (await self.stub.GetStoryPath(story_pb2.GetStoryPathRequest(name=name))).path

    async def related(self, name, **fields):
        await self.indexing.refresh()
        with self.indexing.town.acting(MONITOR):
            return list((await self.stub.ListRelatedStories(story_pb2.ListRelatedStoriesRequest(name=name, **fields))).stories)

    async def drawing(self, name):
        await self.indexing.refresh()
        with self.indexing.town.acting(MONITOR):
            pieces = [each.body async for each in self.stub.DrawStoryPath(story_pb2.DrawStoryPathRequest(name=name))]
        return {each.content_type for each in pieces}, b"".join(each.data for each in pieces).decode()

    async def merge(self, name, *others, who=MONITOR, **fields):
        with self.indexing.town.acting(who):
            return await self.stub.MergeStories(story_pb2.MergeStoriesRequest(name=name, stories=others, reason="同一件事", **fields))

    async def split(self, name, *outcomes, **fields):
        mentions = [outcome.mention for outcome in outcomes]
        with self.indexing.town.acting(MONITOR):
            return await self.stub.SplitStory(story_pb2.SplitStoryRequest(name=name, mentions=mentions, reason="不是一回事", **fields))

    async def regroup(self):
        async with leases.lease(self.indexing.database, "regrouping") as held:
            await self.indexing.parts.regrouping.once(held)


@pytest.fixture
def stories(indexing):
    return Stories(indexing)


@pytest.fixture
def stories_on_both(indexing_on_both):
    return Stories(indexing_on_both)


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def count(indexing, table):
    async with indexing.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def test_copies_are_one_story_in_one_batch_and_later_when_they_are_sent_again_too(stories_on_both, document):
    indexing = stories_on_both.indexing
    sent = [document("1", A), document("2", f"转：{A[:60]}，{A[60:]}"), document("3", B), document("4", A[:80])]
    first = await indexing.ingest(sent[:3])
    later = await indexing.ingest([*sent, document("5", B)])
    found = await stories_on_both.of(*later)
    assert found[:3] == await stories_on_both.of(*first)
    assert found[0] == found[1] == found[3] != found[2] == found[4]
    mentions = [await stories_on_both.mention(outcome) for outcome in later]
    assert [mention.copy for mention in mentions] == [False, True, False, True, True]


async def test_copies_are_one_story_when_replicas_take_them_at_once(stories_on_both, second_replica, document):
    indexing = stories_on_both.indexing
    sent = [document(str(number), f"{A}{number:04d}") for number in range(40)]
    results = await asyncio.gather(indexing.ingest(sent[::2], batch=3), second_replica.ingest(sent[1::2], batch=4))
    assert len(set(await stories_on_both.of(*(outcome for result in results for outcome in result)))) == 1


async def test_the_story_stays_when_a_crash_came_before_the_index(stories, document):
    indexing = stories.indexing
    before = await stories.of(*await indexing.ingest([document("1", A), document("2", f"{A}！")]))
    await indexing.drop_mentions()
    after = await indexing.ingest([document("2", f"{A}！"), document("1", A)])
    assert await stories.of(*after) == before[::-1]
    assert [(await stories.mention(outcome)).copy for outcome in after] == [True, False]


async def test_a_joined_text_is_linked_with_each_and_found_by_them(stories, document):
    one, other, joined = await stories.indexing.ingest([document("1", A), document("2", B), document("3", f"{A[:50]}{B[:70]}")])
    parents = await stories.of(one, other)
    mention = await stories.mention(joined)
    assert mention.story not in parents
    assert [each.story for each in mention.related_stories] == parents[::-1]
    assert mention.related_stories[0].share == pytest.approx(70 / 120, abs=1e-4)
    assert list((await stories.get(mention.story)).related_stories) == sorted(parents)


async def test_reposts_belong_to_what_the_platform_says_when_they_came_first(stories_on_both, document):
    early, bare = await stories_on_both.indexing.ingest(
        [document("8", "我完全同意楼主说的话啊", repost_of="7"), document("9", "转发微博", repost_of="7")]
    )
    original, copy = await stories_on_both.indexing.ingest([document("7", A), document("10", A)])
    assert len(set(await stories_on_both.of(early, bare, original, copy))) == 1
    mentions = [await stories_on_both.mention(each) for each in (early, bare, original, copy)]
    assert [each.copy for each in mentions] == [False, True, False, True]


async def test_reposts_and_copies_are_one_story_when_both_came_before_what_they_pass_on(stories_on_both, document):
    copy, *reposts = await stories_on_both.indexing.ingest(
        [document("6", f"{A}！"), document("8", "我完全同意楼主说的话啊", repost_of="7"), document("9", "转发微博", repost_of="7")]
    )
    apart = await stories_on_both.of(copy, *reposts)
    assert apart[0] != apart[1] == apart[2]
    original, late = await stories_on_both.indexing.ingest([document("7", A), document("10", "说得好啊", repost_of="7")])
    await stories_on_both.regroup()
    assert set(await stories_on_both.of(copy, *reposts, original, late)) == {apart[0]}
    assert (await stories_on_both.get(apart[0])).size == 5


async def test_an_edited_mention_moves_when_its_text_is_anothers(stories, document):
    one, other = await stories.indexing.ingest([document("1", A), document("2", B)])
    (kept,) = await stories.indexing.ingest([document("1", C, minute=1)])
    assert await stories.of(kept) == await stories.of(one)
    (moved,) = await stories.indexing.ingest([document("1", B, minute=2)])
    assert await stories.of(moved) == await stories.of(other)


async def test_mentions_are_found_by_their_story_when_query_filter_and_facet_name_it(stories, document):
    outcomes = await stories.indexing.ingest([document("1", A), document("2", f"{A}。"), document("3", B)])
    (name, _, lonely) = await stories.of(*outcomes)
    assert await stories.indexing.texts(f"story:{name.removeprefix('stories/')}") == {A, f"{A}。"}
    reply = await stories.indexing.search(
        filters=[mention_pb2.FacetFilter(facet=mention_pb2.FACET_STORY, values=[name])], facets=[mention_pb2.FACET_STORY]
    )
    assert [(bucket.value, bucket.size) for bucket in reply.facets[0].buckets] == [(name, 2)]
    assert lonely != name


async def test_one_mention_stands_for_its_story_when_that_is_asked_for(stories, document):
    times = [NOW - timedelta(minutes=number) for number in range(9)]
    sent = [document(str(number), (A, B, C)[number % 3], published_time=at) for number, at in enumerate(times)]
    await stories.indexing.ingest([*sent, document("x", words(50, 9), published_time=NOW - timedelta(days=1))])
    seen, token = [], ""
    while True:
        reply = await stories.indexing.search(
            one_per_story=True, order=mention_pb2.SEARCH_ORDER_NEWEST, page_size=2, page_token=token, facets=[mention_pb2.FACET_SITE]
        )
        assert (reply.total_size, reply.facets[0].buckets[0].size) == (4, 10)
        seen.extend((hit.mention.document.native_id, hit.story_size) for hit in reply.hits)
        token = reply.next_page_token
        if not token:
            break
    assert seen == [("0", 3), ("1", 3), ("2", 3), ("x", 1)]


async def test_a_story_is_told_in_numbers_when_it_is_read(stories, document):
    author, likes = document_pb2.Author(display_name="甲"), document_pb2.Counts(likes=9, views=50)
    outcomes = await stories.indexing.ingest(
        [
            document("1", A, site="a.test", published_time=NOW - timedelta(hours=3), author=author, counts=likes, outlet="日报"),
            document("2", A, site="b.test", published_time=NOW - timedelta(hours=4), minute=5),
            document("3", A, site="b.test", published_time=NOW - timedelta(hours=3, minutes=30), author=author),
        ]
    )
    (name, *_) = await stories.of(*outcomes)
    story = await stories.get(name)
    assert (story.size, story.copies_size, story.sites_size, story.outlets_size, story.authors_size) == (3, 2, 2, 1, 1)
    assert story.first.name == outcomes[1].mention
    assert story.first_published_time.ToDatetime(UTC) == NOW - timedelta(hours=4)
    assert story.last_published_time.ToDatetime(UTC) == NOW - timedelta(hours=3)
    assert story.first_seen_time.ToDatetime(UTC) == NOW
    assert story.reach == 50
    assert story.heat == pytest.approx(3 + 2.7080502)  # ln(1 + 9 + 50 / 10)
    assert story.heat_without_copies == pytest.approx(1 + 2.7080502)
    assert [(bar.start_time.ToDatetime(UTC), bar.size) for bar in story.hours] == [
        (NOW - timedelta(hours=4), 2),
        (NOW - timedelta(hours=3), 1),
    ]
    assert [(bucket.value, bucket.size) for bucket in story.sites] == [("b.test", 2), ("a.test", 1)]
    assert (await refused(stories.get("stories/none"))).code is grpc.StatusCode.NOT_FOUND


async def test_stories_are_listed_in_the_order_asked_for_when_they_differ(stories, document):
    sent = [document(f"a{number}", A, published_time=NOW - timedelta(hours=5)) for number in range(3)]
    sent += [document("b", B, published_time=NOW - timedelta(hours=4), counts=document_pb2.Counts(likes=50_000))]
    sent += [document("c", C, published_time=NOW - timedelta(hours=1))]
    outcomes = await stories.indexing.ingest(sent)
    hot, loud, young = await stories.of(outcomes[0], outcomes[3], outcomes[4])

    async def order(order):
        names, token = [], ""
        while True:
            reply = await stories.search(order=order, page_size=2, page_token=token)
            assert reply.total_size == 3
            names.extend(story.name for story in reply.stories)
            token = reply.next_page_token
            if not token:
                return names

    assert await order(story_pb2.STORY_ORDER_UNSPECIFIED) == [loud, hot, young]
    assert (await order(story_pb2.STORY_ORDER_SIZE))[0] == hot
    assert await order(story_pb2.STORY_ORDER_NEWEST) == [young, loud, hot]
    some = await stories.search("likes:>100")
    assert [(story.name, story.size) for story in some.stories] == [(loud, 1)]


async def test_the_path_says_who_was_first_who_carried_and_what_made_it_jump(stories, document):
    def at(minutes, native_id, text="转发微博", **fields):
        return document(native_id, text, published_time=NOW + timedelta(minutes=minutes), **fields)

    star = document_pb2.Author(display_name="大V", followers=1_000_000)
    crowd = [at(185 + number, f"c{number}", repost_of="star") for number in range(20)]
    outcomes = await stories.indexing.ingest([at(0, "o", A), at(30, "early", repost_of="o"), at(180, "star", author=star, repost_of="o"), *crowd])
    (name, *_) = await stories.of(outcomes[0])
    path = await stories.path(name)
    assert path.total_size == len(path.steps) == 23
    assert [(step.mention, step.depth, step.passed_on_size) for step in path.steps[:3]] == [
        (outcomes[0].mention, 0, 22),
        (outcomes[1].mention, 1, 0),
        (outcomes[2].mention, 1, 20),
    ]
    assert {step.passes_on for step in path.steps[3:]} == {outcomes[2].mention}
    assert (path.jump.mention, path.jump.author, path.jump.passed_on_size) == (outcomes[2].mention, "大V", 20)


async def test_merged_stories_are_one_for_what_comes_later_too(stories_on_both, document):
    stories, indexing = stories_on_both, stories_on_both.indexing
    outcomes = await indexing.ingest([document("1", A), document("2", B), document("3", f"{B}。")])
    stays, goes, _ = await stories.of(*outcomes)
    request_id = str(uuid.uuid4())
    done = await stories.merge(stays, goes, request_id=request_id, etag="0")
    assert (done.story, done.moved_size) == (stays, 2)
    assert await stories.merge(stays, goes, request_id=request_id, etag="0") == done
    await stories.regroup()
    assert set(await stories.of(*outcomes)) == {stays}
    (later,) = await indexing.ingest([document("4", f"听说{B}")])
    assert await stories.of(later) == [stays]
    gone = await refused(stories.get(goes))
    assert (gone.code, gone.reason, gone.metadata["story"]) == (grpc.StatusCode.NOT_FOUND, "STORY_MERGED", stays)
    assert (await refused(stories.merge(stays, stays))).reason == "SAME_STORY"
    (other,) = await stories.of(*await indexing.ingest([document("5", C)]))
    assert (await refused(stories.merge(stays, other, etag="0"))).code is grpc.StatusCode.ABORTED
    assert (await stories.get(stays)).etag == done.etag
    async with indexing.database.read() as connection:
        records = (await connection.execute(select(audit.c.action, audit.c.actor, audit.c.resource))).all()
    assert [tuple(record) for record in records] == [("stories.merge", MONITOR.name, stays)]


async def test_what_was_split_off_stays_apart_when_more_comes(stories_on_both, document):
    stories, indexing = stories_on_both, stories_on_both.indexing
    variant = f"{A[:60]}{words(30, 7)}{A[60:]}"
    outcomes = await indexing.ingest([document("1", A), document("2", f"{A}。"), document("3", variant)])
    name, *_ = await stories.of(*outcomes)
    done = await stories.split(name, outcomes[2])
    await stories.regroup()
    assert await stories.of(*outcomes) == [name, name, done.story]
    assert done.story != name
    later = await indexing.ingest([document("4", variant), document("5", f"{A}！"), document("3", variant, minute=1)])
    assert await stories.of(*later) == [done.story, name, done.story]
    (edited,) = await indexing.ingest([document("3", A, minute=2)])
    assert await stories.of(edited) == [done.story]
    left = await refused(stories.split(name, outcomes[0], outcomes[1], later[1]))
    assert (left.code, left.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_LEFT")
    assert (await refused(stories.split(name, outcomes[2]))).code is grpc.StatusCode.NOT_FOUND


async def test_the_story_goes_on_with_its_next_text_when_the_first_is_erased(stories_on_both, document):
    stories, indexing = stories_on_both, stories_on_both.indexing
    outcomes = await indexing.ingest([document("1", A), document("2", f"{A[:100]}{words(20, 5)}")])
    (name, _) = await stories.of(*outcomes)
    await indexing.ingest([document("1", C, minute=1)])
    with indexing.town.acting(LEGAL):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=outcomes[0].mention, reason="本人要求"))
    async with indexing.database.read() as connection:
        tokens = (await connection.execute(select(tables.story_text.c.tokens))).scalars().all()
    assert tokens == [token_text(f"{A[:100]}{words(20, 5)}")]
    (later,) = await indexing.ingest([document("3", A[:100], published_time=NOW)])
    assert await stories.of(later) == [name]
    story = await stories.get(name)
    assert (story.size, story.copies_size, story.first.name) == (2, 1, outcomes[1].mention)


async def test_texts_are_forgotten_with_their_fingerprints_when_no_copy_came_for_long(stories_on_both, document):
    stories, indexing = stories_on_both, stories_on_both.indexing
    old, young = await stories.of(*await indexing.ingest([document("1", A), document("2", B)]))
    async with indexing.database.write() as connection:
        await connection.execute(update(tables.story_text).where(tables.story_text.c.story == old.removeprefix("stories/")).values(day=1))
    async with leases.lease(indexing.database, "retention") as held:
        await indexing.parts.retention.once(held)
    async with indexing.database.read() as connection:
        left = (await connection.execute(select(tables.story_text.c.number))).scalars().all()
        assert set((await connection.execute(select(tables.fingerprint.c.number))).scalars()) == set(left)
    again = await stories.of(*await indexing.ingest([document("3", A), document("4", B), document("1", A, minute=1)]))
    assert (again[0] == old, again[1:]) == (False, [young, old])


async def test_mentions_get_their_story_when_they_were_stored_before_there_were_stories(stories_on_both, document):
    stories, indexing = stories_on_both, stories_on_both.indexing
    outcomes = await indexing.ingest([document("1", A), document("2", f"{A}。"), document("3", B)])
    async with indexing.database.write() as connection:
        await connection.execute(update(tables.mention).values(story=None, words=None, is_copy=False))
        for table in (tables.story_text, tables.fingerprint):
            await connection.execute(delete(table))
        rows = [{"mention": outcome.mention.removeprefix("mentions/"), "at": NOW} for outcome in outcomes]
        await connection.execute(tables.story_move.insert(), rows)
    await stories.regroup()
    found = await stories.of(*outcomes)
    assert found[0] == found[1] != found[2]
    assert await count(indexing, tables.story_move) == 0


async def test_a_refusal_is_given_when_the_role_does_not_suffice(stories, document):
    one, other = await stories.of(*await stories.indexing.ingest([document("1", A), document("2", B)]))
    for role in (access_pb2.ROLE_EMPLOYEE, access_pb2.ROLE_HANDLER):
        assert (await refused(stories.merge(one, other, who=person(role)))).code is grpc.StatusCode.PERMISSION_DENIED


async def test_stories_of_one_event_are_listed_with_what_speaks_for_it(stories, document):
    fire = document("1", "云州市永泰纺织厂凌晨起火，二号仓库浓烟滚滚，附近居民被疏散")
    told = document("2", "永泰纺织厂那边烧了一夜，云州的二号仓库全没了，还好没人受伤")
    others = [
        document(f"o{number}", text) for number, text in enumerate(("电影票半价到月底", "晚霞照亮了半条江", "球赛改到周六晚上八点", *"甲乙丙丁"))
    ]
    outcomes = await stories.indexing.ingest([fire, told, *others, document("3", "云州市永泰纺织厂凌晨起火，二号仓库浓烟滚滚，附近居民被疏散！")])
    one, other, *_, copy = await stories.of(*outcomes)
    assert one == copy != other
    (related,) = await stories.related(one)
    assert related.story.name == other
    assert "永泰" in related.shared_words
    assert related.similarity > 0.1
    assert (related.hours_apart, related.quoted_share, related.story.size) == (0, 0, 1)
    (back,) = await stories.related(other, size=1)
    assert (back.story.name, back.story.size) == (one, 2)
    assert await stories.related((await stories.of(outcomes[2]))[0]) == []


async def test_nearness_in_meaning_is_told_with_a_related_story_when_vectors_are_there(stories, document):
    fire = document("1", "云州市永泰纺织厂凌晨起火，二号仓库浓烟滚滚，附近居民被疏散")
    told = document("2", "云州的永泰纺织厂那边烧了一夜，二号仓库全没了，还好没人受伤")
    others = [document(f"o{number}", text) for number, text in enumerate(("电影票半价到月底", "晚霞照亮了半条江", *"甲乙丙丁"))]
    one, other, *_ = await stories.of(*await stories.indexing.ingest([fire, told, *others]))
    (related,) = await stories.related(one)
    assert not related.HasField("meaning_similarity")
    await stories.indexing.embed()
    (related,) = await stories.related(one)
    assert related.story.name == other
    assert related.meaning_similarity == pytest.approx(0.92, abs=0.01)
    stories.indexing.scoring.vectors.off = True
    (related,) = await stories.related(one)
    assert not related.HasField("meaning_similarity")


async def test_what_says_nothing_has_no_related_stories(stories, document):
    (outcome,) = await stories.indexing.ingest([document("1", "的了呢")])
    assert await stories.related(*await stories.of(outcome)) == []


async def test_the_path_is_drawn(stories, document):
    reposts = [document(f"r{n}", f"转发{n}", repost_of="1", published_time=NOW + timedelta(minutes=n)) for n in range(9)]
    outcomes = await stories.indexing.ingest([document("1", A, title="谁先说的<"), *reposts])
    (name, *_) = await stories.of(outcomes[0])
    kinds, drawing = await stories.drawing(name)
    assert kinds == {"image/svg+xml"}
    assert drawing.startswith("<svg")
    assert drawing.endswith("</svg>")
    assert "谁先说的&lt;" in drawing
    assert "共 10 条" in drawing
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stories.drawing("stories/nothing")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
