"""Labels go from scoring into the index and out again, and are found by what they say."""

import pytest

from yuqing.indexing.v1 import mention_pb2
from yuqing.type.v1 import labels_pb2, types_pb2
from yuqing_indexing.domain.labels import Labels, region_keys
from yuqing_indexing.label_wire import labels_of, write_labels

COMPLAINT = labels_pb2.Labels(
    intents=[
        labels_pb2.IntentLabel(intent=types_pb2.INTENT_COMPLAINT, probability=0.9),
        labels_pb2.IntentLabel(intent=types_pb2.INTENT_QUESTION, probability=0.6),
    ],
    aspects=[labels_pb2.AspectLabel(aspect=types_pb2.ASPECT_SERVICE, probability=0.8)],
    focus_areas=[labels_pb2.FocusAreaLabel(focus_area=types_pb2.FOCUS_AREA_SERVICE_LEVEL, probability=0.7)],
    sensitivities=[labels_pb2.SensitivityLabel(sensitivity=types_pb2.SENSITIVITY_MINORS, probability=0.55)],
    offensive=0.3,
    entities=[
        labels_pb2.Entity(kind=labels_pb2.ENTITY_KIND_ORGANISATION, name="霁川餐飲", size=2),
        labels_pb2.Entity(kind=labels_pb2.ENTITY_KIND_PERSON, name="王某", role="店长", size=1),
    ],
    regions=[
        labels_pb2.Region(code="370200", name="山东省 青岛市", basis=labels_pb2.REGION_BASIS_TEXT, probability=0.9),
        labels_pb2.Region(name="日本", basis=labels_pb2.REGION_BASIS_TEXT, probability=0.5),
    ],
)
PRAISE = labels_pb2.Labels(
    intents=[labels_pb2.IntentLabel(intent=types_pb2.INTENT_PRAISE, probability=0.95)],
    aspects=[labels_pb2.AspectLabel(aspect=types_pb2.ASPECT_PRODUCT, probability=0.9)],
    regions=[labels_pb2.Region(code="370000", name="山东省", basis=labels_pb2.REGION_BASIS_ADDRESS, probability=1.0)],
)
WAITED, LIKED, PLAIN = "在青岛等了两小时没人理", "新菜很好吃", "今天路过"


@pytest.fixture
async def labelled(indexing, document):
    """Three mentions: a complaint, a praise, and one of which nothing is said."""
    indexing.scoring.labels = {WAITED: COMPLAINT, LIKED: PRAISE}
    return await indexing.ingest([document("1", WAITED), document("2", LIKED, region="山东"), document("3", PLAIN)])


def test_labels_are_what_they_were_when_they_have_gone_through_the_rules():
    message = labels_pb2.Labels()
    write_labels(message, labels_of(COMPLAINT))
    assert message == COMPLAINT


def test_a_label_is_left_out_when_only_a_newer_contract_knows_it():
    message = labels_pb2.Labels.FromString(bytes([0x0A, 0x02, 0x08, 0x63]))  # an intent of the number 99
    assert len(message.intents) == 1
    assert labels_of(message) == Labels()


@pytest.mark.parametrize(
    ("code", "name", "found", "not_found"),
    [
        (
            "370202",
            "山东省 青岛市 市南区",
            {"370000", "370200", "370202", "山东", "山东省", "青岛", "青岛市", "市南区", "山东省青岛市市南区"},
            {"市", "370203"},
        ),
        ("370000", "山东省", {"370000", "山东"}, {"青岛"}),
        ("150000", "内蒙古自治区", {"内蒙古"}, set()),
        ("650000", "新疆维吾尔自治区", {"新疆"}, set()),
        ("810000", "香港特别行政区", {"香港"}, set()),
        ("110101", "北京市 东城区", {"北京", "东城", "110000"}, set()),
        ("130533", "河北省 邢台市 赵县", {"赵县"}, {"赵"}),
        ("", "日本", {"日本"}, {"", "000000"}),
    ],
)
def test_a_region_is_found_by_what_it_lies_in_and_by_its_short_names(code, name, found, not_found):
    keys = set(region_keys(code, name))
    assert found <= keys
    assert not keys & not_found


