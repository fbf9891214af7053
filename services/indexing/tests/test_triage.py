"""The queue: who has a mention, what people noted, and that of two who take it one has it."""

import asyncio
import uuid

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import ingest_pb2, mention_pb2, topic_match_pb2, triage_pb2, triage_service_pb2
from yuqing_indexing.domain import triage as rules
from yuqing_indexing.domain.by_hand import Triage, TriageState
from yuqing_indexing.domain.triage import Actor, TriageRefused
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person

ZHANG = person(access_pb2.ROLE_MONITOR)
WANG = person(access_pb2.ROLE_MONITOR, name="people/wang-wu")
HEAD = person(access_pb2.ROLE_HEAD, name="people/li-si")
OPEN, TAKEN, DONE = triage_pb2.TRIAGE_STATE_OPEN, triage_pb2.TRIAGE_STATE_TAKEN, triage_pb2.TRIAGE_STATE_DONE
CHANGES = [rules.opened, rules.taken, rules.given_back, rules.finished]


async def act(indexing, verb, name, who=ZHANG, **fields):
    request = getattr(triage_service_pb2, f"{verb}Request")
    with indexing.town.acting(who):
        return await getattr(indexing.triage, verb)(request(name=name, **fields))


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def queue(indexing, who=ZHANG, **fields):
    await indexing.refresh()
    with indexing.town.acting(who):
        reply = await indexing.triage.ListTriage(triage_service_pb2.ListTriageRequest(**fields))
    return [mention.document.text for mention in reply.mentions]


async def stored(indexing, document, *texts):
    return [outcome.mention for outcome in await indexing.ingest([document(text, text) for text in texts])]


@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from([Actor("people/a"), Actor("people/b"), Actor("people/h", leads=True)]))))
def test_a_mention_has_an_assignee_exactly_when_it_is_taken_or_done(steps):
    triage = Triage()
    for change, actor in steps:
        before = triage
        try:
            triage = change(triage, actor)
        except TriageRefused:
            continue
        assert bool(triage.assignee) == (triage.state in (TriageState.TAKEN, TriageState.DONE))
        if before.state is TriageState.TAKEN and triage != before:
            assert before.assignee == actor.person or actor.leads


async def test_a_mention_goes_through_the_queue_when_somebody_looks_at_it(indexing_on_both, document):
    indexing = indexing_on_both
    (name,) = await stored(indexing, document, "火锅差")
    opened = await act(indexing, "OpenMention", name)
    assert (opened.triage.state, opened.triage.assignee) == (OPEN, "")
    taken = await act(indexing, "TakeMention", name, WANG, etag=opened.etag)
    assert (taken.triage.state, taken.triage.assignee) == (TAKEN, "people/wang-wu")
    assert (await refused(act(indexing, "GiveBackMention", name, etag=opened.etag))).code is grpc.StatusCode.ABORTED
    mention = await indexing.mention(name)
    assert (mention.triage, mention.etag) == (taken.triage, taken.etag)
    await act(indexing, "GiveBackMention", name, WANG)
    assert await queue(indexing, states=[OPEN]) == ["火锅差"]
    done = await act(indexing, "FinishMention", name)
    assert (done.triage.state, done.triage.assignee) == (DONE, "people/zhang-san")
    assert await queue(indexing) == []
    assert (await refused(act(indexing, "TakeMention", name, WANG))).reason == "ALREADY_DONE"
    assert (await act(indexing, "OpenMention", name)).triage.assignee == ""


