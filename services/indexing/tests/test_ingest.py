import asyncio

import pytest
from sqlalchemy import select, update

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, ingest_pb2, mention_pb2
from yuqing_indexing.adapters.scoring import READ_CHARACTERS
from yuqing_indexing.store import tables
from yuqing_runtime.tables import change
from yuqing_testkit.services import person
from yuqing_text.words import words

MONITOR = person(access_pb2.ROLE_MONITOR)
STORED, UPDATED, DUPLICATE, REFUSED = (
    ingest_pb2.OUTCOME_STORED,
    ingest_pb2.OUTCOME_UPDATED,
    ingest_pb2.OUTCOME_DUPLICATE,
    ingest_pb2.OUTCOME_REFUSED,
)


def kinds(outcomes):
    return [outcome.outcome for outcome in outcomes]


async def told(indexing):
    async with indexing.database.read() as connection:
        rows = await connection.execute(select(change.c.kind, change.c.key).order_by(change.c.sequence))
        return [tuple(row) for row in rows]


async def observed(indexing, outcome):
    """The minutes after the first fetch at which it was seen, newest first."""
    await indexing.refresh()
    with indexing.town.acting(MONITOR):
        request = mention_pb2.ListObservationsRequest(parent=outcome.mention, page_size=1000)
        reply = await indexing.mentions.ListObservations(request)
    return [(observation.time.seconds - 1_716_177_600) // 60 for observation in reply.observations]


async def source_of(indexing, outcome):
    await indexing.refresh()
    found = await indexing.elasticsearch.search(
        index=f"{indexing.settings.index_prefix}mentions-*", query={"ids": {"values": [outcome.mention.removeprefix("mentions/")]}}
    )
    (hit,) = found["hits"]["hits"]
    return hit["_source"]


async def test_a_document_is_stored_once_when_it_is_sent_again(indexing_on_both, document):
    indexing = indexing_on_both
    first = await indexing.ingest([document("1"), document("2")])
    again = await indexing.ingest([document("1"), document("2"), document("1")])
    assert kinds(first) == [STORED, STORED]
    assert kinds(again) == [DUPLICATE, DUPLICATE, DUPLICATE]
    assert [each.mention for each in again[:2]] == [each.mention for each in first]
    assert await indexing.count() == 2
    assert await observed(indexing, first[0]) == [0]
    assert await told(indexing) == [("STORED", each.mention) for each in first]


async def test_one_batch_merges_its_fetches_when_they_are_of_one_mention(indexing, document):
    outcomes = await indexing.ingest([document(minute=1, text="新的话"), document(minute=0, text="旧的话"), document(minute=1, text="新的话")])
    assert kinds(outcomes) == [STORED, UPDATED, DUPLICATE]
    source = await source_of(indexing, outcomes[0])
    assert (source["text"], source["state"], source["body_tokens"]) == ("新的话", ["edited"], "新 的 话")
    assert await observed(indexing, outcomes[0]) == [1, 0]


async def test_a_newer_fetch_replaces_and_an_older_never_does_when_they_come_apart(indexing, document):
    await indexing.ingest([document(minute=5, counts=document_pb2.Counts(likes=5))])
    older = await indexing.ingest([document(minute=1, counts=document_pb2.Counts(likes=1))])
    assert kinds(older) == [DUPLICATE]
    newer = await indexing.ingest([document(minute=9, text="味道坏了", counts=document_pb2.Counts(likes=9))])
    assert kinds(newer) == [UPDATED]
    source = await source_of(indexing, newer[0])
    assert (source["likes"], source["sentiment"], source["judgement"]["negative"]) == (9, "negative", 0.75)
    assert (source["first_seen"], source["last_seen"]) == ("2024-05-20T04:01:00Z", "2024-05-20T04:09:00Z")
    assert indexing.scoring.texts == ["这家火锅真好吃", "味道坏了"]
    assert [kind for kind, _ in await told(indexing)] == ["STORED", "EDITED"]


async def test_a_page_that_is_gone_keeps_its_text_when_it_vanishes(indexing, document):
    outcomes = await indexing.ingest([document(minute=0)]) + await indexing.ingest([document(minute=2, text="", vanished=True)])
    assert kinds(outcomes) == [STORED, UPDATED]
    source = await source_of(indexing, outcomes[1])
    assert (source["text"], source["state"]) == ("这家火锅真好吃", ["vanished"])
    assert await observed(indexing, outcomes[1]) == [2, 0]
    assert [kind for kind, _ in await told(indexing)] == ["STORED", "VANISHED"]


async def test_an_address_becomes_an_alias_when_it_turns_out_to_be_the_same(indexing_on_both, document):
    indexing = indexing_on_both
    by_address = document("", url="https://e.test/p/7?utm_source=x")
    with_native = document("7", minute=1, url="http://e.test/p/7")
    by_canonical = document("", minute=2, url="https://m.e.test/p/7", canonical_url="https://e.test/p/7")
    only_mobile = document("", minute=3, url="https://m.e.test/p/7")
    outcomes = [(await indexing.ingest([each]))[0] for each in (by_address, with_native, by_canonical, only_mobile)]
    assert len({outcome.mention for outcome in outcomes}) == 1
    assert await indexing.count() == 1


async def test_items_are_refused_with_a_reason_when_they_cannot_be_taken(indexing, document):
    nameless = document("", url="")
    silent = document("2", text=" ")
    too_long = document("3", title="长" * 2001)
    timeless = document("4")
    timeless.ClearField("fetched_time")
    outcomes = await indexing.ingest([nameless, silent, too_long, timeless, document("5")])
    assert [outcome.reason for outcome in outcomes] == ["NO_IDENTITY", "NO_TEXT", "FIELD_RULE", "FIELD_RULE", ""]
    assert kinds(outcomes) == [REFUSED] * 4 + [STORED]
    assert "title" in outcomes[2].detail
    assert "fetched_time" in outcomes[3].detail


async def test_streams_do_not_double_when_they_carry_the_same_ids(indexing_on_both, second_replica, document):
    documents = [document(str(number)) for number in range(60)]
    results = await asyncio.gather(
        indexing_on_both.ingest(documents, batch=7), indexing_on_both.ingest(documents[::-1], batch=11), second_replica.ingest(documents, batch=5)
    )
    assert sorted(outcome for result in results for outcome in kinds(result)) == [STORED] * 60 + [DUPLICATE] * 120
    assert await indexing_on_both.count() == 60
    changes = await told(indexing_on_both)
    assert len(changes) == len(set(changes)) == 60


async def test_nothing_is_lost_when_streams_write_one_mention_at_once(indexing, document):
    fetches = [document(minute=minute, counts=document_pb2.Counts(likes=minute)) for minute in range(24)]
    await asyncio.gather(*(indexing.ingest(fetches[start::6], batch=1) for start in range(6)))
    (outcome,) = await indexing.ingest([fetches[0]])
    source = await source_of(indexing, outcome)
    assert (source["likes"], source["first_seen"], source["last_seen"]) == (23, "2024-05-20T04:00:00Z", "2024-05-20T04:23:00Z")
    assert await observed(indexing, outcome) == list(range(23, -1, -1))


async def test_the_missing_change_row_is_written_when_a_crash_came_before_it(indexing_on_both, document):
    indexing = indexing_on_both
    (stored,) = await indexing.ingest([document()])
    async with indexing.database.write() as connection:  # as if the process had died between index and feed
        await connection.execute(update(tables.mention).values(told=None))
        await connection.execute(change.delete())
    assert kinds(await indexing.ingest([document()])) == [DUPLICATE]
    assert await told(indexing) == [("STORED", stored.mention)]


async def test_a_mention_gets_its_place_when_a_crash_came_before_the_index(indexing, document):
    (stored,) = await indexing.ingest([document()])
    await indexing.drop_mentions()
    async with indexing.database.write() as connection:
        await connection.execute(update(tables.mention).values(month="2023.01"))
    indexing_again = await indexing.ingest([document()])
    assert kinds(indexing_again) == [STORED]
    assert indexing_again[0].mention == stored.mention
    assert list((await indexing.elasticsearch.indices.get(index=f"{indexing.settings.index_prefix}mentions-*")).body) == [
        f"{indexing.settings.index_prefix}mentions-2023.01"
    ]


async def test_a_mention_stays_in_its_month_when_it_is_fetched_in_another(indexing, document):
    await indexing.ingest([document()])
    await indexing.drop_mentions()
    async with indexing.database.write() as connection:
        await connection.execute(update(tables.mention).values(month="2023.11"))
    await indexing.ingest([document()])
    await indexing.ingest([document(minute=1, text="改了")])
    await indexing.refresh()
    assert (await indexing.elasticsearch.count(index=f"{indexing.settings.index_prefix}mentions-2023.11"))["count"] == 1
    assert await indexing.count() == 1


async def test_the_batch_waits_and_is_stored_judged_when_scoring_is_away_for_a_while(indexing, document):
    indexing.scoring.away = True
    sending = asyncio.create_task(indexing.ingest([document()]))
    done, _ = await asyncio.wait([sending], timeout=0.5)
    assert not done
    indexing.scoring.away = False
    assert kinds(await sending) == [STORED]
    assert (await source_of(indexing, (await sending)[0]))["sentiment"] == "positive"


@pytest.mark.parametrize("size", [2500])
async def test_every_item_is_answered_once_when_a_stream_is_long(indexing, document, size):
    outcomes = await indexing.ingest([document(str(number)) for number in range(size)], batch=400)
    assert kinds(outcomes) == [STORED] * size
    assert await indexing.count() == size


async def test_no_mention_has_a_story_while_stories_are_off_and_each_gets_one_when_it_is_fetched_later(indexing, without_stories, document):
    text = "这家火锅店的服务真是太差了,等了一个小时也没有人来点菜"
    outcomes = await without_stories.ingest([document("1", text), document("2", text)])
    assert [(await indexing.mention(each.mention)).story for each in outcomes] == ["", ""]
    assert await indexing.texts("火锅") == {text}
    again = await indexing.ingest([document("1", text, minute=5), document("2", text, minute=5)])
    assert [each.mention for each in again] == [each.mention for each in outcomes]
    one, other = [(await indexing.mention(each.mention)).story for each in again]
    assert one == other != ""


async def test_words_are_those_that_scoring_tells_and_its_own_where_scoring_tells_none_or_has_not_read_all(indexing, document):
    long = f"{'很长' * READ_CHARACTERS}，冒烟"
    indexing.scoring.words = {"充电宝冒烟": ["充电宝"], long[:READ_CHARACTERS]: ["很长"]}
    outcomes = await indexing.ingest([document("1", "充电宝冒烟"), document("2", "客服不理充电宝"), document("3", long)])
    first, second, third = [(await source_of(indexing, outcome))["words"] for outcome in outcomes]
    assert first == ["充电宝"]
    assert second == words("客服不理充电宝")
    assert "冒烟" in third
