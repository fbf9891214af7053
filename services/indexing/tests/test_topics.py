"""Mentions belong to the topics that they match: as they come in, and after each change of a topic."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import grpc.aio
import pytest
from sqlalchemy import update

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, job_pb2, mention_pb2, topic_match_pb2
from yuqing.scoring.v1 import topic_pb2
from yuqing.type.v1 import types_pb2
from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.jobs import KEPT
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.topics import Topics, Watched, topic_parser
from yuqing_indexing.store import tables
from yuqing_runtime import leases
from yuqing_testkit.services import person

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
FACET_TOPIC = mention_pb2.FACET_TOPIC


async def jobs_of(indexing, **fields):
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        return list((await indexing.jobs.ListJobs(job_pb2.ListJobsRequest(**fields))).jobs)


async def topics_by_text(indexing):
    found = (await indexing.search(page_size=100)).hits
    return {hit.mention.document.text: [match.topic for match in hit.mention.topics] for hit in found}


async def test_mentions_belong_to_topics_when_they_come_in(indexing, feed, document):
    await feed.tell("pot", "炸锅 (爆炸 OR 起火)")
    await feed.tell("bad", "sentiment:负面")
    await feed.tell("idle", "没有人说的话")
    await indexing.ingest([document("1", "新炸鍋又起火"), document("2", "这炸锅真好"), document("3", "服务太差")])
    assert await topics_by_text(indexing) == {"新炸鍋又起火": ["topics/pot"], "这炸锅真好": [], "服务太差": ["topics/bad"]}
    (hit,) = (await indexing.search("topic:pot")).hits
    (match,) = hit.mention.topics
    assert [hit.mention.document.text[span.start : span.end] for span in match.text_spans] == ["炸鍋", "起火"]
    counts = (await indexing.search(facets=[FACET_TOPIC])).facets[0]
    assert {bucket.value: bucket.size for bucket in counts.buckets} == {"topics/pot": 1, "topics/bad": 1}
    only = await indexing.search(filters=[mention_pb2.FacetFilter(facet=FACET_TOPIC, values=["topics/bad"])])
    assert [hit.mention.document.text for hit in only.hits] == ["服务太差"]


async def test_stored_mentions_are_matched_when_a_topic_is_new_changed_or_removed(indexing_on_both, feed_on_both, document):
    indexing, feed = indexing_on_both, feed_on_both
    await indexing.ingest([document(str(number), f"第{number}条 {'炸锅' if number % 2 else '电饭煲'}") for number in range(6)])
    await feed.tell("pot", "炸锅")
    assert await feed.work() == 1
    assert await indexing.texts("topic:pot") == {"第1条 炸锅", "第3条 炸锅", "第5条 炸锅"}
    (job,) = await jobs_of(indexing, topic="topics/pot")
    assert (job.state, job.total_size, job.done_size) == (job_pb2.JOB_STATE_DONE, 3, 3)

    await feed.tell("pot", "第3条 OR 电饭煲")
    assert await feed.work() == 1
    assert await indexing.texts("topic:pot") == {"第0条 电饭煲", "第2条 电饭煲", "第4条 电饭煲", "第3条 炸锅"}
    third = next(hit for hit in (await indexing.search("topic:pot")).hits if hit.mention.document.text.startswith("第3条"))
    assert [(span.start, span.end) for span in third.mention.topics[0].text_spans] == [(0, 3)]

    await feed.tell("pot", deleted=True)
    assert await feed.work() == 1
    assert await indexing.texts("topic:pot") == set()
    assert await feed.work() == 0


async def test_no_job_follows_when_a_change_has_no_effect_on_matching(indexing, feed):
    await feed.tell("pot", "炸锅", display_name="一")
    assert await feed.work() == 1
    await feed.tell("pot", "炸锅", display_name="二", shown_terms=["炸锅"])
    await feed.tell("never", deleted=True)
    await feed.tell("asleep", "炸锅", paused=True)
    assert await feed.work() == 0


async def test_a_paused_topic_keeps_its_mentions_and_takes_none_until_it_goes_on(indexing, feed, document):
    await feed.tell("pot", "炸锅")
    await indexing.ingest([document("1", "炸锅一")])
    await feed.tell("pot", "炸锅", paused=True)
    await indexing.ingest([document("1", "炸锅一", minute=5), document("2", "炸锅二")])
    await feed.work()
    assert await indexing.texts("topic:pot") == {"炸锅一"}
    await feed.tell("pot", "炸锅")
    await feed.work()
    assert await indexing.texts("topic:pot") == {"炸锅一", "炸锅二"}


async def test_a_topic_follows_the_text_when_it_is_edited(indexing, feed, document):
    await feed.tell("pot", "炸锅")
    await indexing.ingest([document("1", "这是炸锅")])
    await indexing.ingest([document("1", "我改主意了", minute=5)])
    assert await topics_by_text(indexing) == {"我改主意了": []}


async def test_language_and_validity_limit_a_topic_when_they_are_given(indexing, feed, document):
    start, end = NOW - timedelta(days=1), NOW
    topic = topic_pb2.Topic()
    topic.start_time.FromDatetime(start)
    topic.end_time.FromDatetime(end)
    await feed.tell("now", "炸锅", start_time=topic.start_time, end_time=topic.end_time)
    await feed.tell("german", "炸锅", language="de")
    times = {"起": start, "前": start - timedelta(milliseconds=1), "中": start + timedelta(hours=1), "止": end}
    await indexing.ingest([document(name, f"炸锅{name}", published_time=time) for name, time in times.items()])
    expected = {"炸锅起", "炸锅中"}
    assert await indexing.texts("topic:now") == expected
    await feed.work()
    assert await indexing.texts("topic:now") == expected
    assert await indexing.texts("topic:german") == set()


async def test_mentions_are_matched_again_when_a_topic_changes_while_they_are_written(indexing, feed, document):
    """The topic comes after the batch read the topics, and its backfill ends before the batch writes: nobody else would look again."""
    await feed.tell("other", "别的")
    indexing.scoring.go_on.clear()
    batch = asyncio.ensure_future(indexing.ingest([document("1", "炸锅来了")]))
    await asyncio.wait_for(indexing.scoring.judging.wait(), 20)
    await feed.tell("pot", "炸锅")
    await feed.work()
    indexing.scoring.go_on.set()
    await batch
    assert await indexing.texts("topic:pot") == {"炸锅来了"}


class Cut:
    """Finds as the real one does, and is away after the first mentions."""

    def __init__(self, finder):
        self.finder = finder

    async def refresh(self):
        await self.finder.refresh()

    async def everything(self, selection, order, limit):
        async for total, mentions in self.finder.everything(selection, order, 2):
            yield total, mentions
            if mentions:
                raise OutsideUnavailable("cut")


async def test_a_job_goes_on_where_it_stopped_when_it_was_cut_short(indexing, feed, document):
    await indexing.ingest([document(str(number), f"第{number}只炸锅") for number in range(5)])
    await feed.tell("pot", "炸锅")
    whole = indexing.parts.backfill
    async with leases.lease(indexing.database, "backfill") as held:
        assert not await replace(whole, finder=Cut(whole.finder)).once(held)
    (job,) = await jobs_of(indexing)
    assert (job.state, job.total_size, job.done_size) == (job_pb2.JOB_STATE_RUNNING, 5, 2)
    assert len(await indexing.texts("topic:pot")) == 2
    assert await feed.work() == 1
    (job,) = await jobs_of(indexing)
    assert (job.state, job.total_size, job.done_size) == (job_pb2.JOB_STATE_DONE, 5, 5)
    assert len(await indexing.texts("topic:pot")) == 5


class Late:
    """Finds as the real one does, and lets another writer bring what was found in line before it is handed on."""

    def __init__(self, finder, other):
        self.finder, self.other = finder, other

    async def refresh(self):
        await self.finder.refresh()

    async def everything(self, selection, order, limit):
        async for total, mentions in self.finder.everything(selection, order, limit):
            await self.other.again([mention.id for mention in mentions])
            yield total, mentions


async def test_a_job_is_done_when_another_writer_was_faster(indexing, feed, document):
    await indexing.ingest([document("1", "炸锅")])
    await feed.tell("pot", "炸锅")
    whole = indexing.parts.backfill
    async with leases.lease(indexing.database, "backfill") as held:
        assert await replace(whole, finder=Late(whole.finder, whole.assigning)).once(held)
    assert [job.state for job in await jobs_of(indexing)] == [job_pb2.JOB_STATE_DONE]
    assert await indexing.texts("topic:pot") == {"炸锅"}


async def test_a_job_is_superseded_when_its_topic_changes_before_it_ran(indexing, feed, document):
    await indexing.ingest([document("1", "炸锅"), document("2", "电饭煲")])
    await feed.tell("pot", "炸锅")
    await feed.tell("pot", "电饭煲")
    assert await feed.work() == 1
    assert {job.state for job in await jobs_of(indexing)} == {job_pb2.JOB_STATE_SUPERSEDED, job_pb2.JOB_STATE_DONE}
    assert await indexing.texts("topic:pot") == {"电饭煲"}


async def test_a_job_is_forgotten_when_it_ended_long_ago(indexing, feed):
    for name in ("old", "young", "open"):
        await feed.tell(name, "炸锅")
        if name != "open":
            await feed.work()
    async with indexing.database.write() as connection:
        ages = {"topics/old": KEPT + timedelta(hours=1), "topics/young": KEPT - timedelta(hours=1), "topics/open": KEPT + timedelta(hours=1)}
        for topic, age in ages.items():
            await connection.execute(update(tables.job).where(tables.job.c.topic == topic).values(update_time=datetime.now(UTC) - age))
    await feed.tell("new", "电饭煲")
    assert {job.topic for job in await jobs_of(indexing)} == {"topics/young", "topics/open", "topics/new"}


async def test_a_dry_run_counts_hits_days_and_conditions_before_a_topic_is_kept(indexing, document):
    await indexing.ingest(
        [
            document("1", "炸锅起火", published_time=NOW - timedelta(days=2)),
            document("2", "炸锅爆炸"),
            document("3", "炸锅招聘爆炸"),
            document("4", "别的爆炸"),
        ]
    )
    await indexing.refresh()
    query = "炸锅 (爆炸 OR 起火) NOT 招聘"
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        reply = await indexing.topic_matches.DryRunTopic(topic_match_pb2.DryRunTopicRequest(query=query))
    assert reply.total_size == 2
    assert [bar.size for bar in reply.bars] == [1, 1]
    shares = [(query[each.condition.start : each.condition.end], each.condition.excluded, each.size, each.hit_size) for each in reply.conditions]
    assert shares == [("炸锅", False, 3, 2), ("爆炸", False, 3, 1), ("起火", False, 1, 1), ("招聘", True, 1, 0)]
    assert [hit.mention.document.text for hit in reply.hits] == ["炸锅爆炸", "炸锅起火"]
    assert await indexing.texts("topic:pot") == set()


async def test_a_dry_run_is_refused_when_its_query_names_a_topic(indexing):
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)), pytest.raises(grpc.aio.AioRpcError) as caught:
        await indexing.topic_matches.DryRunTopic(topic_match_pb2.DryRunTopicRequest(query="topic:x"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_conditions_say_why_a_mention_does_not_match(indexing, feed, document):
    await feed.tell("pot", "炸锅 爆炸 NOT 招聘", language="zh")
    (outcome,) = await indexing.ingest([document("1", "新炸鍋起火")])
    request = topic_match_pb2.ExplainTopicMatchRequest(name=outcome.mention, topic="topics/pot")
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        reply = await indexing.topic_matches.ExplainTopicMatch(request)
    assert (reply.matches, reply.assigned) == (False, False)
    told = [(each.condition.text, each.condition.excluded, each.met, each.blocking) for each in reply.conditions]
    assert told == [("炸锅", False, True, False), ("爆炸", False, False, True), ("招聘", True, False, False), ("language", False, True, False)]
    assert [(span.start, span.end) for span in reply.conditions[0].text_spans] == [(1, 3)]


async def test_a_topic_is_not_explained_to_those_who_may_not_see_it(indexing, feed, document):
    await feed.tell("pot", "炸锅", shared_with=["departments/service"])
    (outcome,) = await indexing.ingest([document("1", "炸锅")])
    request = topic_match_pb2.ExplainTopicMatchRequest(name=outcome.mention, topic="topics/pot")
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER, department="departments/service")):
        assert (await indexing.topic_matches.ExplainTopicMatch(request)).matches
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER, department="departments/sales")), pytest.raises(grpc.aio.AioRpcError) as caught:
        await indexing.topic_matches.ExplainTopicMatch(request)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_topic_is_set_aside_when_its_query_cannot_be_read():
    topics = Topics([Watched("topics/bad", "(("), Watched("topics/good", "炸锅")], topic_parser("Asia/Shanghai"))
    mention = Mention("m", Document("s", "e.test", NOW, text="炸锅"), "h", NOW, NOW)
    assert topics.unreadable == ["topics/bad"]
    assert [match.topic for match in topics.assigned(mention).topics] == ["topics/good"]


QUERIES = (
    "炸锅",
    "title:炸锅",
    "炸锅 NEAR/3 (起火 OR 冒烟)",
    "NOT 炸锅",
    "site:e.test",
    "source:a",
    'author:"張 三"',
    "region:廣東",
    "language:zh",
    "媒体:(微博 OR 论坛)",
    "sentiment:负面 炸锅",
    "intent:投诉",
    "state:edited",
    "state:vanished",
    "published:[2024-05-20 TO *]",
    "published:<2024-05-20T12:00",
    "first_seen:>=2024-05-20",
    "reach:>=10万",
    "likes:>=3",
    "comments:0",
    "rating:<=2",
    "(site:f.test OR 起火) NOT sentiment:正面",
)


def varied(document):
    """Documents that differ in every field that a query may name."""
    author = document_pb2.Author(display_name="张 三", followers=5_000_000)
    return [
        document("1", "炸鍋突然又起火"),
        document("2", "炸锅真好用，一点也不冒烟", author=author, region="广东"),
        document("3", "这服务太差", title="新炸锅评测", medium=types_pb2.MEDIUM_MICROBLOG, counts=document_pb2.Counts(likes=3, comments=0)),
        document("4", "与此无关", site="F.test", published_time=NOW - timedelta(days=30), rating=1.5),
        document("5", "投诉炸锅质量", source="sources/b", language="zh", rating=5),
        document("5", "投诉炸锅质量，已经解决", source="sources/b", language="zh", minute=3, rating=5),
        document("6", "要消失的炸锅"),
        document("6", "", minute=3, vanished=True),
    ]


@pytest.mark.parametrize("first", ["topics", "mentions"])
async def test_a_topic_has_what_its_query_finds_whichever_came_first(indexing, feed, document, first):
    if first == "mentions":
        await indexing.ingest(varied(document))
    for number, query in enumerate(QUERIES):
        await feed.tell(f"q{number}", query)
    if first == "topics":
        for each in varied(document):
            await indexing.ingest([each])
    else:
        await feed.work()
    kept = {query: await names_of(indexing, f"topic:q{number}") for number, query in enumerate(QUERIES)}
    found = {query: await names_of(indexing, query) for query in QUERIES}
    assert kept == found
    assert sum(0 < len(names) < 6 for names in found.values()) >= 15  # most queries tell the mentions apart


async def names_of(indexing, query):
    return {hit.mention.name for hit in (await indexing.search(query, page_size=100)).hits}
