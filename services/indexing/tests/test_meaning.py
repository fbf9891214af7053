"""Search by meaning: what lies near a text is found beside the exact query, by the vectors of stories' heads. Here texts that begin with the same
character mean the same."""

import itertools
from datetime import UTC, datetime

import grpc
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import correction_pb2, correction_service_pb2, mention_pb2, saved_search_pb2, story_pb2, story_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.story_search import ElasticsearchStorySearch
from yuqing_indexing.domain.meaning import Meaning, Said
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.store.story_heads import SqlMergedStories
from yuqing_runtime.status import refusal
from yuqing_testkit.services import person
from yuqing_text.query.tree import OneOf

MONITOR = person(access_pb2.ROLE_MONITOR)
FRIED, OUT, OTHER = "炸锅冒出浓烟来了快看", "停电停了一整天还没有来", "天气真好适合出门走一走"


@pytest.fixture
async def filled(indexing, document):
    """Three that mean the same in other words, one of them a review, and two of another meaning."""
    texts = (FRIED, "炸了半天锅里烧起一团火苗", "炸东西的机器自己着了邻居吓坏", OUT, OTHER)
    await indexing.ingest(
        [document(str(at), text, medium=types_pb2.MEDIUM_REVIEW if at == 1 else types_pb2.MEDIUM_FORUM) for at, text in enumerate(texts)]
    )
    await indexing.embed()
    await indexing.refresh()
    return texts


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def test_what_means_the_same_is_found_when_no_word_is_shared(indexing, filled):
    assert await indexing.texts('similar:"炸裂"') == set(filled[:3])
    assert await indexing.texts("相似:停工") == {OUT}
    assert await indexing.texts("相似:无人说过") == set()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("相似:炸裂 媒体:论坛", {0, 2}),
        ("相似:炸裂 邻居", {2}),
        ("相似:炸裂 NOT 邻居", {0, 1}),
        ("相似:炸裂 OR 天气", {0, 1, 2, 4}),
        ("相似:(炸裂 OR 停工)", {0, 1, 2, 3}),
    ],
)
async def test_it_stands_beside_other_conditions_when_these_are_asked_too(indexing, filled, query, found):
    assert await indexing.texts(query) == {filled[at] for at in found}


async def test_the_nearest_comes_first_and_words_add_to_it_when_hits_are_ranked(indexing, filled):
    reply = await indexing.search(f'相似:"{filled[1]}"')
    assert reply.hits[0].mention.document.text == filled[1]
    assert reply.hits[0].relevance == pytest.approx(10, abs=0.01)
    assert 8.5 < reply.hits[1].relevance < 9.5
    reply = await indexing.search("相似:炸裂 邻居")
    assert [highlight.fragment[span.start : span.end] for hit in reply.hits for highlight in hit.highlights for span in highlight.spans] == ["邻居"]
    assert reply.hits[0].relevance > 9.5


async def test_counts_and_stories_follow_it_when_they_are_asked_for(indexing, filled):
    with indexing.town.acting(MONITOR):
        counted = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(query="相似:炸裂"))
        stories = await story_pb2_grpc.StoryServiceStub(indexing.gateway).SearchStories(story_pb2.SearchStoriesRequest(query="相似:炸裂"))
    assert (counted.total_size, stories.total_size) == (3, 3)


async def test_more_like_a_mention_is_found_when_it_is_named(indexing, filled):
    [hit] = (await indexing.search("浓烟")).hits
    assert await indexing.texts(f"相似:{hit.mention.name}") == set(filled[:3])
    assert await indexing.texts(f"相似:{hit.mention.name} NOT story:{hit.mention.story}") == set(filled[1:3])


async def test_pages_of_similar_mentions_give_each_story_once_when_they_are_read_through(indexing, filled, document):
    copies = await indexing.ingest([document("7", filled[2] + "。", site="copy.test")])
    assert copies[0].mention
    await indexing.embed()
    [hit] = (await indexing.search("浓烟")).hits
    seen, token = [], ""
    with indexing.town.acting(MONITOR):
        while True:
            asked = mention_pb2.ListSimilarMentionsRequest(name=hit.mention.name, page_size=1, page_token=token)
            reply = await indexing.mentions.ListSimilarMentions(asked)
            seen.extend(reply.mentions)
            token = reply.next_page_token
            if not token:
                break
    assert reply.total_size == 2
    assert {each.mention.document.text.rstrip("。") for each in seen} == set(filled[1:3])
    assert {each.story_size for each in seen} == {1, 2}
    assert all(each.similarity == pytest.approx(0.9216, abs=0.002) for each in seen)


async def test_it_is_refused_when_the_mention_is_not_there(indexing, as_monitor):
    error = await refused(indexing.mentions.ListSimilarMentions(mention_pb2.ListSimilarMentionsRequest(name="mentions/0")))
    assert error.code is grpc.StatusCode.NOT_FOUND
    error = await refused(indexing.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query="a 相似:mentions/0")))
    assert (error.reason, error.metadata["start"], error.metadata["end"], error.metadata["code"]) == ("QUERY_ERROR", "2", "15", "no_mention")


