"""The double-check: drawn by strata, labelled blind by two, counted, and exported to train with."""

import gzip
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import correction_pb2, correction_service_pb2, mention_pb2
from yuqing.indexing.v1 import label_service_pb2 as pb
from yuqing.type.v1 import types_pb2
from yuqing_indexing.domain.by_hand import LabelKind
from yuqing_indexing.domain.document import Document, Judgement, Mention
from yuqing_indexing.domain.label_figures import DoubleChecked, Opinion, alpha, figures
from yuqing_indexing.domain.sampling import drawn, stratum_of
from yuqing_runtime.status import refusal
from yuqing_testkit.services import person

NOW = datetime(2024, 5, 20, tzinfo=UTC)
ANNA, BEN, CLEO = (person(access_pb2.ROLE_MONITOR, name=f"people/{name}") for name in ("anna", "ben", "cleo"))
KIND = LabelKind.SENTIMENT


def mention(number, medium="news", probability=0.95):
    document = Document("sources/a", "e.test", NOW, medium=medium, text=f"第{number}篇")
    rest = (1 - probability) / 2
    judgement = Judgement(str(number), "negative", probability, rest, rest, "zh", "fake", "1", NOW)
    return Mention(f"{number:032x}", document, str(number), NOW, NOW, judgement=judgement)


def checked(judged, *said, probability=0.8, weight=1.0, medium="news"):
    opinions = tuple(Opinion({"sentiment": [each]} if each else {}, not each, NOW + timedelta(days=at)) for at, each in enumerate(said))
    return DoubleChecked(medium, (), weight, {"sentiment": [judged]}, probability, "fake 1", opinions)


def test_rare_strata_are_drawn_as_well_as_common_ones_and_weigh_what_they_stand_for():
    candidates = [mention(number) for number in range(90)] + [mention(100 + number, probability=0.45) for number in range(10)]
    candidates += [mention(200 + number, "video") for number in range(50)]
    found = drawn(candidates, {"news": 9_000, "video": 500}, 12, Random(1))
    sizes = {}
    for each in found:
        sizes.setdefault(stratum_of(each.mention), []).append(each.weight)
    assert sorted(map(len, sizes.values())) == [4, 4, 4]
    assert sum(sum(weights) for weights in sizes.values()) == pytest.approx(9_500)
    assert sum(sizes[stratum_of(candidates[90])]) == pytest.approx(900)


@given(st.lists(st.tuples(st.sampled_from(["news", "video", ""]), st.sampled_from([0.4, 0.6, 0.99])), max_size=40), st.integers(1, 30))
def test_a_sample_has_no_text_twice_and_stands_for_all_of_its_strata(kinds, size):
    candidates = [mention(number, medium, probability) for number, (medium, probability) in enumerate(kinds)]
    totals = {medium: 10 * sum(each == medium for each, _ in kinds) for medium, _ in kinds}
    found = drawn(candidates, totals, size, Random(size))
    assert len({each.mention.id for each in found}) == len(found) == min(size, len(candidates))
    seen = {stratum_of(each.mention) for each in found}
    assert sum(each.weight for each in found) == pytest.approx(10 * sum(stratum_of(each) in seen for each in candidates))


def test_figures_are_those_that_one_calculates_by_hand():
    texts = [
        checked("negative", "negative", "negative", probability=0.9, weight=3.0),
        checked("negative", "neutral", "neutral", probability=0.6),
        checked("positive", "positive", "negative"),
        checked("positive", "positive", ""),
    ]
    found = figures("", texts, KIND)
    assert (found.size, found.settled, found.unsure) == (4, 2, 1)
    assert found.accuracy == pytest.approx(0.75)
    assert found.agreement == pytest.approx(2 / 3)
    assert found.calibration_error == pytest.approx((3 * 0.1 + 0.6) / 4)
    # By hand: six values, of them 3 negative, 2 neutral, 1 positive; observed disagreement 2 / 6, expected 22 / 30.
    assert found.alpha == pytest.approx(1 - (2 / 6) / (22 / 30))


def test_agreement_beyond_chance_is_one_or_nothing_when_all_agree():
    assert alpha([("negative", "negative"), ("neutral", "neutral")]) == pytest.approx(1)
    assert alpha([("negative", "negative")] * 3) is None
    assert alpha([]) is None
    assert figures("", [], KIND).accuracy is None


