"""A person sees of the topics in all answers about mentions what a list of topics would show, and no more."""

import grpc
import grpc.aio
import pytest

from yuqing.access.v1 import access_pb2 as roles
from yuqing.indexing.v1 import job_pb2, mention_pb2, topic_match_pb2
from yuqing_testkit.services import person

SERVICE, QUALITY = "departments/service", "departments/quality"
ALL = {"topics/own", "topics/shared", "topics/hidden"}
SEEN = (
    (person(roles.ROLE_MONITOR, department=SERVICE), ALL),
    (person(roles.ROLE_LEADER, department=SERVICE), ALL),
    (person(roles.ROLE_AUDITOR, department=SERVICE), ALL),
    (person(roles.ROLE_HEAD, department=SERVICE), {"topics/own", "topics/shared"}),
    (person(roles.ROLE_HANDLER, department=SERVICE), {"topics/own", "topics/shared"}),
    (person(roles.ROLE_PUBLICITY, department=SERVICE), {"topics/own", "topics/shared"}),
    (person(roles.ROLE_LEGAL, department=SERVICE), {"topics/own", "topics/shared"}),
    (person(roles.ROLE_IT, department=SERVICE), {"topics/own", "topics/shared"}),
    (person(roles.ROLE_HANDLER, department=QUALITY), {"topics/shared"}),
    (person(roles.ROLE_HEAD, department="departments/sales"), set()),
)
EVERYBODY = pytest.mark.parametrize(("who", "seen"), SEEN, ids=[f"{sorted(who.roles)}-{min(who.departments)}" for who, _ in SEEN])
HANDLER = person(roles.ROLE_HANDLER, department=SERVICE)
TEXTS = {"炸锅起火": ALL, "炸锅": {"topics/own", "topics/shared"}, "起火": {"topics/hidden"}, "别的": set()}


@pytest.fixture
async def told(indexing, feed, document):
    """Three topics, and mentions of one, two, three and none of them."""
    await feed.tell("own", "炸锅", department=SERVICE)
    await feed.tell("shared", "炸锅", department=QUALITY, shared_with=[SERVICE])
    await feed.tell("hidden", "起火", department="departments/legal")
    outcomes = await indexing.ingest([document(str(number), text) for number, text in enumerate(TEXTS)])
    return {text: outcome.mention for text, outcome in zip(TEXTS, outcomes, strict=True)}


def topics_of(mention):
    return {match.topic for match in mention.topics}


@EVERYBODY
async def test_mentions_show_the_topics_in_sight_when_they_are_found_or_read(indexing, told, who, seen):
    reply = await indexing.search(who=who)
    assert {hit.mention.document.text: topics_of(hit.mention) for hit in reply.hits} == {text: topics & seen for text, topics in TEXTS.items()}
    with indexing.town.acting(who):
        for text, name in told.items():
            mention = (await indexing.mentions.GetMention(mention_pb2.GetMentionRequest(name=name))).mention
            assert topics_of(mention) == TEXTS[text] & seen


@EVERYBODY
async def test_a_query_and_a_filter_find_only_topics_in_sight(indexing, told, who, seen):
    for topic in ALL:
        expected = {text for text, topics in TEXTS.items() if topic in topics & seen}
        assert await indexing.texts(f"topic:{topic}", who=who) == expected
        assert await indexing.texts(f"NOT topic:{topic}", who=who) == set(TEXTS) - expected
        assert await indexing.texts(filters=[mention_pb2.FacetFilter(facet=mention_pb2.FACET_TOPIC, values=[topic])], who=who) == expected
    expected = {text for text, topics in TEXTS.items() if topics & seen}
    assert await indexing.texts("topic:(own OR shared OR hidden)", who=who) == expected


@EVERYBODY
async def test_counts_by_topic_name_only_topics_in_sight(indexing, told, who, seen):
    expected = {topic: sum(topic in topics for topics in TEXTS.values()) for topic in seen}
    facet = (await indexing.search(who=who, facets=[mention_pb2.FACET_TOPIC])).facets[0]
    assert {bucket.value: bucket.size for bucket in facet.buckets} == expected
    assert facet.other_size == 0
    with indexing.town.acting(who):
        counted = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(split=mention_pb2.FACET_TOPIC))
    (bar,) = counted.bars
    assert (bar.size, {bucket.value: bucket.size for bucket in bar.buckets}) == (len(TEXTS), expected)


@EVERYBODY
async def test_a_live_stream_and_a_list_of_words_keep_to_topics_in_sight(indexing, told, who, seen):
    query = "topic:(hidden OR own) OR 别的"
    expected = [text for text, topics in TEXTS.items() if text == "别的" or topics & seen & {"topics/hidden", "topics/own"}]
    with indexing.town.acting(who):
        stream = indexing.mentions.WatchMentions(mention_pb2.WatchMentionsRequest(query=query, after_sequence=0))
        shown = [await stream.read() for _ in expected]
        stream.cancel()
        await indexing.refresh()
        frequent = mention_pb2.ListTopTermsRequest(query="topic:hidden", method=mention_pb2.TERM_METHOD_FREQUENT)
        terms = (await indexing.mentions.ListTopTerms(frequent)).terms
    assert {each.mention.document.text: topics_of(each.mention) for each in shown} == {text: TEXTS[text] & seen for text in expected}
    assert ("起火" in {term.term for term in terms}) == ("topics/hidden" in seen)


async def test_an_export_keeps_to_topics_in_sight(indexing, told):
    await indexing.refresh()
    request = mention_pb2.ExportMentionsRequest(query="topic:(hidden OR own)", format=mention_pb2.EXPORT_FORMAT_JSONL)
    rows = []
    for who in (person(roles.ROLE_MONITOR, department=SERVICE), HANDLER, person(roles.ROLE_HANDLER, department="departments/sales")):
        with indexing.town.acting(who):
            rows.append((await indexing.mentions.ExportMentions(request).read()).total_size)
    assert rows == [3, 2, 0]


async def test_sharing_takes_effect_when_it_changes(indexing, feed, told):
    assert await indexing.texts("topic:hidden", who=HANDLER) == set()
    await feed.tell("hidden", "起火", department="departments/legal", shared_with=[SERVICE])
    assert await indexing.texts("topic:hidden", who=HANDLER) == {"炸锅起火", "起火"}
    await feed.tell("hidden", "起火", department="departments/legal")
    assert await indexing.texts("topic:hidden", who=HANDLER) == set()


async def test_a_dry_run_and_jobs_tell_nothing_of_topics_out_of_sight(indexing, told):
    head = person(roles.ROLE_HEAD, department=SERVICE)
    await indexing.refresh()
    with indexing.town.acting(head):
        dry = await indexing.topic_matches.DryRunTopic(topic_match_pb2.DryRunTopicRequest(query="起火"))
        jobs = (await indexing.jobs.ListJobs(job_pb2.ListJobsRequest())).jobs
    assert {hit.mention.document.text: topics_of(hit.mention) for hit in dry.hits} == {"炸锅起火": {"topics/own", "topics/shared"}, "起火": set()}
    assert {job.topic for job in jobs} == {"topics/own", "topics/shared"}
    with indexing.town.acting(person(roles.ROLE_MONITOR)):
        (hidden,) = (await indexing.jobs.ListJobs(job_pb2.ListJobsRequest(topic="topics/hidden"))).jobs
    with indexing.town.acting(head), pytest.raises(grpc.aio.AioRpcError) as caught:
        await indexing.jobs.GetJob(job_pb2.GetJobRequest(name=hidden.name))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