async def test_one_has_it_and_the_other_learns_who_when_two_take_a_mention_at_once(indexing_on_both, second_replica, document):
    (name,) = await stored(indexing_on_both, document, "火锅差")
    attempts = [act(indexing_on_both, "TakeMention", name, ZHANG), act(second_replica, "TakeMention", name, WANG)]
    results = await asyncio.gather(*map(asyncio.create_task, attempts), return_exceptions=True)
    (won,) = [result for result in results if not isinstance(result, Exception)]
    (lost,) = [refusal(result) for result in results if isinstance(result, Exception)]
    assert (lost.code, lost.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_TAKEN")
    assert lost.metadata["assignee"] == won.triage.assignee
    assert (await indexing_on_both.mention(name)).triage.assignee == won.triage.assignee


async def test_only_who_took_it_or_leads_lets_go_of_a_mention(indexing, document):
    (name,) = await stored(indexing, document, "火锅差")
    await act(indexing, "TakeMention", name)
    assert (await refused(act(indexing, "GiveBackMention", name, WANG))).reason == "ALREADY_TAKEN"
    assert (await refused(act(indexing, "FinishMention", name, WANG))).reason == "ALREADY_TAKEN"
    assert (await act(indexing, "GiveBackMention", name, HEAD)).triage.state == OPEN
    assert (await refused(act(indexing, "GiveBackMention", name))).reason == "NOT_TAKEN"


async def test_tags_are_found_and_counted_when_they_are_given(indexing_on_both, document):
    indexing = indexing_on_both
    one, two = await stored(indexing, document, "火锅差", "烤鸭差")
    tagged = await act(indexing, "TagMention", one, add=["食品安全", "VIP", "vip"])
    assert list(tagged.triage.tags) == ["vip", "食品安全"]
    await act(indexing, "TagMention", two, add=["食品安全"])
    assert await indexing.texts("tag:食品安全") == {"火锅差", "烤鸭差"}
    assert await indexing.texts("标签:Vip") == {"火锅差"}
    (facet,) = (await indexing.search(facets=[mention_pb2.FACET_TAG])).facets
    assert {bucket.value: bucket.size for bucket in facet.buckets} == {"食品安全": 2, "vip": 1}
    await act(indexing, "TagMention", one, remove=["食品安全"])
    assert await indexing.texts("tag:食品安全") == {"烤鸭差"}
    assert (await indexing.mention(one)).triage.state == triage_pb2.TRIAGE_STATE_UNSPECIFIED


async def test_the_queue_shows_what_is_asked_for_when_it_is_filtered(indexing, document):
    one, two, three = await stored(indexing, document, "火锅差", "烤鸭差", "面条差")
    await act(indexing, "OpenMention", one)
    await act(indexing, "TakeMention", two)
    await act(indexing, "TakeMention", three, WANG)
    await act(indexing, "TagMention", three, add=["急"])
    assert sorted(await queue(indexing)) == sorted(["火锅差", "烤鸭差", "面条差"])
    assert await queue(indexing, assignee="people/wang-wu") == ["面条差"]
    assert await queue(indexing, tag="急") == ["面条差"]
    assert await queue(indexing, query="烤鸭") == ["烤鸭差"]
    assert await queue(indexing, states=[DONE]) == []
    assert await indexing.texts("triage:处理中 assignee:wang-wu") == {"面条差"}
    pages, token = [], ""
    with indexing.town.acting(ZHANG):
        while True:
            reply = await indexing.triage.ListTriage(triage_service_pb2.ListTriageRequest(page_size=1, page_token=token))
            pages.extend(mention.document.text for mention in reply.mentions)
            token = reply.next_page_token
            if not token:
                break
    assert sorted(pages) == sorted(["火锅差", "烤鸭差", "面条差"])


async def test_many_are_taken_at_once_but_for_those_of_others_when_a_query_finds_them(indexing_on_both, document):
    indexing = indexing_on_both
    names = await stored(indexing, document, "火锅差一", "火锅差二", "火锅差三", "烤鸭差")
    await act(indexing, "TakeMention", names[0], WANG)
    await indexing.refresh()
    fields = {"query": "火锅", "action": triage_service_pb2.TRIAGE_ACTION_TAKE, "add_tags": ["批量"], "request_id": str(uuid.uuid4())}
    with indexing.town.acting(ZHANG):
        reply = await indexing.triage.TriageMentions(triage_service_pb2.TriageMentionsRequest(**fields))
        again = await indexing.triage.TriageMentions(triage_service_pb2.TriageMentionsRequest(**fields))
    assert (reply.changed_size, reply.skipped_size, reply.total_size) == (2, 1, 3)
    assert again == reply
    assert await indexing.texts("assignee:zhang-san tag:批量") == {"火锅差二", "火锅差三"}
    assert await indexing.texts("assignee:wang-wu") == {"火锅差一"}
    with indexing.town.acting(ZHANG):
        limited = triage_service_pb2.TriageMentionsRequest(action=triage_service_pb2.TRIAGE_ACTION_TAG, add_tags=["看"], limit=1)
        assert (await indexing.triage.TriageMentions(limited)).changed_size == 1


async def test_the_feed_tells_when_the_queue_changes(indexing, document):
    (name,) = await stored(indexing, document, "火锅差")
    await act(indexing, "TakeMention", name)
    await act(indexing, "TakeMention", name)
    await act(indexing, "FinishMention", name)
    stream = aiter(indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest()))
    kinds = [(await anext(stream)).kind for _ in range(3)]
    assert kinds == [ingest_pb2.CHANGE_KIND_STORED, ingest_pb2.CHANGE_KIND_TRIAGED, ingest_pb2.CHANGE_KIND_TRIAGED]


