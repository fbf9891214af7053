import base64
import json

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, mention_pb2
from yuqing.type.v1 import types_pb2
from yuqing_runtime.status import refusal
from yuqing_testkit.services import person

NOW = 1_716_177_600  # 2024-05-20T04:00:00Z


def at(seconds) -> Timestamp:
    return Timestamp(seconds=NOW + seconds)


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def test_a_phrase_is_exact_when_it_is_chinese(indexing, document):
    texts = ["这家火锅真好吃", "火车锅炉停了", "鍋貼和火鍋", "ＷｉＦｉ连不上", "iPhone15手机", "他说：好,吃"]
    await indexing.ingest([document(str(number), text) for number, text in enumerate(texts)])
    assert await indexing.texts("火锅") == {"这家火锅真好吃", "鍋貼和火鍋"}
    assert await indexing.texts("火鍋") == {"这家火锅真好吃", "鍋貼和火鍋"}
    assert await indexing.texts("火 锅") == {"这家火锅真好吃", "火车锅炉停了", "鍋貼和火鍋"}
    assert await indexing.texts("wifi") == {"ＷｉＦｉ连不上"}
    assert await indexing.texts("ＷＩＦＩ") == {"ＷｉＦｉ连不上"}
    assert await indexing.texts("IPHONE15手机") == {"iPhone15手机"}
    assert await indexing.texts("好吃 NOT 火锅") == {"他说：好,吃"}
    assert await indexing.texts("火 NEAR/1 锅") == {"这家火锅真好吃", "火车锅炉停了", "鍋貼和火鍋"}
    assert await indexing.texts("") == set(texts)


async def test_fields_of_the_query_find_when_they_are_named(indexing, document):
    author, likes = document_pb2.Author(display_name="張三Ｆ", followers=3000), document_pb2.Counts(likes=7)
    await indexing.ingest(
        [
            document("1", "服务差", author=author, region="广东", site="News.Test", medium=types_pb2.MEDIUM_NEWS, counts=likes),
            document("2", "服务好", published_time=Timestamp(seconds=NOW - 864_000)),
        ]
    )
    for query in (
        "author:张三f",
        "region:廣東",
        "site:news.test",
        "medium:新闻",
        "sentiment:negative",
        "likes:>=7",
        "published:2024-05-20",
        "reach:>140",
        "source:a title:x OR 差",
        "state:present language:ZH 差",
    ):
        assert await indexing.texts(query) == {"服务差"}, query


async def test_filters_and_facets_count_what_is_found_when_asked(indexing, document):
    await indexing.ingest(
        [
            document("1", "差评", medium=types_pb2.MEDIUM_NEWS),
            document("2", "好评"),
            document("3", "好评", minute=1),
            document("4", "好评"),
            document("4", "", minute=2, vanished=True),
        ]
    )
    reply = await indexing.search(
        "评",
        filters=[mention_pb2.FacetFilter(facet=mention_pb2.FACET_MEDIUM, values=["forum"])],
        facets=[mention_pb2.FACET_SENTIMENT, mention_pb2.FACET_STATE, mention_pb2.FACET_MEDIUM],
    )
    assert reply.total_size == 3
    assert [(facet.facet, [(bucket.value, bucket.size) for bucket in facet.buckets]) for facet in reply.facets] == [
        (mention_pb2.FACET_SENTIMENT, [("positive", 3)]),
        (mention_pb2.FACET_STATE, [("present", 2), ("vanished", 1)]),
        (mention_pb2.FACET_MEDIUM, [("forum", 3)]),
    ]
    none = await indexing.search(filters=[mention_pb2.FacetFilter(facet=mention_pb2.FACET_MEDIUM, values=[value]) for value in ("forum", "news")])
    assert none.total_size == 0


async def test_results_come_in_the_order_asked_for_when_they_differ(indexing, document):
    await indexing.ingest(
        [
            document("1", "火锅", published_time=at(-100), counts=document_pb2.Counts(views=5)),
            document("2", "火锅火锅火锅", published_time=at(-300), counts=document_pb2.Counts(views=50)),
            document("3", "火锅店新开张了，今天人很多", published_time=at(-200), counts=document_pb2.Counts(views=500)),
        ]
    )

    async def ids(order):
        return [hit.mention.document.native_id for hit in (await indexing.search("火锅", order=order)).hits]

    assert await ids(mention_pb2.SEARCH_ORDER_NEWEST) == ["1", "3", "2"]
    assert await ids(mention_pb2.SEARCH_ORDER_OLDEST) == ["2", "3", "1"]
    assert await ids(mention_pb2.SEARCH_ORDER_REACH) == ["3", "2", "1"]
    relevance = (await indexing.search("火锅")).hits
    assert [hit.mention.document.native_id for hit in relevance] == ["2", "1", "3"]
    assert relevance[0].relevance > relevance[1].relevance > 0


