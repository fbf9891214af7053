"""Topics compared, words that would change one, and words in other written forms: every number is what a search finds."""

from datetime import UTC, datetime, timedelta

import grpc
import grpc.aio
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, mention_pb2, saved_search_pb2, story_pb2, story_pb2_grpc, topic_match_pb2
from yuqing.scoring.v1 import topic_pb2
from yuqing.type.v1 import types_pb2
from yuqing_testkit.services import person

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
MONITOR = person(access_pb2.ROLE_MONITOR)
SYNONYMS = [topic_pb2.SynonymList(terms=["投诉", "举报", "曝光"])]


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code()


async def test_topics_are_compared_by_what_searches_find(indexing, feed, document):
    await feed.tell("pot", "炸锅")
    await feed.tell("rice", "电饭煲")
    await feed.tell("none", "没人说")
    views = document_pb2.Counts(views=1000)
    await indexing.ingest(
        [
            document("1", "炸锅太差", published_time=NOW - timedelta(days=2), counts=views),
            document("2", "炸锅真好", medium=types_pb2.MEDIUM_NEWS),
            document("3", "炸锅和电饭煲", medium=types_pb2.MEDIUM_NEWS, counts=views),
            document("4", "电饭煲太差", published_time=NOW - timedelta(days=40)),
            document("5", "与此无关"),
        ]
    )
    await indexing.refresh()
    published = mention_pb2.TimeRange()
    published.start_time.FromDatetime(NOW - timedelta(days=30))
    names = ["topics/rice", "topics/pot", "topics/none"]
    with indexing.town.acting(MONITOR):
        reply = await indexing.topic_matches.CompareTopics(topic_match_pb2.CompareTopicsRequest(topics=names, published=published))
    assert [each.topic for each in reply.topics] == names
    assert [each.size for each in reply.topics] == [1, 3, 0]
    assert [each.share_of_voice for each in reply.topics] == [0.25, 0.75, 0.0]
    assert reply.total_size == 3
    facets = [mention_pb2.FACET_SENTIMENT, mention_pb2.FACET_MEDIUM]
    for each in reply.topics:
        found = await indexing.search(f"topic:{each.topic}", published=published, facets=facets, page_size=100)
        assert each.size == found.total_size
        sentiments, media = (list(facet.buckets) for facet in found.facets)
        assert list(each.sentiments) == sentiments
        assert list(each.media) == media
        assert each.reach == sum(hit.mention.document.counts.views for hit in found.hits)
        with indexing.town.acting(MONITOR):
            counted = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(query=f"topic:{each.topic}", published=published))
        assert list(each.days) == list(counted.bars)


async def test_a_topic_is_not_compared_when_it_is_out_of_sight(indexing, feed):
    await feed.tell("own", "炸锅", department="departments/service")
    await feed.tell("hidden", "起火", department="departments/legal")
    request = topic_match_pb2.CompareTopicsRequest(topics=["topics/own", "topics/hidden"])
    with indexing.town.acting(MONITOR):
        assert len((await indexing.topic_matches.CompareTopics(request)).topics) == 2
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER, department="departments/service")):
        assert await refused(indexing.topic_matches.CompareTopics(request)) is grpc.StatusCode.NOT_FOUND


@pytest.fixture
async def talk(indexing, document):
    """Talk about a pot: smoke often goes with it and is talked of alone too; advertisements for jobs are noise; much else is said."""
    texts = [
        *(f"炸锅冒烟了第{number}次" for number in range(6)),
        *(f"炸锅公司招聘店员{number}" for number in range(4)),
        *(f"厨房冒烟了{number}" for number in range(3)),
        *(f"今天天气不错{number}" for number in range(60)),
    ]
    outcomes = await indexing.ingest([document(str(number), text) for number, text in enumerate(texts)])
    await indexing.refresh()
    return {text: outcome.mention for text, outcome in zip(texts, outcomes, strict=True)}