async def test_notes_are_kept_with_their_author_and_changed_by_nobody_else(indexing_on_both, document):
    indexing = indexing_on_both
    (name,) = await stored(indexing, document, "火锅差")

    async def create(text, who):
        with indexing.town.acting(who):
            return (await indexing.triage.CreateNote(triage_service_pb2.CreateNoteRequest(parent=name, note=triage_pb2.Note(text=text)))).note

    async def update(note, text, who, etag=""):
        with indexing.town.acting(who):
            changed = triage_pb2.Note(name=note.name, text=text, etag=etag)
            request = triage_service_pb2.UpdateNoteRequest(note=changed, update_mask=FieldMask(paths=["text"]))
            return (await indexing.triage.UpdateNote(request)).note

    first, second = await create("已致电门店", ZHANG), await create("门店否认", WANG)
    assert (first.author, first.mention, first.HasField("edit_time")) == ("people/zhang-san", name, False)
    assert (await refused(update(first, "改", WANG))).reason == "NOT_THE_AUTHOR"
    changed = await update(first, "已两次致电门店", ZHANG, first.etag)
    assert (changed.text, changed.HasField("edit_time")) == ("已两次致电门店", True)
    assert (await refused(update(first, "又改", ZHANG, first.etag))).code is grpc.StatusCode.ABORTED
    with indexing.town.acting(ZHANG):
        one = await indexing.triage.ListNotes(triage_service_pb2.ListNotesRequest(parent=name, page_size=1))
        two = await indexing.triage.ListNotes(triage_service_pb2.ListNotesRequest(parent=name, page_size=1, page_token=one.next_page_token))
    assert [*one.notes, *two.notes] == [changed, second]
    assert two.next_page_token == ""
    assert (await indexing.mention(name)).triage.note_size == 2


async def test_a_note_is_gone_when_its_author_deletes_it_and_the_audit_chain_says_that_it_was(indexing_on_both, document):
    indexing = indexing_on_both
    (name,) = await stored(indexing, document, "火锅差")
    with indexing.town.acting(ZHANG):
        made = [
            (await indexing.triage.CreateNote(triage_service_pb2.CreateNoteRequest(parent=name, note=triage_pb2.Note(text=text)))).note
            for text in ("写错了地方", "已致电门店")
        ]

    async def delete(note, who=ZHANG, **fields):
        with indexing.town.acting(who):
            return await indexing.triage.DeleteNote(triage_service_pb2.DeleteNoteRequest(name=note.name, **fields))

    assert (await refused(delete(made[0], WANG))).reason == "NOT_THE_AUTHOR"
    assert (await refused(delete(made[0], etag="0"))).code is grpc.StatusCode.ABORTED
    request_id = str(uuid.uuid4())
    for _ in range(2):  # the second time by who got no answer
        await delete(made[0], etag=made[0].etag, request_id=request_id)
    assert (await refused(delete(made[0]))).code is grpc.StatusCode.NOT_FOUND
    assert (await refused(delete(made[1], request_id=request_id))).reason == "REQUEST_ID_REUSED"
    with indexing.town.acting(ZHANG):
        listed = await indexing.triage.ListNotes(triage_service_pb2.ListNotesRequest(parent=name))
    assert list(listed.notes) == made[1:]
    assert (await indexing.mention(name)).triage.note_size == 1
    async with indexing.database.read() as connection:
        rows = (await connection.execute(select(audit.c.actor, audit.c.resource, audit.c.before).where(audit.c.action == "notes.delete"))).all()
    assert rows == [("people/zhang-san", made[0].name, f'{{"etag":"{made[0].etag}","mention":"{name}"}}')]


async def test_a_topic_cannot_ask_for_what_people_do_in_the_queue(indexing):
    with pytest.raises(grpc.aio.AioRpcError) as caught, indexing.town.acting(ZHANG):
        await indexing.topic_matches.DryRunTopic(topic_match_pb2.DryRunTopicRequest(query="tag:急"))
    assert refusal(caught.value).reason == "QUERY_ERROR"
