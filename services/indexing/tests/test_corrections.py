"""What people say counts: in searches, figures and exports, over newer fetches and judgements, and until it is taken back."""

import asyncio
import uuid

import grpc
import pytest
from sqlalchemy import select

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import correction_pb2, correction_service_pb2, ingest_pb2, job_pb2, mention_pb2
from yuqing.type.v1 import labels_pb2, types_pb2
from yuqing_runtime import leases
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person

ZHANG = person(access_pb2.ROLE_MONITOR)
LI = person(access_pb2.ROLE_HEAD, name="people/li-si", department="departments/legal")
BAD = "味道太差了"
NEGATIVE, NEUTRAL, POSITIVE = types_pb2.SENTIMENT_NEGATIVE, types_pb2.SENTIMENT_NEUTRAL, types_pb2.SENTIMENT_POSITIVE


def sentiment(value):
    return correction_pb2.Label(kind=correction_pb2.LABEL_KIND_SENTIMENT, values=[value])


def label(kind, *values):
    return correction_pb2.Label(kind=correction_pb2.LabelKind.Value(f"LABEL_KIND_{kind}"), values=values)


async def correct(indexing, name, given, *, who=ZHANG, reason="反话", **fields):
    with indexing.town.acting(who):
        request = correction_service_pb2.CorrectMentionRequest(name=name, label=given, reason=reason, **fields)
        return await indexing.corrections.CorrectMention(request)


async def undo(indexing, name, who=ZHANG, **fields):
    with indexing.town.acting(who):
        return await indexing.corrections.UndoCorrection(correction_service_pb2.UndoCorrectionRequest(name=name, reason="看错了", **fields))


async def history(indexing, name, size=50):
    found, token = [], ""
    with indexing.town.acting(ZHANG):
        while True:
            request = correction_service_pb2.ListCorrectionsRequest(parent=name, page_size=size, page_token=token)
            reply = await indexing.corrections.ListCorrections(request)
            found.extend(reply.corrections)
            token = reply.next_page_token
            if not token:
                return found


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def stored(indexing, document, text=BAD, native_id="1", **fields):
    (outcome,) = await indexing.ingest([document(native_id, text, **fields)])
    return outcome.mention


async def rescored(indexing, query="", **fields):
    with indexing.town.acting(ZHANG):
        await indexing.refresh()
        reply = await indexing.jobs.RescoreMentions(job_pb2.RescoreMentionsRequest(query=query, reason="新模型", **fields))
    await indexing.work()
    return reply


async def test_what_a_person_says_counts_everywhere_when_a_label_is_corrected(indexing_on_both, document):
    indexing = indexing_on_both
    name = await stored(indexing, document)
    await stored(indexing, document, "很好吃", "2")
    made = await correct(indexing, name, sentiment("neutral"))
    mention = await indexing.mention(name)
    assert (mention.sentiment, mention.judgement.sentiment) == (NEUTRAL, NEGATIVE)
    (shown,) = mention.corrections
    assert shown == made.correction
    assert (shown.author, shown.reason, shown.judged.values, shown.label.values) == ("people/zhang-san", "反话", ["negative"], ["neutral"])
    assert made.etag == mention.etag != ""
    assert await indexing.texts("sentiment:neutral") == {BAD}
    assert await indexing.texts("sentiment:negative") == set()
    assert await indexing.texts("corrected:情感") == {BAD}
    reply = await indexing.search(facets=[mention_pb2.FACET_SENTIMENT, mention_pb2.FACET_CORRECTED])
    counts = [{bucket.value: bucket.size for bucket in facet.buckets} for facet in reply.facets]
    assert counts == [{"neutral": 1, "positive": 1}, {"sentiment": 1}]
    with indexing.town.acting(ZHANG):
        request = mention_pb2.ExportMentionsRequest(query="corrected:sentiment", format=mention_pb2.EXPORT_FORMAT_CSV)
        file = b"".join([piece.body.data async for piece in indexing.mentions.ExportMentions(request)]).decode("utf-8-sig")
    assert "中性" in file
    assert "负面" not in file.splitlines()[1]