async def total(indexing, query):
    return (await indexing.search(query)).total_size


async def test_a_word_widens_a_query_by_what_a_search_for_it_finds(indexing, talk):
    with indexing.town.acting(MONITOR):
        reply = await indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(query="炸锅"))
    assert reply.total_size == 10
    assert {"冒烟": (6, 3)}.items() <= {each.term: (each.size, each.further_size) for each in reply.widening}.items()
    for each in reply.widening:
        assert each.further_size == await total(indexing, f'"{each.term}" NOT 炸锅') > 0
        assert each.size == await total(indexing, f'"{each.term}" 炸锅') > 0
        assert await total(indexing, f'炸锅 OR "{each.term}"') == reply.total_size + each.further_size
    terms = [each.term for each in reply.widening]
    assert "炸锅" not in terms
    assert "招聘" not in terms  # it brings nothing


async def test_a_word_narrows_a_query_when_it_splits_the_hits(indexing, talk):
    with indexing.town.acting(MONITOR):
        reply = await indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(query="炸锅"))
    halves = {each.term: (each.size, round(each.weight, 3)) for each in reply.narrowing}
    assert halves["冒烟"] == (6, 0.8)
    assert halves["招聘"] == (4, 0.8)
    assert "炸锅" not in halves
    for each in reply.narrowing:
        assert await total(indexing, f'炸锅 NOT "{each.term}"') == reply.total_size - each.size
    assert [each.weight for each in reply.narrowing] == sorted((each.weight for each in reply.narrowing), reverse=True)


async def test_words_of_the_hits_that_a_person_finds_irrelevant_narrow_a_query(indexing, talk):
    irrelevant = [*[name for text, name in talk.items() if "招聘" in text][:3], talk["今天天气不错1"]]
    with indexing.town.acting(MONITOR):
        reply = await indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(query="炸锅", irrelevant=irrelevant))
    assert reply.irrelevant_size == 3  # one of the marked mentions is no hit
    best = {each.term: each for each in reply.narrowing}["招聘"]
    assert (best.size, best.irrelevant_size) == (4, 3)
    assert best.weight == pytest.approx(1 - 1 / 7)
    assert reply.narrowing[0].weight == pytest.approx(best.weight, abs=1e-6)
    assert "冒烟" not in {each.term for each in reply.narrowing}


async def test_words_are_suggested_for_a_topic_within_its_language_and_validity(indexing, feed, document, talk):
    late = topic_pb2.Topic()
    late.start_time.FromDatetime(NOW + timedelta(days=1))
    await feed.tell("pot", "炸锅", language="zh")
    await feed.tell("later", "炸锅", start_time=late.start_time)
    await indexing.ingest([document("de", "冒烟 smoke", language="de")])
    await indexing.refresh()
    with indexing.town.acting(MONITOR):
        here = await indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(topic="topics/pot"))
        later = await indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(topic="topics/later"))
        assert await refused(indexing.topic_matches.SuggestTerms(topic_match_pb2.SuggestTermsRequest(topic="topics/gone"))) is (
            grpc.StatusCode.NOT_FOUND
        )
    assert {each.term: each.further_size for each in here.widening}["冒烟"] == 3
    assert (later.total_size, len(later.widening), len(later.narrowing)) == (0, 0, 0)


async def test_a_search_finds_other_forms_of_a_word_and_tells_them(indexing, document):
    await indexing.ingest([document("1", "都是骗紫"), document("2", "马扁子"), document("3", "看片子"), document("4", "他是骗子")])
    reply = await indexing.search("谐音:骗子")
    assert {hit.mention.document.text for hit in reply.hits} == {"都是骗紫", "他是骗子"}
    (word,) = reply.word_forms
    assert (word.start, word.end, word.forms[:2]) == (3, 5, ["骗子", "pianzi"])
    assert "片子" in word.ordinary_words
    marked = {hit.mention.document.text: hit.highlights[0].fragment for hit in reply.hits}
    assert marked == {text: text for text in marked}
    assert await indexing.texts("变形:骗子") == {"都是骗紫", "马扁子", "他是骗子"}