async def test_a_mention_without_a_publishing_time_counts_as_published_when_first_seen(indexing, document):
    undated = document("1", "无日期")
    undated.ClearField("published_time")
    await indexing.ingest([undated, document("2", "有日期", published_time=at(-10_000_000))])
    assert await indexing.texts(published=mention_pb2.TimeRange(start_time=at(-60), end_time=at(60))) == {"无日期"}
    (hit,) = (await indexing.search("无日期")).hits
    assert not hit.mention.document.HasField("published_time")


async def test_matches_are_marked_when_the_hit_is_shown(indexing, document):
    await indexing.ingest([document("1", "昨天去吃了。那家火鍋店，火鍋真不错", title="火锅！")])
    (hit,) = (await indexing.search("火锅")).hits
    marked = [(each.field, [each.fragment[span.start : span.end] for span in each.spans]) for each in hit.highlights]
    assert marked == [("title", ["火锅"]), ("text", ["火鍋", "火鍋"])]


async def test_a_mention_comes_back_as_it_was_fetched_when_it_is_read(indexing, document):
    sent = document(
        "1",
        "正文 ＡＢ\n第二段",
        title="標題",
        author=document_pb2.Author(display_name="甲", native_id="u1", followers=3, verified=True),
        outlet="某报",
        canonical_url="https://e.test/p/1?x=1",
        language="zh-Hant",
        region="臺灣",
        counts=document_pb2.Counts(likes=0, views=9),
        rating=4.5,
        product="锅",
        reply_to="0",
        repost_of="9",
        stored_page="a" * 64,
        origin="employeeReports/1",
        site="E.Test",
    )
    sent.images.add(url="https://e.test/i.png", sha256="b" * 64)
    sent.published_precision = types_pb2.TIME_PRECISION_MINUTE
    (outcome,) = await indexing.ingest([sent])
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER)):
        mention = (await indexing.mentions.GetMention(mention_pb2.GetMentionRequest(name=outcome.mention))).mention
        missing = await refused(indexing.mentions.GetMention(mention_pb2.GetMentionRequest(name="mentions/none")))
    assert mention.document == sent
    assert mention.judgement.sentiment == types_pb2.SENTIMENT_POSITIVE
    assert list(mention.aliases) == ["https://E.Test/p/1?x=1".lower()]
    assert missing.code is grpc.StatusCode.NOT_FOUND


async def test_the_place_of_a_mistake_is_said_when_a_query_cannot_be_read(indexing):
    error = await refused(indexing.search("火锅 AND (差"))
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.reason == "QUERY_ERROR"
    assert error.metadata["start"] == "7"
    assert "括号没有闭合" in error.metadata["message_zh"]
    assert [violation.field for violation in error.violations] == ["query"]


