"""A legal hold wins: over erasure, over retention, and over whoever does two things at the same time."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from sqlalchemy import select, update

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, ingest_pb2, job_pb2, legal_hold_pb2, mention_pb2
from yuqing_indexing.domain.months import month_of
from yuqing_indexing.store import tables
from yuqing_runtime import leases
from yuqing_runtime.audit import verify
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person

WU = person(access_pb2.ROLE_LEGAL, name="people/wu-law")
REASON = "名誉权纠纷，(2024)沪01民初123号"
MONTH = month_of(datetime.now(UTC))
LATER = datetime.now(UTC) + timedelta(days=500)
"""When the time of what is first seen now is over."""


async def stored(indexing, document, native_id="1", text="这家公司造假", **fields):
    (outcome,) = await indexing.ingest([document(native_id, text, **fields)])
    return outcome.mention


async def hold(indexing, name, who=WU, **fields):
    with indexing.town.acting(who):
        request = legal_hold_pb2.HoldMentionRequest(name=name, reason=REASON, **fields)
        return (await indexing.legal_holds.HoldMention(request)).legal_hold


async def hold_all(indexing, query, **fields):
    await indexing.refresh()
    with indexing.town.acting(WU):
        request = legal_hold_pb2.HoldMentionsRequest(query=query, reason=REASON, **fields)
        return await indexing.legal_holds.HoldMentions(request)


async def release(indexing, held, who=WU, **fields):
    with indexing.town.acting(who):
        request = legal_hold_pb2.ReleaseLegalHoldRequest(name=held.name, reason="判决已生效", **fields)
        return await indexing.legal_holds.ReleaseLegalHold(request)


async def listed(indexing, who=WU, **fields):
    with indexing.town.acting(who):
        return await indexing.legal_holds.ListLegalHolds(legal_hold_pb2.ListLegalHoldsRequest(**fields))


async def got(indexing, name):
    with indexing.town.acting(WU):
        return (await indexing.legal_holds.GetLegalHold(legal_hold_pb2.GetLegalHoldRequest(name=name))).legal_hold


async def erase(indexing, name):
    with indexing.town.acting(WU):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=name, reason="本人要求"))


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def told_of(indexing, changes):
    """The first changes of the feed, so many."""
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest())
    found = [await stream.read() for _ in range(changes)]
    stream.cancel()
    return [(change.kind, change.mention) for change in found]


async def months(indexing):
    return await indexing.parts.retention.indices.months()


@pytest.mark.clause("2.4.3")
async def test_an_erasure_is_refused_and_names_the_hold_when_one_covers_the_mention(indexing_on_both, document):
    indexing = indexing_on_both
    name = await stored(indexing, document)
    held = await hold(indexing, name)
    assert (held.reason, held.author, held.mention_size, held.query) == (REASON, "people/wu-law", 1, "")
    error = await refused(erase(indexing, name))
    assert (error.code, error.reason, error.metadata["legal_holds"]) == (grpc.StatusCode.FAILED_PRECONDITION, "LEGAL_HOLD", held.name)
    assert held.name in error.message
    shown = await indexing.mention(name)
    assert (shown.held, list(shown.legal_holds)) == (True, [held.name])
    await release(indexing, held)
    await erase(indexing, name)
    assert await indexing.count() == 0
    assert (await verify(indexing.database)).first_broken is None


async def test_a_hold_is_recorded_told_and_searched_when_it_is_put_and_released(indexing_on_both, document):
    indexing = indexing_on_both
    name, other = await stored(indexing, document), await stored(indexing, document, "2", "很好吃")
    held = await hold(indexing, name)
    assert await indexing.texts("held:true") == await indexing.texts("已保全:是") == {"这家公司造假"}
    assert await indexing.texts(f"hold:{held.name}") == {"这家公司造假"}
    assert await indexing.texts("NOT held:true") == {"很好吃"}
    assert (await release(indexing, held)).legal_hold.released_by == "people/wu-law"
    await indexing.work()
    assert await indexing.texts("held:true") == set()
    shown = await indexing.mention(name)
    assert (shown.held, list(shown.legal_holds)) == (False, [])
    kinds = ingest_pb2.CHANGE_KIND_HELD, ingest_pb2.CHANGE_KIND_RELEASED
    assert await told_of(indexing, 4) == [(ingest_pb2.CHANGE_KIND_STORED, name), (ingest_pb2.CHANGE_KIND_STORED, other)] + [
        (kind, name) for kind in kinds
    ]
    async with indexing.database.read() as connection:
        rows = (await connection.execute(select(audit.c.action, audit.c.resource, audit.c.after).order_by(audit.c.sequence))).all()
    assert [(row.action, row.resource) for row in rows[:2]] == [("mentions.hold", name), ("legal_holds.release", held.name)]
    assert REASON in rows[0].after
    assert held.name in rows[0].after


async def test_a_mention_stays_held_when_one_of_two_holds_is_released(indexing, document):
    name = await stored(indexing, document)
    first, second = await hold(indexing, name), await hold(indexing, name)
    await release(indexing, first)
    await indexing.work()
    assert (await indexing.mention(name)).legal_holds == [second.name]
    assert (await refused(erase(indexing, name))).metadata["legal_holds"] == second.name
    check = ingest_pb2.CheckMentionsRequest(mentions=[name])
    assert list((await indexing.changes.CheckMentions(check)).held) == [name]
    assert [kind for kind, _ in await told_of(indexing, 3)][1:] == [ingest_pb2.CHANGE_KIND_HELD] * 2


async def test_all_that_a_query_finds_is_held_once_when_the_job_is_repeated(indexing_on_both, document):
    indexing = indexing_on_both
    names = [await stored(indexing, document, str(number), f"造假第{number}次") for number in range(3)]
    await stored(indexing, document, "x", "很好吃")
    request_id = str(uuid.uuid4())
    reply = await hold_all(indexing, "造假", request_id=request_id)
    assert await hold_all(indexing, "造假", request_id=request_id) == reply
    assert (reply.total_size, reply.legal_hold.query, reply.legal_hold.mention_size) == (3, "造假", 0)
    await indexing.work()
    async with indexing.database.write() as connection:  # as if the worker had been killed before it wrote that it was at the end
        await connection.execute(update(tables.job).values(state="RUNNING"))
    await indexing.work()
    assert (await got(indexing, reply.legal_hold.name)).mention_size == 3
    assert await indexing.texts("held:true") == {f"造假第{number}次" for number in range(3)}
    assert sorted(name for kind, name in await told_of(indexing, 7) if kind == ingest_pb2.CHANGE_KIND_HELD) == sorted(names)
    with indexing.town.acting(WU):
        job = (await indexing.jobs.GetJob(job_pb2.GetJobRequest(name=reply.legal_hold.job))).job
    assert (job.kind, job.state, job.done_size, job.query) == (job_pb2.JOB_KIND_HOLD, job_pb2.JOB_STATE_DONE, 3, "")


async def test_nothing_more_is_held_when_the_hold_is_released_before_its_job(indexing, document):
    name = await stored(indexing, document)
    held = (await hold_all(indexing, "造假")).legal_hold
    await release(indexing, held)
    await indexing.work()
    assert (await got(indexing, held.name)).mention_size == 0
    await erase(indexing, name)


async def test_holds_are_listed_newest_first_when_they_are_asked_for(indexing_on_both, document):
    indexing = indexing_on_both
    one, two = await stored(indexing, document), await stored(indexing, document, "2")
    first, second, third = await hold(indexing, one), await hold(indexing, two), await hold(indexing, one)
    assert [each.name for each in (await listed(indexing)).legal_holds] == [third.name, second.name, first.name]
    assert [each.name for each in (await listed(indexing, mention=one)).legal_holds] == [third.name, first.name]
    page = await listed(indexing, page_size=2)
    rest = await listed(indexing, page_size=2, page_token=page.next_page_token)
    assert ([each.name for each in rest.legal_holds], rest.next_page_token) == ([first.name], "")
    await release(indexing, third)
    assert [each.name for each in (await listed(indexing, mention=one)).legal_holds] == [first.name]
    (newest, *_) = (await listed(indexing, show_released=True)).legal_holds
    assert (newest.name, newest.release_reason, newest.HasField("release_time")) == (third.name, "判决已生效", True)
    assert (await refused(release(indexing, third))).reason == "RELEASED_ALREADY"
    assert (await refused(got(indexing, "legalHolds/none"))).code is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("role", [access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER, access_pb2.ROLE_ADMIN])
async def test_only_legal_puts_and_releases_holds_when_others_try(indexing, document, role):
    name = await stored(indexing, document)
    other = person(role, name="people/other")
    assert (await refused(hold(indexing, name, other))).code is grpc.StatusCode.PERMISSION_DENIED
    held = await hold(indexing, name)
    assert (await refused(release(indexing, held, other))).code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.clause("2.4.3")
async def test_held_mentions_stay_with_their_observations_when_their_month_is_dropped(indexing_on_both, document):
    indexing = indexing_on_both
    kept = await stored(indexing, document)
    await stored(indexing, document, "2", "很好吃")
    later = [document(native_id, "这家公司造假", minute=5, counts=document_pb2.Counts(likes=5)) for native_id in ("1", "2")]
    await indexing.ingest(later)
    held = await hold(indexing, kept)
    assert (await indexing.count(), await indexing.count("observations")) == (2, 2)
    for _ in range(2):
        await indexing.retain(LATER)
        assert (await indexing.count(), await indexing.count("observations"), await months(indexing)) == (1, 1, ["2024.05", MONTH])
    assert await indexing.texts("held:true") == {"这家公司造假"}
    (again, new) = await indexing.ingest([document("1", "造假", minute=9, counts=document_pb2.Counts(likes=9)), document("2", minute=9)])
    assert (again.mention, again.outcome) == (kept, ingest_pb2.OUTCOME_UPDATED)
    assert new.outcome == ingest_pb2.OUTCOME_STORED
    await release(indexing, held)
    await indexing.work()
    await indexing.retain(LATER)
    assert await months(indexing) == []
    async with indexing.database.read() as connection:
        assert (await connection.execute(select(tables.mention.c.id))).all() == []
        assert (await connection.execute(select(tables.held_mention))).all() == []
        assert (await connection.execute(select(tables.ended_month))).all() == []


async def test_nothing_is_lost_when_retention_is_killed_between_index_and_registry(indexing, document):
    kept, gone = await stored(indexing, document), await stored(indexing, document, "2", "很好吃")
    await hold(indexing, kept)
    retention = indexing.parts.retention
    await retention.indices.thin(MONTH, retention._held)
    assert await indexing.count() == 1
    await indexing.retain(LATER)
    assert await indexing.texts() == {"这家公司造假"}
    async with indexing.database.read() as connection:
        assert (await connection.execute(select(tables.mention.c.id))).scalars().all() == [kept.removeprefix("mentions/")]
    assert (await refused(indexing.mention(gone))).code is grpc.StatusCode.NOT_FOUND


async def test_what_a_late_write_left_in_a_month_goes_in_the_next_round_when_others_of_it_are_held(indexing, document):
    kept, gone = await stored(indexing, document), await stored(indexing, document, "2", "很好吃")
    await hold(indexing, kept)
    index, doomed = f"{indexing.settings.index_prefix}mentions-{MONTH}", gone.removeprefix("mentions/")
    record = (await indexing.elasticsearch.get(index=index, id=doomed))["_source"]
    await indexing.retain(LATER)
    await indexing.elasticsearch.index(index=index, id=doomed, document=record)
    assert await indexing.count() == 2
    await indexing.retain(LATER)
    assert await indexing.texts() == {"这家公司造假"}


async def test_what_is_about_to_go_is_not_held_when_its_month_has_ended(indexing, document):
    name, kept = await stored(indexing, document), await stored(indexing, document, "2")
    await hold(indexing, kept)
    async with leases.lease(indexing.database, "retention"), indexing.database.write() as connection:
        await connection.execute(tables.ended_month.insert().values(month=MONTH, releases=0, thinned=None))
    assert (await refused(hold(indexing, name))).code is grpc.StatusCode.NOT_FOUND
    await hold(indexing, kept)
    await hold_all(indexing, "造假")
    await indexing.work()
    await indexing.retain(LATER)
    assert await indexing.count() == 1


async def test_a_mention_goes_in_the_next_round_when_its_hold_ends_while_its_month_is_dropped(indexing, document):
    held = await hold(indexing, await stored(indexing, document))
    months_of = indexing.parts.retention.indices

    class Releasing:
        """Somebody releases the hold just after the index was looked through."""

        months, size = staticmethod(months_of.months), staticmethod(months_of.size)

        async def thin(self, month, held_of):
            left = await months_of.thin(month, held_of)
            if not (await got(indexing, held.name)).released_by:
                await release(indexing, held)
            return left

    indexing.parts = replace(indexing.parts, retention=replace(indexing.parts.retention, indices=Releasing()))
    await indexing.retain(LATER)
    async with indexing.database.read() as connection:
        assert len((await connection.execute(select(tables.mention))).all()) == 1
    assert await indexing.count() == 1
    await indexing.retain(LATER + timedelta(minutes=5))
    assert await indexing.count() == 0


async def test_erased_and_held_mentions_are_told_apart_when_they_are_checked(indexing_on_both, document):
    indexing = indexing_on_both
    held, erased, other = [await stored(indexing, document, str(number)) for number in range(3)]
    await hold(indexing, held)
    await erase(indexing, erased)
    reply = await indexing.changes.CheckMentions(ingest_pb2.CheckMentionsRequest(mentions=[held, erased, other, "mentions/0a"]))
    assert (list(reply.held), list(reply.erased)) == ([held], [erased])
