"""Influence, speed and risk of what was stored: told with their parts, searched and ordered by."""

from datetime import UTC, datetime, timedelta

import grpc
import grpc.aio
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import assessment_pb2, document_pb2, influence_pb2, mention_pb2, story_pb2, story_pb2_grpc, topic_match_pb2
from yuqing.type.v1 import labels_pb2, types_pb2
from yuqing_runtime import leases
from yuqing_runtime.status import refusal
from yuqing_testkit.services import person

MONITOR = person(access_pb2.ROLE_MONITOR)
NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
ALARM = labels_pb2.Labels(
    intents=[labels_pb2.IntentLabel(intent=types_pb2.INTENT_COMPLAINT, probability=0.9)],
    sensitivities=[labels_pb2.SensitivityLabel(sensitivity=types_pb2.SENSITIVITY_SAFETY, probability=0.8)],
)
LOUD, QUIET, GOOD = "炸锅又坏了，谁来管管这家店的安全问题", "味道差", "味道真好"


def add_up(assessed):
    """The score, after it was checked against its parts."""
    assert sum(part.points for part in assessed.parts) == pytest.approx(assessed.score, abs=1e-9)
    for part in assessed.parts:
        assert part.points == pytest.approx(part.weight * part.value, abs=0.00501)
        assert part.formula
    return assessed.score


@pytest.fixture
async def talk(indexing, document):
    """A complaint that goes far, one that nobody heard, and a praise by a famous account."""
    indexing.scoring.labels = {LOUD: ALARM}
    heard = document_pb2.Counts(likes=400, comments=300, reposts=900)
    famous = document_pb2.Author(display_name="名人", followers=30_000_000, verified=True)
    return await indexing.ingest(
        [
            document("1", LOUD, counts=heard, author=document_pb2.Author(display_name="甲", followers=20_000)),
            document("2", QUIET, author=document_pb2.Author(display_name="乙", followers=3), counts=document_pb2.Counts(likes=0)),
            document("3", GOOD, author=famous, counts=document_pb2.Counts(likes=90_000), outlet="某工作室"),
        ]
    )