async def test_the_setting_is_named_when_vectors_are_off(indexing, filled, as_monitor):
    indexing.scoring.vectors.off = True
    error = await refused(indexing.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query="相似:没问过的")))
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "VECTORS_OFF")
    assert "YUQING_SCORING_VECTORS" in error.message
    assert await indexing.texts("浓烟") == {FRIED}


async def test_the_answer_comes_later_when_scoring_is_away(indexing, filled, as_monitor):
    indexing.scoring.vectors.away = True
    error = await refused(indexing.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query="相似:没问过的"), timeout=3))
    assert error.code is grpc.StatusCode.UNAVAILABLE


async def test_it_is_refused_when_something_is_done_to_all_or_each_is_decided_on_alone(indexing, as_monitor):
    correction = correction_service_pb2.CorrectMentionsRequest(query="a 相似:漏水", reason="误判")
    correction.label.kind = correction_pb2.LABEL_KIND_SENTIMENT
    correction.label.values.append("negative")
    watched = mention_pb2.WatchMentionsRequest(query="a 相似:漏水")
    for call in (indexing.corrections.CorrectMentions(correction), indexing.mentions.WatchMentions(watched).read()):
        error = await refused(call)
        assert (error.reason, error.metadata["code"], error.metadata["start"]) == ("QUERY_ERROR", "not_here", "2")


async def test_a_saved_search_may_ask_for_it_when_it_can_be_searched_for(indexing, as_monitor):
    saved = saved_search_pb2.SavedSearch(display_name="着火", query="相似:漏水")
    reply = await indexing.saved_searches.CreateSavedSearch(saved_search_pb2.CreateSavedSearchRequest(saved_search=saved))
    assert reply.saved_search.query == "相似:漏水"


async def test_later_pages_agree_with_the_first_when_stories_come_between(indexing, filled, document):
    first = await indexing.search("相似:炸裂", page_size=2)
    await indexing.ingest([document("9", "炸毁的灶台换了新的才算完事")])
    await indexing.embed()
    second = await indexing.search("相似:炸裂", page_size=2, page_token=first.next_page_token)
    assert {hit.mention.document.text for hit in (*first.hits, *second.hits)} == set(filled[:3])
    assert (second.total_size, second.next_page_token) == (3, "")
    assert (await indexing.search("相似:炸裂", page_size=2)).total_size == 4


def same_vector(indexing, text, count):
    """Short texts that the fake encoder takes for the very same as this one; each is a story of its own."""
    numbers = range(0x4E00, 0x9F00)
    vector_of = indexing.scoring.vectors.vector
    found = (f"{text[0]}{chr(one)}{chr(two)}" for one in numbers for two in numbers[:40])
    return list(itertools.islice((each for each in found if vector_of(each) == vector_of(text)), count))


async def test_what_has_the_other_conditions_is_found_when_more_than_can_be_found_lies_nearer(indexing, document):
    nearer = same_vector(indexing, "炸裂", 220)
    forum = [document(str(at), text) for at, text in enumerate(nearer)]
    news = document("n", FRIED, medium=types_pb2.MEDIUM_NEWS, published_time=datetime(2024, 5, 17, tzinfo=UTC))
    await indexing.ingest([*forum, news])
    await indexing.embed()
    assert len(await indexing.texts("相似:炸裂")) == indexing.settings.similar_stories < len(nearer)
    for query in (
        "相似:炸裂 媒体:新闻",
        "相似:炸裂 浓烟",
        "(相似:炸裂 浓烟) OR 无人说过",
        "(相似:炸裂 OR 相似:停工) 浓烟",
        "相似:炸裂 发布时间:<2024-05-18",
    ):
        assert await indexing.texts(query) == {FRIED}
    filters = [mention_pb2.FacetFilter(facet=mention_pb2.FACET_MEDIUM, values=["news"])]
    assert await indexing.texts("相似:炸裂", filters=filters) == {FRIED}
    assert await indexing.texts("相似:炸裂 媒体:博客") == set()


@pytest.mark.parametrize(("most_stories", "count"), [(3, 0), (4, 1), (5, 1)])
async def test_they_are_found_step_by_step_as_far_as_is_looked_when_too_many_have_the_other_conditions(indexing, document, most_stories, count):
    """Three that are nearer, five that have what is asked for: as many as can be listed or more."""
    news = [FRIED, "炸东西的机器", "炸毁的灶台", "炸鸡店关门", "炸药失窃"]
    media = dict.fromkeys(news, types_pb2.MEDIUM_NEWS)
    texts = [*same_vector(indexing, "炸裂", 3), *news]
    await indexing.ingest([document(str(at), text, medium=media.get(text, types_pb2.MEDIUM_FORUM)) for at, text in enumerate(texts)])
    await indexing.embed()
    await indexing.refresh()
    parts, client = indexing.parts, indexing.elasticsearch
    stories = ElasticsearchStorySearch(client, Indices(client, prefix=indexing.settings.index_prefix))
    embedding, merged, mentions = parts.embedding, SqlMergedStories(indexing.database), parts.by_query.mentions
    meaning = Meaning(embedding.encoder, embedding.heads, stories, merged, mentions, most=1, least=0.55, most_stories=most_stories)
    found = await meaning.near(Said("", "炸裂"), Selection(OneOf("medium", ("news",))))
    assert [each.similarity for each in found] == [pytest.approx(0.9216, abs=0.002)] * count