async def test_a_correction_is_told_and_recorded_when_it_is_made(indexing_on_both, document):
    indexing = indexing_on_both
    name = await stored(indexing, document)
    await correct(indexing, name, sentiment("neutral"))
    stream = indexing.changes.WatchChanges(ingest_pb2.WatchChangesRequest(kinds=[ingest_pb2.CHANGE_KIND_CORRECTED]))
    change = await anext(aiter(stream))
    assert (change.mention, change.kind, change.site) == (name, ingest_pb2.CHANGE_KIND_CORRECTED, "e.test")
    async with indexing.database.read() as connection:
        row = (await connection.execute(select(audit).where(audit.c.action == "mentions.correct"))).mappings().one()
    assert (row["actor"], row["resource"]) == ("people/zhang-san", name)
    assert row["before"] == '{"sentiment":["negative"]}'
    assert '"sentiment":["neutral"]' in row["after"]


async def test_what_was_said_before_counts_again_when_a_correction_is_taken_back(indexing_on_both, document):
    indexing = indexing_on_both
    name = await stored(indexing, document)
    first = await correct(indexing, name, sentiment("neutral"))
    second = await correct(indexing, name, sentiment("positive"), who=LI)
    assert (await indexing.mention(name)).sentiment == POSITIVE
    undone = await undo(indexing, second.correction.name, LI)
    assert (undone.correction.undone_by, (await indexing.mention(name)).sentiment) == ("people/li-si", NEUTRAL)
    assert (await refused(undo(indexing, second.correction.name))).reason == "UNDONE_ALREADY"
    await undo(indexing, first.correction.name)
    mention = await indexing.mention(name)
    assert (mention.sentiment, list(mention.corrections)) == (NEGATIVE, [])
    assert [(each.label.values[0], each.undone_by) for each in await history(indexing, name, size=1)] == [
        ("positive", "people/li-si"),
        ("neutral", "people/zhang-san"),
    ]


async def test_only_a_pinned_correction_counts_when_the_text_is_another(indexing, document):
    loose, pinned = await stored(indexing, document), await stored(indexing, document, "服务差", "2")
    await correct(indexing, loose, sentiment("neutral"))
    await correct(indexing, pinned, sentiment("neutral"), pinned=True)
    await indexing.ingest([document("1", BAD, minute=5), document("2", "服务差", minute=5)])
    assert [(await indexing.mention(name)).sentiment for name in (loose, pinned)] == [NEUTRAL, NEUTRAL]
    await indexing.ingest([document("1", BAD + "不会再来", minute=9), document("2", "服务差得很", minute=9)])
    assert [(await indexing.mention(name)).sentiment for name in (loose, pinned)] == [NEGATIVE, NEUTRAL]
    assert await indexing.texts("sentiment:neutral") == {"服务差得很"}


async def test_a_correction_stays_when_the_index_is_lost_and_filled_again(indexing, document):
    name = await stored(indexing, document)
    await correct(indexing, name, sentiment("neutral"))
    await indexing.drop_mentions()
    assert await stored(indexing, document) == name
    mention = await indexing.mention(name)
    assert (mention.sentiment, mention.corrections[0].author) == (NEUTRAL, "people/zhang-san")


async def test_the_index_follows_later_when_it_was_not_written_with_the_correction(indexing, document, monkeypatch):
    name = await stored(indexing, document)
    monkeypatch.setattr(type(indexing.parts.by_hand.way), "again", never)
    await correct(indexing, name, sentiment("neutral"))
    assert (await indexing.mention(name)).sentiment == NEGATIVE
    monkeypatch.undo()
    async with leases.lease(indexing.database, "by-hand") as held:
        await indexing.parts.by_hand.once(held)
    assert (await indexing.mention(name)).sentiment == NEUTRAL


async def never(*_arguments):
    return frozenset()


async def test_a_mention_leaves_and_joins_topics_when_its_label_is_another(indexing, document, feed):
    await feed.tell("bad", "sentiment:negative")
    name = await stored(indexing, document)
    assert [match.topic for match in (await indexing.mention(name)).topics] == ["topics/bad"]
    made = await correct(indexing, name, sentiment("positive"))
    assert list((await indexing.mention(name)).topics) == []
    await undo(indexing, made.correction.name)
    assert [match.topic for match in (await indexing.mention(name)).topics] == ["topics/bad"]