def test_several_values_are_the_same_in_any_order():
    one, other = Opinion({"intent": ["praise", "question"]}, True, NOW), Opinion({"intent": ["question", "praise"]}, True, NOW)
    text = replace(checked("neutral", "neutral", "neutral"), judged={"intent": ["question", "praise"]}, opinions=(one, other))
    assert figures("", [text], LabelKind.INTENT).accuracy == 1
    assert figures("", [text], LabelKind.INTENT).calibration_error is None


async def draw(indexing, size=10, who=ANNA, **fields):
    await indexing.refresh()
    with indexing.town.acting(who):
        return (await indexing.labels.DrawSample(pb.DrawSampleRequest(size=size, **fields))).sample


async def take(indexing, who):
    with indexing.town.acting(who):
        return (await indexing.labels.TakeSampleItem(pb.TakeSampleItemRequest())).item


async def label(indexing, item, value, who):
    given = [correction_pb2.Label(kind=correction_pb2.LABEL_KIND_SENTIMENT, values=[value])] if value else []
    with indexing.town.acting(who):
        await indexing.labels.LabelSampleItem(pb.LabelSampleItemRequest(name=item.name, labels=given, unsure=not value))


async def label_all(indexing, who, truth):
    """Labels what the person is given until nothing is left; returns the texts."""
    texts = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        while True:
            item = await take(indexing, who)
            texts.append(item.text)
            await label(indexing, item, truth(item.text), who)
    assert refusal(caught.value).reason == "NOTHING_TO_LABEL"
    return texts


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def exported(indexing, who=ANNA, **fields):
    with indexing.town.acting(who):
        pieces = [piece async for piece in indexing.labels.ExportLabels(pb.ExportLabelsRequest(**fields))]
    assert pieces[0].body.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(piece.body.data for piece in pieces)))
    files = {name: archive.read(name) for name in archive.namelist()}
    media = json.loads(files.pop("media.json"))
    rows = [json.loads(line) for name in files for line in gzip.decompress(files[name]).splitlines()]
    assert pieces[0].rows == len(rows)
    return media, {row["text"]: row["label"] for row in rows}, rows


async def test_two_people_label_each_text_once_and_a_third_gets_none(indexing_on_both, document):
    indexing = indexing_on_both
    texts = {f"味道差 {number}" for number in range(4)}
    await indexing.ingest([document(text, text) for text in texts])
    sample = await draw(indexing)
    assert sample.size == 4
    first = await take(indexing, ANNA)
    assert (await take(indexing, ANNA)).name == first.name
    assert (first.site, first.medium) == ("e.test", types_pb2.MEDIUM_FORUM)
    assert set(await label_all(indexing, ANNA, lambda _: "negative")) == texts
    assert set(await label_all(indexing, BEN, lambda _: "negative")) == texts
    assert await label_all(indexing, CLEO, lambda _: "negative") == []
    with indexing.town.acting(ANNA):
        found = (await indexing.labels.GetSample(pb.GetSampleRequest(name=sample.name))).sample
    assert (found.size, found.labelled_once_size, found.labelled_twice_size) == (4, 0, 4)
    assert (await draw(indexing)).size == 0


async def test_a_text_is_kept_for_two_only_when_three_ask_for_it(indexing_on_both, document):
    indexing = indexing_on_both
    await indexing.ingest([document()])
    await draw(indexing)
    one, two = await take(indexing, ANNA), await take(indexing, BEN)
    assert one.name == two.name
    assert (await refused(take(indexing, CLEO))).reason == "NOTHING_TO_LABEL"
    assert (await refused(label(indexing, one, "neutral", CLEO))).reason == "NOT_HANDED_OUT"
    await label(indexing, one, "neutral", ANNA)
    assert (await refused(label(indexing, one, "positive", ANNA))).reason == "NOT_HANDED_OUT"


async def test_who_corrected_a_mention_is_not_asked_about_it(indexing, document):
    (outcome,) = await indexing.ingest([document()])
    given = correction_pb2.Label(kind=correction_pb2.LABEL_KIND_SENTIMENT, values=["neutral"])
    with indexing.town.acting(ANNA):
        await indexing.corrections.CorrectMention(correction_service_pb2.CorrectMentionRequest(name=outcome.mention, label=given, reason="中性"))
    await draw(indexing)
    assert (await refused(take(indexing, ANNA))).reason == "NOTHING_TO_LABEL"
    assert (await take(indexing, BEN)).text == document().text