async def test_a_topic_takes_other_forms_of_its_words_and_its_synonyms(indexing, feed, document):
    await feed.tell("bad", "同义:投诉 拆字:骗子", synonyms=SYNONYMS)
    await indexing.ingest([document("1", "我要举报这些马扁子"), document("2", "表扬马扁子"), document("3", "曝光骗子")])
    expected = {"我要举报这些马扁子", "曝光骗子"}
    assert await indexing.texts("topic:bad") == expected
    await feed.work()
    assert await indexing.texts("topic:bad") == expected
    await feed.tell("bad", "同义:投诉 拆字:骗子", synonyms=[topic_pb2.SynonymList(terms=["投诉", "表扬"])])
    assert await feed.work() == 1
    assert await indexing.texts("topic:bad") == {"表扬马扁子"}


async def test_a_search_knows_the_synonyms_of_the_topics_in_sight(indexing, feed, document):
    await indexing.ingest([document("1", "我要举报"), document("2", "我要投诉")])
    await feed.tell("bad", "别的", department="departments/legal", synonyms=SYNONYMS)
    everything = {"我要举报", "我要投诉"}
    assert await indexing.texts("同义:投诉") == everything
    with indexing.town.acting(MONITOR):
        counted = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(query="同义:投诉"))
        terms = await indexing.mentions.ListTopTerms(mention_pb2.ListTopTermsRequest(query="同义:投诉", method=mention_pb2.TERM_METHOD_FREQUENT))
        exported = indexing.mentions.ExportMentions(mention_pb2.ExportMentionsRequest(query="同义:投诉", format=mention_pb2.EXPORT_FORMAT_JSONL))
        watched = indexing.mentions.WatchMentions(mention_pb2.WatchMentionsRequest(query="同义:投诉", after_sequence=0))
        stories = await story_pb2_grpc.StoryServiceStub(indexing.gateway).SearchStories(story_pb2.SearchStoriesRequest(query="同义:投诉"))
        kept = saved_search_pb2.SavedSearch(display_name="投诉", query="同义:投诉")
        saved = (await indexing.saved_searches.CreateSavedSearch(saved_search_pb2.CreateSavedSearchRequest(saved_search=kept))).saved_search
        await indexing.saved_searches.UpdateSavedSearch(saved_search_pb2.UpdateSavedSearchRequest(saved_search=saved))
        assert {(await watched.read()).mention.document.text for _ in everything} == everything
        assert (counted.total_size, (await exported.read()).total_size, stories.total_size) == (2, 2, 2)
        assert {"举报", "投诉"} <= {term.term for term in terms.terms}
        watched.cancel()
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER, department="departments/sales")):
        search = indexing.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query="同义:投诉"))
        assert await refused(search) is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_dry_run_tells_the_share_of_each_form(indexing, document):
    await indexing.ingest([document("1", "骗紫退款"), document("2", "偏子"), document("3", "马扁子退款"), document("4", "去举报")])
    await indexing.refresh()
    request = topic_match_pb2.DryRunTopicRequest(query="变形:骗子 退款 NOT 同义:投诉", synonyms=SYNONYMS)
    with indexing.town.acting(MONITOR):
        reply = await indexing.topic_matches.DryRunTopic(request)
    assert reply.total_size == 2
    widened, plain, excluded = reply.conditions
    assert (widened.condition.text, widened.size, widened.hit_size) == ("骗子", 3, 2)
    assert sorted((each.form, each.size, each.hit_size) for each in widened.forms) == [("偏子", 1, 0), ("马扁子", 1, 1), ("骗紫", 1, 1)]
    assert len(plain.forms) == 0
    assert [(each.form, each.size) for each in excluded.forms] == [("举报", 1)]
    assert [word.forms[0] for word in reply.word_forms] == ["骗子", "投诉"]