@pytest.mark.parametrize(
    ("given", "query"),
    [
        (label("INTENT", "tip_off", "complaint"), "intent:举报 intent:投诉"),
        (label("ASPECT", "image"), "aspect:形象"),
        (label("FOCUS_AREA", "labour"), "focus:劳动用工"),
        (label("SENSITIVITY", "death"), "sensitivity:伤亡"),
        (label("OFFENSIVE", "yes"), "offensive:>=0.9"),
        (label("REGION", "广东省 深圳市"), "region:深圳"),
        (label("ENTITY", "person:王某"), "entity:王某"),
    ],
)
async def test_every_kind_of_label_can_be_corrected_and_taken_back(indexing, document, given, query):
    intents = [labels_pb2.IntentLabel(intent=types_pb2.INTENT_PRAISE, probability=0.9)]
    indexing.scoring.labels = {BAD: labels_pb2.Labels(intents=intents, offensive=0.25)}
    name = await stored(indexing, document)
    made = await correct(indexing, name, given)
    mention = await indexing.mention(name)
    assert await indexing.texts(query) == {BAD}
    assert mention.judgement.labels == indexing.scoring.labels[BAD]
    assert mention.labels != mention.judgement.labels
    assert [each.label for each in mention.corrections] == [given]
    await undo(indexing, made.correction.name)
    mention = await indexing.mention(name)
    assert await indexing.texts(query) == set()
    assert mention.labels == indexing.scoring.labels[BAD]
    assert not mention.judgement.HasField("labels")


async def test_a_mention_has_no_intent_when_a_person_says_so(indexing, document):
    intents = [labels_pb2.IntentLabel(intent=types_pb2.INTENT_PRAISE, probability=0.9)]
    indexing.scoring.labels = {BAD: labels_pb2.Labels(intents=intents)}
    name = await stored(indexing, document)
    assert await indexing.texts("intent:表扬") == {BAD}
    await correct(indexing, name, label("INTENT"))
    assert await indexing.texts("intent:表扬") == set()
    assert list((await indexing.mention(name)).labels.intents) == []


@pytest.mark.parametrize(
    "given",
    [
        label("SENTIMENT"),
        label("SENTIMENT", "neutral", "negative"),
        label("SENTIMENT", "great"),
        label("INTENT", "negative"),
        label("OFFENSIVE", "perhaps"),
        label("ENTITY", "王某"),
        label("REGION", " "),
        correction_pb2.Label(values=["negative"]),
    ],
)
async def test_a_label_is_refused_when_it_has_no_such_value(indexing, document, given):
    name = await stored(indexing, document)
    assert (await refused(correct(indexing, name, given))).code is grpc.StatusCode.INVALID_ARGUMENT
    assert (await indexing.mention(name)).etag == ""


async def test_a_correction_is_made_once_when_the_call_is_repeated(indexing_on_both, document):
    indexing = indexing_on_both
    name, request_id = await stored(indexing, document), str(uuid.uuid4())
    first = await correct(indexing, name, sentiment("neutral"), request_id=request_id)
    assert await correct(indexing, name, sentiment("neutral"), request_id=request_id) == first
    assert (await refused(correct(indexing, name, sentiment("positive"), request_id=request_id))).reason == "REQUEST_ID_REUSED"
    assert len(await history(indexing, name)) == 1


async def test_a_correction_is_refused_when_somebody_was_there_before(indexing_on_both, document):
    indexing = indexing_on_both
    name = await stored(indexing, document)
    first = await correct(indexing, name, sentiment("neutral"))
    second = await correct(indexing, name, sentiment("positive"), etag=first.etag)
    assert (await refused(correct(indexing, name, sentiment("negative"), etag=first.etag))).code is grpc.StatusCode.ABORTED
    assert (await indexing.mention(name)).etag == second.etag
    assert (await refused(correct(indexing, "mentions/0", sentiment("negative")))).code is grpc.StatusCode.NOT_FOUND


async def test_corrections_are_gone_when_their_mention_is_erased(indexing, document):
    name = await stored(indexing, document)
    made = await correct(indexing, name, sentiment("neutral"))
    with indexing.town.acting(person(access_pb2.ROLE_LEGAL)):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=name, reason="依法删除"))
    assert await history(indexing, name) == []
    assert (await refused(undo(indexing, made.correction.name))).code is grpc.StatusCode.NOT_FOUND


async def correct_all(indexing, query, given, who=LI, **fields):
    await indexing.refresh()
    with indexing.town.acting(who):
        request = correction_service_pb2.CorrectMentionsRequest(query=query, label=given, reason="同一条广告", **fields)
        return await indexing.corrections.CorrectMentions(request)


async def job_of(indexing, name):
    with indexing.town.acting(ZHANG):
        return (await indexing.jobs.GetJob(job_pb2.GetJobRequest(name=name))).job