async def test_a_text_is_passed_over_when_it_was_edited_since_it_was_drawn(indexing, document):
    await indexing.ingest([document("1", "味道差")])
    await draw(indexing)
    await indexing.ingest([document("1", "味道还行", minute=5)])
    assert (await refused(take(indexing, ANNA))).reason == "NOTHING_TO_LABEL"


async def test_what_people_say_becomes_figures_by_topic_medium_week_and_model(indexing_on_both, feed_on_both, document):
    indexing = indexing_on_both
    await feed_on_both.tell("hot", "火锅")
    texts = ["火锅差", "火锅好吃", "烤鸭差", "烤鸭好吃"]
    await indexing.ingest([document(text, text, medium=types_pb2.MEDIUM_NEWS if "鸭" in text else types_pb2.MEDIUM_REVIEW) for text in texts])
    await draw(indexing)
    await label_all(indexing, ANNA, lambda text: "negative" if "差" in text else "neutral")
    await label_all(indexing, BEN, lambda text: "negative" if "差" in text or "鸭" in text else "neutral")
    with indexing.town.acting(ANNA):
        found = await indexing.labels.GetLabelFigures(pb.GetLabelFiguresRequest())
        later = await indexing.labels.GetLabelFigures(pb.GetLabelFiguresRequest(model="other 2"))
    assert (found.overall.size, found.overall.settled_size) == (4, 3)
    assert found.overall.agreement == pytest.approx(0.75)
    assert found.overall.accuracy == pytest.approx(2 / 3)
    assert {each.value: each.settled_size for each in found.media} == {"review": 2, "news": 1}
    assert {each.value: each.accuracy for each in found.topics} == {"topics/hot": 0.5}
    assert [(each.value, each.size) for each in found.models] == [("fake 1", 4)]
    (week,) = found.weeks
    assert week.value[4:6] == "-W"
    assert (later.overall.size, later.overall.HasField("accuracy")) == (0, False)
    with indexing.town.acting(person(access_pb2.ROLE_HANDLER)):
        blind = await indexing.labels.GetLabelFigures(pb.GetLabelFiguresRequest())
    assert list(blind.topics) == []


async def test_the_labelled_set_is_exported_as_models_are_trained_with_it(indexing_on_both, document):
    indexing = indexing_on_both
    outcomes = await indexing.ingest(
        [document("1", "味道差", title="差评"), document("2", "好吃", medium=types_pb2.MEDIUM_NEWS), document("3", "坏了"), document("4", "投诉")]
    )
    await draw(indexing, query="味道 OR 好吃 OR 投诉")
    await label_all(indexing, ANNA, lambda text: "negative" if text == "味道差" else "neutral")
    await label_all(indexing, BEN, lambda text: "" if text == "投诉" else "negative" if text == "味道差" else "neutral")
    given = correction_pb2.Label(kind=correction_pb2.LABEL_KIND_SENTIMENT, values=["positive"])
    with indexing.town.acting(ANNA):
        request = correction_service_pb2.CorrectMentionRequest(name=outcomes[2].mention, label=given, reason="反话")
        await indexing.corrections.CorrectMention(request)
    media, labels, rows = await exported(indexing)
    assert media == {"labelled_forum": "forum", "labelled_news": "news"}
    assert labels == {"差评 味道差": "neg", "好吃": "neu"}
    assert all({"text", "label", "source", "split", "id"} == row.keys() and row["split"] in ("train", "dev") for row in rows)
    assert (await exported(indexing, with_corrections=True))[1] == {"差评 味道差": "neg", "好吃": "neu", "坏了": "pos"}
    with indexing.town.acting(person(access_pb2.ROLE_LEGAL)):
        await indexing.mentions.EraseMention(mention_pb2.EraseMentionRequest(name=outcomes[0].mention, reason="依法删除"))
    assert (await exported(indexing))[1] == {"好吃": "neu"}
    with indexing.town.acting(person(access_pb2.ROLE_LEGAL)):
        assert (await refused(anext(aiter(indexing.labels.ExportLabels(pb.ExportLabelsRequest()))))).code is grpc.StatusCode.PERMISSION_DENIED