async def test_pages_reach_every_mention_once_when_there_are_more_than_ten_thousand(indexing, document):
    size = 10_300
    await indexing.ingest([document(str(number), f"第{number}条", published_time=at(-number // 500)) for number in range(size)])
    seen, token = [], ""
    for _ in range(12):
        reply = await indexing.search(page_size=1000, page_token=token)
        assert reply.total_size == size
        seen.extend(hit.mention.name for hit in reply.hits)
        token = reply.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == size


async def test_a_page_token_is_refused_when_query_or_person_is_another(indexing, document):
    await indexing.ingest([document(str(number)) for number in range(3)])
    token = (await indexing.search("火锅", page_size=2)).next_page_token
    assert len((await indexing.search("火锅", page_size=2, page_token=token)).hits) == 1
    other_query = await refused(indexing.search("好吃", page_size=2, page_token=token))
    other_person = await refused(indexing.search("火锅", page_token=token, who=person(access_pb2.ROLE_MONITOR, name="people/li-si")))
    assert {other_query.reason, other_person.reason} == {"INVALID_PAGE_TOKEN"}


async def test_the_expiry_is_named_when_the_point_in_time_is_gone(indexing, document):
    await indexing.ingest([document(str(number)) for number in range(5)])
    first = (await indexing.search(page_size=2)).next_page_token
    second = (await indexing.search(page_size=2, page_token=first)).next_page_token
    _, (_, point_in_time) = json.loads(base64.urlsafe_b64decode(second + "=" * (-len(second) % 4))[16:])
    await indexing.elasticsearch.close_point_in_time(id=point_in_time)
    error = await refused(indexing.search(page_size=2, page_token=second))
    assert (error.code, error.reason) == (grpc.StatusCode.OUT_OF_RANGE, "PAGE_TOKEN_EXPIRED")


async def test_counts_over_time_are_of_local_days_when_nothing_else_is_said(indexing, document):
    times = [Timestamp(seconds=1_716_134_400 + seconds) for seconds in (-1, 0, 86_399, 86_400)]  # around 2024-05-20T00:00 in Shanghai
    await indexing.ingest([document(str(number), "差" if number == 1 else "好", published_time=time) for number, time in enumerate(times)])
    await indexing.refresh()
    with indexing.town.acting(person(access_pb2.ROLE_LEADER)):
        reply = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(split=mention_pb2.FACET_SENTIMENT))
        hours = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(interval=mention_pb2.INTERVAL_HOUR, query="好"))
        seen = await indexing.mentions.CountMentions(mention_pb2.CountMentionsRequest(basis=mention_pb2.TIME_BASIS_FIRST_SEEN, time_zone="UTC"))
    assert [(bar.start_time.seconds, bar.size) for bar in reply.bars] == [(1_716_048_000, 1), (1_716_134_400, 2), (1_716_220_800, 1)]
    assert {(bucket.value, bucket.size) for bucket in reply.bars[1].buckets} == {("negative", 1), ("positive", 1)}
    assert reply.total_size == 4
    assert len(hours.bars) == 3
    assert [(bar.start_time.seconds, bar.size) for bar in seen.bars] == [(1_716_163_200, 4)]


async def test_the_words_that_stand_out_are_named_when_a_query_has_a_subject(indexing, document):
    complaints = [document(f"a{number}", f"第{number}次投诉：锅炉漏水，客服推诿") for number in range(12)]
    others = [document(f"b{number}", f"天气不错，出门散步第{number}圈") for number in range(60)]
    await indexing.ingest(complaints + others)
    await indexing.refresh()
    with indexing.town.acting(person(access_pb2.ROLE_MONITOR)):
        significant = await indexing.mentions.ListTopTerms(mention_pb2.ListTopTermsRequest(query="投诉", size=5))
        frequent = await indexing.mentions.ListTopTerms(mention_pb2.ListTopTermsRequest(size=3))
    terms = {term.term: term for term in significant.terms}
    assert "漏水" in terms
    assert (terms["漏水"].size, terms["漏水"].background_size) == (12, 12)
    assert "天气" not in terms
    assert "天气" in {term.term for term in frequent.terms}
    assert all(term.size == 60 for term in frequent.terms)


async def test_observations_are_listed_newest_first_when_a_mention_was_fetched_often(indexing, document):
    outcomes = await indexing.ingest([document(minute=minute, counts=document_pb2.Counts(likes=minute)) for minute in range(5)])
    await indexing.refresh()
    request = mention_pb2.ListObservationsRequest(parent=outcomes[0].mention, page_size=2)
    likes = []
    with indexing.town.acting(person(access_pb2.ROLE_AUDITOR)):
        for _ in range(3):
            reply = await indexing.mentions.ListObservations(request)
            likes.extend(observation.counts.likes for observation in reply.observations)
            request.page_token = reply.next_page_token
        missing = await refused(indexing.mentions.ListObservations(mention_pb2.ListObservationsRequest(parent="mentions/none")))
    assert likes == [4, 3, 2, 1, 0]
    assert not request.page_token
    assert missing.code is grpc.StatusCode.NOT_FOUND


async def test_a_refusal_is_given_when_the_role_does_not_suffice(indexing):
    error = await refused(indexing.search(who=person(access_pb2.ROLE_EMPLOYEE)))
    assert error.code is grpc.StatusCode.PERMISSION_DENIED