async def test_labels_are_shown_when_a_mention_is_read(indexing, labelled):
    (hit,) = (await indexing.search(f'"{WAITED}"')).hits
    assert hit.mention.labels == COMPLAINT
    (plain,) = (await indexing.search(PLAIN)).hits
    assert plain.mention.labels == labels_pb2.Labels()
    assert not hit.mention.judgement.HasField("labels"), "they are those of the mention"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("intent:投诉", {WAITED}),
        ("意图:(complaint OR 表扬)", {WAITED, LIKED}),
        ("aspect:服务", {WAITED}),
        ("涉及方面:product", {LIKED}),
        ("focus:服务水平", {WAITED}),
        ("重点领域:service-level", {WAITED}),
        ("sensitivity:未成年人", {WAITED}),
        ("entity:霁川餐饮", {WAITED}),
        ("实体:王某", {WAITED}),
        ("region:山东", {WAITED, LIKED}),
        ("region:370000", {WAITED, LIKED}),
        ("region:青岛", {WAITED}),
        ("地区:青岛市", {WAITED}),
        ("region:370200", {WAITED}),
        ("region:日本", {WAITED}),
        ("region:济南", set()),
        ("offensive:>=0.3", {WAITED}),
        ("冒犯:<0.3", {LIKED, PLAIN}),
        ("NOT intent:投诉", {LIKED, PLAIN}),
    ],
)
async def test_a_query_finds_labels_when_it_names_them(indexing, labelled, query, found):
    assert await indexing.texts(query) == found


async def test_labels_are_counted_and_filtered_by_when_they_are_facets(indexing, labelled):
    facets = [
        mention_pb2.FACET_INTENT,
        mention_pb2.FACET_ASPECT,
        mention_pb2.FACET_FOCUS_AREA,
        mention_pb2.FACET_SENSITIVITY,
        mention_pb2.FACET_ENTITY,
        mention_pb2.FACET_PROVINCE,
    ]
    reply = await indexing.search(facets=facets)
    assert {facet.facet: {bucket.value: bucket.size for bucket in facet.buckets} for facet in reply.facets} == {
        mention_pb2.FACET_INTENT: {"complaint": 1, "question": 1, "praise": 1},
        mention_pb2.FACET_ASPECT: {"service": 1, "product": 1},
        mention_pb2.FACET_FOCUS_AREA: {"service_level": 1},
        mention_pb2.FACET_SENSITIVITY: {"minors": 1},
        mention_pb2.FACET_ENTITY: {"霁川餐飲": 1, "王某": 1},
        mention_pb2.FACET_PROVINCE: {"山东省": 2, "日本": 1},
    }
    for facet in reply.facets:
        for bucket in facet.buckets:
            chosen = mention_pb2.FacetFilter(facet=facet.facet, values=[bucket.value])
            assert (await indexing.search(filters=[chosen])).total_size == bucket.size


async def test_a_topic_takes_mentions_when_it_asks_for_labels(indexing, feed, document):
    await feed.tell("bad", "intent:投诉 region:山东 offensive:>0.1")
    indexing.scoring.labels = {WAITED: COMPLAINT, LIKED: PRAISE}
    await indexing.ingest([document("1", WAITED), document("2", LIKED)])
    assert await indexing.texts("topic:bad") == {WAITED}
    await feed.work()
    assert await indexing.texts("topic:bad") == {WAITED}


async def test_where_the_writer_and_the_outlet_are_is_told_when_a_text_is_judged(indexing, document):
    await indexing.ingest([document("1", region="广东", outlet="某日报")])
    (text,) = indexing.scoring.asked
    assert (text.region, text.outlet) == ("广东", "某日报")
