import asyncio

import grpc
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, ingest_pb2, mention_pb2
from yuqing_runtime.status import refusal
from yuqing_testkit.services import person


async def test_followers_learn_of_each_change_when_they_start_anywhere(indexing, document):
    (stored,) = await indexing.ingest([document("1", "第一版")])
    await indexing.ingest([document("1", "第二版", minute=1)])
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest())
    first = [await stream.read(), await stream.read()]
    await indexing.ingest([document("1", "第二版", minute=2, counts=document_pb2.Counts(likes=3))])
    third = await stream.read()
    stream.cancel()
    assert [(change.sequence, change.kind) for change in (*first, third)] == [
        (1, ingest_pb2.CHANGE_KIND_STORED),
        (2, ingest_pb2.CHANGE_KIND_EDITED),
        (3, ingest_pb2.CHANGE_KIND_UPDATED),
    ]
    assert {(change.mention, change.source, change.site, change.native_id) for change in first} == {(stored.mention, "sources/a", "e.test", "1")}
    assert first[0].time.seconds > 0


async def test_a_follower_hears_of_some_kinds_alone_and_of_the_place_it_has_reached_when_it_asks_so(indexing, document):
    await indexing.ingest([document("1", "第一版"), document("2")])
    await indexing.ingest([document("1", "第二版", minute=1)])
    await indexing.ingest([document("3")])
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest(kinds=[ingest_pb2.CHANGE_KIND_EDITED]))
    heard = [await stream.read(), await stream.read()]
    await indexing.ingest([document("4"), document("5")])
    heard.append(await stream.read())
    stream.cancel()
    assert [(change.sequence, change.kind, bool(change.mention)) for change in heard] == [
        (3, ingest_pb2.CHANGE_KIND_EDITED, True),
        (4, ingest_pb2.CHANGE_KIND_UNSPECIFIED, False),
        (6, ingest_pb2.CHANGE_KIND_UNSPECIFIED, False),
    ]


async def test_a_change_tells_the_topics_that_its_mention_belongs_to(indexing, feed, document):
    await feed.tell("pot", "炸锅")
    await feed.tell("bad", "sentiment:negative")
    await indexing.ingest([document("1", "炸锅太差"), document("2", "别的")])
    await indexing.ingest([document("1", "炸锅真好", minute=1)])
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest())
    told = [await stream.read() for _ in range(3)]
    stream.cancel()
    assert [(change.kind, list(change.topics)) for change in told] == [
        (ingest_pb2.CHANGE_KIND_STORED, ["topics/bad", "topics/pot"]),
        (ingest_pb2.CHANGE_KIND_STORED, []),
        (ingest_pb2.CHANGE_KIND_EDITED, ["topics/pot"]),
    ]


async def test_a_change_tells_a_topic_that_came_while_its_mention_was_written(indexing, feed, document):
    indexing.scoring.go_on.clear()
    batch = asyncio.ensure_future(indexing.ingest([document("1", "炸锅来了")]))
    await asyncio.wait_for(indexing.scoring.judging.wait(), 20)
    await feed.tell("pot", "炸锅")
    indexing.scoring.go_on.set()
    await batch
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest())
    assert list((await stream.read()).topics) == ["topics/pot"]
    stream.cancel()


async def test_new_mentions_come_live_when_they_match(indexing, document):
    await indexing.ingest([document("0", "以前的火锅")])
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        stream = indexing.mentions.WatchMentions(mention_pb2.WatchMentionsRequest(query="火锅 sentiment:negative"))
        reading = asyncio.ensure_future(stream.read())
        await asyncio.wait([reading], timeout=0.3)
        await indexing.ingest([document("1", "火车锅炉坏了"), document("2", "火鍋太差"), document("3", "火锅很好")])
        await indexing.ingest([document("2", "火鍋太差了", minute=1), document("4", "差劲的火锅")])
        found = [await reading, await stream.read()]
        stream.cancel()
    assert [each.mention.document.native_id for each in found] == ["2", "4"]
    assert found[0].highlights[0].fragment[slice(*_span(found[0]))] == "火鍋"
    assert found[1].sequence > found[0].sequence


def _span(found):
    span = found.highlights[0].spans[0]
    return span.start, span.end


async def test_a_watcher_goes_on_where_it_stopped_when_it_names_the_sequence(indexing, document):
    await indexing.ingest([document(str(number), f"火锅{number}") for number in range(3)])
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        stream = indexing.mentions.WatchMentions(mention_pb2.WatchMentionsRequest(query="火锅", after_sequence=1))
        found = [await stream.read(), await stream.read()]
        stream.cancel()
        gone = indexing.mentions.WatchMentions(mention_pb2.WatchMentionsRequest(after_sequence=99))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gone.read()
    assert [each.sequence for each in found] == [2, 3]
    assert refusal(caught.value).reason == "SEQUENCE_AHEAD"
