import uuid
from datetime import timedelta

import grpc
import pytest
from sqlalchemy import select, update

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, ingest_pb2, mention_pb2
from yuqing_indexing.store import tables
from yuqing_runtime import leases
from yuqing_runtime.audit import verify
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person

LEGAL = person(access_pb2.ROLE_LEGAL, name="people/legal")


async def erase(indexing, name, request_id=""):
    with indexing.town.acting(LEGAL):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=name, reason="本人要求", request_id=request_id))


async def test_an_erased_mention_is_gone_and_stays_out_when_it_is_sent_again(indexing_on_both, document):
    indexing = indexing_on_both
    sent = [document("1", minute=minute, counts=document_pb2.Counts(likes=minute)) for minute in range(3)]
    outcomes = await indexing.ingest([*sent, document("2")])
    assert (await indexing.count(), await indexing.count("observations")) == (2, 2)
    await erase(indexing, outcomes[0].mention)
    assert (await indexing.count(), await indexing.count("observations")) == (1, 0)
    by_address = document("", url="https://e.test/p/1#again")
    again = await indexing.ingest([sent[0], by_address])
    assert [(outcome.outcome, outcome.reason) for outcome in again] == [(ingest_pb2.OUTCOME_REFUSED, "TOMBSTONED")] * 2
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest(after_sequence=2))
    change = await stream.read()
    stream.cancel()
    assert (change.kind, change.mention, change.native_id, change.url) == (
        ingest_pb2.CHANGE_KIND_ERASED,
        outcomes[0].mention,
        "1",
        "https://e.test/p/1",
    )
    async with indexing.database.read() as connection:
        records = (await connection.execute(select(audit))).mappings().all()
    assert [(record["actor"], record["action"], record["resource"]) for record in records] == [
        ("people/legal", "mentions.erase", outcomes[0].mention)
    ]
    assert (await verify(indexing.database)).first_broken is None


async def test_all_addresses_of_an_erased_mention_stay_out_when_they_became_known_one_after_the_other(indexing_on_both, document):
    indexing = indexing_on_both
    by_address = document("", url="https://e.test/p/7")
    with_native = document("7", minute=1, url="http://e.test/p/7")
    by_canonical = document("", minute=2, url="https://m.e.test/p/7", canonical_url="https://e.test/p/7")
    outcomes = [(await indexing.ingest([each]))[0] for each in (by_address, with_native, by_canonical)]
    assert len({outcome.mention for outcome in outcomes}) == 1
    await erase(indexing, outcomes[0].mention)
    async with indexing.database.read() as connection:
        assert (await connection.execute(select(tables.alias))).all() == []
    only_native, only_mobile = document("7", minute=3, url=""), document("", minute=3, url="https://m.e.test/p/7")
    again = await indexing.ingest([by_address, only_native, only_mobile])
    assert [outcome.reason for outcome in again] == ["TOMBSTONED"] * 3


async def test_erasing_has_one_effect_when_the_call_is_repeated(indexing, document):
    (outcome,) = await indexing.ingest([document()])
    request_id = str(uuid.uuid4())
    await erase(indexing, outcome.mention, request_id)
    await erase(indexing, outcome.mention, request_id)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await erase(indexing, outcome.mention)
    assert refusal(caught.value).code is grpc.StatusCode.NOT_FOUND
    async with indexing.database.read() as connection:
        assert len((await connection.execute(select(audit))).all()) == 1


async def test_a_late_write_is_removed_when_it_began_before_the_erasure(indexing, document):
    (outcome,) = await indexing.ingest([document()])
    mention = outcome.mention.removeprefix("mentions/")
    await indexing.refresh()
    (hit,) = (await indexing.elasticsearch.search(index=f"{indexing.settings.index_prefix}mentions-*"))["hits"]["hits"]
    await erase(indexing, outcome.mention)
    await indexing.elasticsearch.index(index=hit["_index"], id=mention, document=hit["_source"])
    assert await indexing.count() == 1
    async with indexing.database.write() as connection:
        early = (await connection.execute(select(tables.erasure.c.at))).scalar_one() - timedelta(hours=1)
        await connection.execute(update(tables.erasure).values(at=early))
    async with leases.lease(indexing.database, "retention") as lease:
        await indexing.parts.retention.once(lease)
    assert await indexing.count() == 0
    async with indexing.database.read() as connection:
        assert (await connection.execute(select(tables.erasure))).all() == []