async def test_all_that_a_query_finds_is_corrected_and_taken_back_as_jobs(indexing_on_both, document):
    indexing = indexing_on_both
    texts = [f"味道差 {number}" for number in range(7)]
    await indexing.ingest([document(str(number), text) for number, text in enumerate(texts)] + [document("good", "好吃")])
    started = await correct_all(indexing, "味道 sentiment:负面", sentiment("neutral"))
    assert started.total_size == 7
    assert (await job_of(indexing, started.job)).state == job_pb2.JOB_STATE_PENDING
    assert await indexing.work() == 1
    job = await job_of(indexing, started.job)
    assert (job.kind, job.state, job.total_size, job.done_size) == (job_pb2.JOB_KIND_CORRECTION, job_pb2.JOB_STATE_DONE, 7, 7)
    assert (job.author, job.query) == ("people/li-si", "味道 sentiment:负面")
    assert await indexing.texts("sentiment:neutral") == set(texts)
    (hit,) = (await indexing.search(texts[0], page_size=1)).hits
    assert (hit.mention.corrections[0].job, hit.mention.corrections[0].author) == (started.job, "people/li-si")
    with indexing.town.acting(LI):
        undoing = await indexing.corrections.UndoCorrections(correction_service_pb2.UndoCorrectionsRequest(name=started.job, reason="弄错了"))
    assert undoing.total_size == 7
    await indexing.work()
    assert (await job_of(indexing, undoing.job)).done_size == 7
    assert await indexing.texts("sentiment:neutral") == set()
    assert await indexing.texts("sentiment:negative") == set(texts)


async def test_a_job_goes_on_where_it_stopped_when_it_was_cut_short(indexing, document, monkeypatch):
    texts = [f"味道差 {number}" for number in range(6)]
    await indexing.ingest([document(str(number), text) for number, text in enumerate(texts)])
    started = await correct_all(indexing, "味道", sentiment("neutral"))
    monkeypatch.setattr("yuqing_indexing.adapters.elasticsearch.search.EXPORT_PAGE", 2)
    follow, calls = type(indexing.parts.by_hand.way).again, []

    async def cut(self, mentions):
        calls.append(mentions)
        if len(calls) == 2:
            raise asyncio.CancelledError
        return await follow(self, mentions)

    monkeypatch.setattr(type(indexing.parts.by_hand.way), "again", cut)
    with pytest.raises(asyncio.CancelledError):
        await indexing.work()
    job = await job_of(indexing, started.job)
    assert (job.state, job.done_size) == (job_pb2.JOB_STATE_RUNNING, 4)
    await indexing.work()
    job = await job_of(indexing, started.job)
    assert (job.state, job.total_size, job.done_size) == (job_pb2.JOB_STATE_DONE, 6, 6)
    async with leases.lease(indexing.database, "by-hand") as held:
        await indexing.parts.by_hand.once(held)
    assert await indexing.texts("sentiment:neutral") == set(texts)
    (hit,) = (await indexing.search(texts[0], page_size=1)).hits
    assert len(await history(indexing, hit.mention.name)) == 1


async def test_nobody_corrects_by_query_what_they_may_not(indexing, document):
    name = await stored(indexing, document)
    handler = person(access_pb2.ROLE_HANDLER)
    assert (await refused(correct_all(indexing, "", sentiment("neutral"), handler))).code is grpc.StatusCode.PERMISSION_DENIED
    auditor = person(access_pb2.ROLE_AUDITOR)
    assert (await refused(correct(indexing, name, sentiment("neutral"), who=auditor))).code is grpc.StatusCode.PERMISSION_DENIED
    assert (await refused(correct_all(indexing, "((", sentiment("neutral")))).reason == "QUERY_ERROR"


async def test_mentions_are_judged_anew_but_for_pinned_labels_when_a_query_finds_them(indexing_on_both, document):
    indexing = indexing_on_both
    names = [outcome.mention for outcome in await indexing.ingest([document(str(number), f"{BAD}{number}") for number in range(3)])]
    await correct(indexing, names[0], sentiment("neutral"), pinned=True)
    await correct(indexing, names[1], sentiment("neutral"))
    indexing.scoring.version = "2"
    started = await rescored(indexing, "味道")
    job = await job_of(indexing, started.job)
    assert (job.kind, job.state, job.done_size) == (job_pb2.JOB_KIND_RESCORE, job_pb2.JOB_STATE_DONE, 3)
    found = [await indexing.mention(name) for name in names]
    assert {mention.judgement.model_version for mention in found} == {"2"}
    assert [mention.sentiment for mention in found] == [NEUTRAL, NEGATIVE, NEGATIVE]
    assert await indexing.texts("sentiment:neutral") == {f"{BAD}0"}