async def test_a_mention_tells_what_its_influence_and_risk_are_made_of(indexing, talk):
    mention = await indexing.mention(talk[0].mention)
    assert add_up(mention.influence) > 0
    risk = {part.factor: part for part in mention.risk.parts}
    assert len(risk) == len(assessment_pb2.RiskFactor.keys()) - 1
    assert add_up(mention.risk) == mention.risk.score
    assert (risk[assessment_pb2.RISK_FACTOR_NEGATIVE].measured, risk[assessment_pb2.RISK_FACTOR_NEGATIVE].points) == (0.75, 22.5)
    assert risk[assessment_pb2.RISK_FACTOR_INTENT].points == 9.0
    assert risk[assessment_pb2.RISK_FACTOR_INFLUENCE].measured == mention.influence.score
    with indexing.town.acting(MONITOR):
        answer = await indexing.influences.GetMentionInfluence(influence_pb2.GetMentionInfluenceRequest(name=talk[0].mention))
    assert (answer.influence, answer.risk) == (mention.influence, mention.risk)
    with pytest.raises(grpc.aio.AioRpcError) as caught, indexing.town.acting(MONITOR):
        await indexing.influences.GetMentionInfluence(influence_pb2.GetMentionInfluenceRequest(name="mentions/none"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_mentions_come_by_risk_or_influence_and_are_found_by_them(indexing, talk):
    by_risk = [hit.mention for hit in (await indexing.search(order=mention_pb2.SEARCH_ORDER_RISK)).hits]
    by_influence = [hit.mention for hit in (await indexing.search(order=mention_pb2.SEARCH_ORDER_INFLUENCE)).hits]
    assert [mention.document.text for mention in by_risk] == [LOUD, QUIET, GOOD]
    assert [mention.document.text for mention in by_influence] == [GOOD, LOUD, QUIET]
    for mention in by_risk:
        assert mention.risk.version == "1"
        assert not mention.risk.parts
        full = await indexing.mention(mention.name)
        assert (add_up(full.risk), add_up(full.influence)) == (mention.risk.score, mention.influence.score)
        assert mention.document.text in await indexing.texts(f"风险:>={mention.risk.score}")
        assert mention.document.text not in await indexing.texts(f"risk:<{mention.risk.score}")
        assert mention.document.text in await indexing.texts(f"影响力:[{mention.influence.score} TO {mention.influence.score}]")


async def test_pages_by_risk_reach_mentions_that_have_none_yet(indexing, document):
    await indexing.ingest([document(str(number), f"第{number}条{'差' if number % 2 else ''}") for number in range(7)])
    await indexing.refresh()
    older = (await indexing.elasticsearch.search(index=f"{indexing.settings.index_prefix}mentions-*", size=10)).body["hits"]["hits"]
    for hit in older[:3]:
        source = {name: value for name, value in hit["_source"].items() if name not in ("risk", "influence", "weights")}
        await indexing.elasticsearch.index(index=hit["_index"], id=hit["_id"], document=source)
    seen, token = [], ""
    for _ in range(4):
        reply = await indexing.search(order=mention_pb2.SEARCH_ORDER_RISK, page_size=2, page_token=token)
        seen += [(hit.mention.name, hit.mention.HasField("risk")) for hit in reply.hits]
        token = reply.next_page_token
    assert len({name for name, _ in seen}) == 7
    assert [known for _, known in seen] == [True] * 4 + [False] * 3


async def test_a_mention_is_assessed_anew_when_it_is_written_again(indexing, document):
    (outcome,) = await indexing.ingest([document("1", LOUD, counts=document_pb2.Counts(likes=1))])
    before = (await indexing.search()).hits[0].mention
    await indexing.ingest([document("1", LOUD, minute=30, counts=document_pb2.Counts(likes=50_000))])
    after = (await indexing.search()).hits[0].mention
    assert (before.name, after.name) == (outcome.mention, outcome.mention)
    assert after.influence.score > before.influence.score
    assert after.risk.score > before.risk.score


async def test_copies_raise_the_risk_of_a_text_when_it_spreads(indexing, document):
    await indexing.ingest([document("1", LOUD)])
    await indexing.ingest([document(str(number), LOUD, site=f"s{number}.test") for number in range(2, 11)])
    hits = {hit.mention.document.native_id: hit.mention for hit in (await indexing.search(page_size=20)).hits}
    assert len({mention.story for mention in hits.values()}) == 1
    with indexing.town.acting(MONITOR):
        parts = {
            number: {
                part.factor: part for part in (await indexing.mentions.GetMention(mention_pb2.GetMentionRequest(name=each.name))).mention.risk.parts
            }
            for number, each in hits.items()
        }
    assert parts["1"][assessment_pb2.RISK_FACTOR_SPREAD].measured == 1
    assert {parts[str(number)][assessment_pb2.RISK_FACTOR_SPREAD].measured for number in range(2, 11)} == {10}
    assert hits["2"].risk.score > hits["1"].risk.score
    async with leases.lease(indexing.database, "regrouping") as held:
        await indexing.parts.regrouping.once(held)
    first = await indexing.mention(hits["1"].name)
    assert first.risk.score == hits["2"].risk.score


@pytest.mark.usefixtures("as_monitor")
async def test_speed_and_trend_are_told_by_what_was_observed(indexing, document):
    published = NOW - timedelta(hours=2)
    fetches = [
        document("1", counts=document_pb2.Counts(likes=likes), minute=60 * hours, published_time=published)
        for hours, likes in ((0, 20), (2, 30), (4, 130))
    ]
    (outcome, *_) = await indexing.ingest(fetches)
    await indexing.refresh()
    speed = (await indexing.influences.GetMentionInfluence(influence_pb2.GetMentionInfluenceRequest(name=outcome.mention))).speed
    assert [(span.size, span.per_hour) for span in speed.spans] == [(20, 10.0), (10, 5.0), (100, 50.0)]
    assert (speed.per_hour, speed.per_hour_before, speed.trend) == (50.0, 5.0, influence_pb2.TREND_RISING)
    assert speed.per_hour_since_publication == pytest.approx(130 / 6)
    silent = await indexing.ingest([document("2", "没有计数")])
    nothing = (await indexing.influences.GetMentionInfluence(influence_pb2.GetMentionInfluenceRequest(name=silent[0].mention))).speed
    assert nothing == influence_pb2.Speed()


@pytest.mark.usefixtures("as_monitor")
async def test_a_story_tells_how_fast_it_spreads_and_which_mentions_count_most(indexing, document):
    times = {"1": 0, "2": 1.5, "3": 2.8, "4": 3}
    documents = [
        document(
            number,
            LOUD,
            site=f"s{number}.test",
            published_time=NOW - timedelta(hours=4 - hours),
            counts=document_pb2.Counts(likes=int(number) * 10),
            author=document_pb2.Author(display_name="号", followers=10 ** int(number)),
        )
        for number, hours in times.items()
    ]
    await indexing.ingest(documents)
    await indexing.refresh()
    stories = story_pb2_grpc.StoryServiceStub(indexing.gateway)
    (story,) = (await stories.SearchStories(story_pb2.SearchStoriesRequest(order=story_pb2.STORY_ORDER_RISK))).stories
    answer = await indexing.influences.GetStoryInfluence(influence_pb2.GetStoryInfluenceRequest(name=story.name))
    assert (answer.total_size, answer.observed_size) == (4, 4)
    assert [span.size for span in answer.mentions.spans] == [1, 0, 1, 2][-len(answer.mentions.spans) :]
    assert (answer.mentions.per_hour, answer.mentions.trend) == (2.0, influence_pb2.TREND_RISING)
    assert answer.interactions.per_hour == pytest.approx(10 / 4 + 20 / 2.5 + 30 / 1.2 + 40)
    assert (answer.most_influential.document.native_id, answer.most_influential.influence.score) == ("4", story.influence)
    assert answer.most_risky.risk.score == story.risk
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await indexing.influences.GetStoryInfluence(influence_pb2.GetStoryInfluenceRequest(name="stories/none"))
    assert refusal(caught.value).code is grpc.StatusCode.NOT_FOUND


@pytest.mark.usefixtures("as_monitor")
async def test_authors_are_ranked_by_their_influence_over_what_a_query_finds(indexing, talk, document):
    await indexing.ingest(
        [document("4", "名人又说", author=document_pb2.Author(display_name="名人"), counts=document_pb2.Counts(likes=10, views=500))]
    )
    await indexing.refresh()
    reply = await indexing.influences.RankInfluence(influence_pb2.RankInfluenceRequest())
    assert [carrier.value for carrier in reply.carriers] == ["名人", "甲", "乙"]
    famous = reply.carriers[0]
    assert (famous.size, famous.days, famous.likes.known_size, famous.likes.total, famous.likes.largest) == (2, 1, 2, 90_010, 90_000)
    assert (famous.reads.known_size, famous.reads.total, famous.reposts.known_size) == (1, 500, 0)
    assert famous.influence == pytest.approx(max(famous.wci, famous.bci) / 20, abs=0.01)
    assert {bucket.value: bucket.size for bucket in famous.sentiments} == {"positive": 2}
    assert not reply.carriers[1].HasField("wci")
    assert "V14.2" in reply.wci_formula
    one = await indexing.influences.RankInfluence(influence_pb2.RankInfluenceRequest(query="author:甲", size=1))
    assert [carrier.value for carrier in one.carriers] == ["甲"]
    outlets = await indexing.influences.RankInfluence(influence_pb2.RankInfluenceRequest(by=influence_pb2.INFLUENCE_SUBJECT_OUTLET))
    assert [carrier.value for carrier in outlets.carriers] == ["某工作室"]


async def test_topics_are_compared_by_labels_influence_and_risk(indexing, feed, talk):
    await feed.tell("pot", "炸锅")
    await feed.tell("taste", "味道")
    await feed.tell("none", "没人说")
    await feed.work()
    await indexing.refresh()
    request = topic_match_pb2.CompareTopicsRequest(topics=["topics/pot", "topics/taste", "topics/none"])
    with indexing.town.acting(MONITOR):
        pot, taste, none = (await indexing.topic_matches.CompareTopics(request)).topics
    assert [(bucket.value, bucket.size) for bucket in pot.intents] == [("complaint", 1)]
    assert [(bucket.value, bucket.size) for bucket in pot.sensitivities] == [("safety", 1)]
    risks = {hit.mention.document.text: hit.mention.risk.score for hit in (await indexing.search()).hits}
    assert pot.mean_risk == pytest.approx(risks[LOUD])
    assert taste.mean_risk == pytest.approx((risks[QUIET] + risks[GOOD]) / 2)
    assert not none.HasField("mean_risk")
