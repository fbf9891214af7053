import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc.aio
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.serving import Registration
from yuqing_scoring.domain.first_stage import FirstStage, Judged
from yuqing_scoring.domain.judgement import Judgement, Sentiment
from yuqing_scoring.domain.labels.text_labels import TextLabels
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.scoring import Desk, ScoringServicer
from yuqing_testkit.services import Town, person
from yuqing_text.words import words


class Gate:
    """A judge that waits until it is let go."""

    name, version = "gate", "1"

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def judge(self, passages):
        self.entered.set()
        assert self.open.wait(20)
        return [Judged(Judgement(Sentiment.NEUTRAL, 0.0, 1.0, 0.0), TextLabels()) for _ in passages]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def model(stored, labeller):
    return FirstStage(stored.model, labeller)


@pytest.fixture
async def stub_of(town):
    """Serves a judge, and gives a stub that calls it, as indexing unless told otherwise."""
    with ThreadPoolExecutor(1) as pool:
        closers = []

        async def open_stub(judge, waiting_calls=8, caller="indexing"):
            desk = Desk(types_pb2.STAGE_FAST, judge, BoundedPool(pool, waiting_calls=waiting_calls))
            registration = Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, ScoringServicer(desk, None))
            running = town.running("scoring", [registration])
            address = await running.__aenter__()
            channel = town.channel(caller, "scoring", address)
            closers.extend([running, channel])
            return scoring_pb2_grpc.ScoringServiceStub(await channel.__aenter__())

        yield open_stub
        for closer in reversed(closers):
            await closer.__aexit__(None, None, None)


def request(*texts):
    return scoring_pb2.ScoreMentionsRequest(
        texts=[scoring_pb2.Text(id=f"m{number}", text=text, medium=types_pb2.MEDIUM_REVIEW) for number, text in enumerate(texts)]
    )


async def test_texts_are_scored_in_order_when_a_batch_comes(stub_of, model):
    stub = await stub_of(model)
    reply = await stub.ScoreMentions(request("质量太差，退货！", "非常满意，下次还来", "The room was clean and quiet."))
    assert [score.id for score in reply.scores] == ["m0", "m1", "m2"]
    assert [score.sentiment for score in reply.scores[:2]] == [types_pb2.SENTIMENT_NEGATIVE, types_pb2.SENTIMENT_POSITIVE]
    assert [score.language for score in reply.scores] == ["zh", "zh", "en"]
    assert {(score.model, score.model_version) for score in reply.scores} == {(model.name, model.version)}
    for score in reply.scores:
        values = score.probabilities
        assert values.negative + values.neutral + values.positive == pytest.approx(1, abs=1e-5)


async def test_the_words_of_title_and_text_come_with_the_score_where_they_are_asked_for(stub_of, model):
    stub = await stub_of(model)
    asked = request("充電寶冒煙，客服不理")
    asked.texts[0].title = "霁川充电宝"
    plain = await stub.ScoreMentions(asked)
    asked.with_words = True
    told = await stub.ScoreMentions(asked)
    assert not plain.scores[0].words
    assert list(told.scores[0].words) == words("霁川充电宝\n充電寶冒煙，客服不理")
    assert {"冒烟", "客服"} <= set(told.scores[0].words)


async def test_a_call_is_refused_when_too_many_wait(stub_of):
    gate = Gate()
    stub = await stub_of(gate, waiting_calls=1)
    first = asyncio.ensure_future(stub.ScoreMentions(request("好")))
    await asyncio.to_thread(gate.entered.wait, 20)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        # A channel repeats what may be repeated: with a short deadline the refusal is what remains.
        await stub.ScoreMentions(request("好"), timeout=2)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    gate.open.set()
    assert len((await first).scores) == 1
    assert len((await stub.ScoreMentions(request("好", "坏"))).scores) == 2


async def test_the_full_stage_is_refused_when_it_is_switched_off(stub_of, model):
    stub = await stub_of(model)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ScoreMentions(scoring_pb2.ScoreMentionsRequest(texts=request("好").texts, stage=types_pb2.STAGE_FULL))
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    reply = await stub.ScoreMentions(request("好"))
    assert [score.stage for score in reply.scores] == [types_pb2.STAGE_FAST]


async def test_a_batch_is_refused_when_it_is_larger_than_the_contract_says(stub_of, model):
    stub = await stub_of(model)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ScoreMentions(request(*["好"] * 2001))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def parts(reply):
    return [reply.bias, reply.rest, *(span.weights for span in (*reply.title_spans, *reply.text_spans))]


async def test_a_score_is_explained_when_a_person_asks(stub_of, town, model):
    stub = await stub_of(model, caller="gateway")
    asked = scoring_pb2.ExplainScoreRequest(title="太坑了[怒]", text="東西質量太差，退貨還不理人", medium=types_pb2.MEDIUM_REVIEW)
    with town.acting(person(access_pb2.ROLE_AUDITOR)):
        reply = await stub.ExplainScore(asked)
    assert reply.score.sentiment == types_pb2.SENTIMENT_NEGATIVE
    assert (reply.score.model, reply.score.model_version, reply.score.language) == (model.name, model.version, "zh")
    assert sum(part.polarity for part in parts(reply)) == pytest.approx(reply.logits.polarity, abs=1e-3)
    assert sum(part.neutral for part in parts(reply)) == pytest.approx(reply.logits.neutral, abs=1e-3)
    assert "[怒]" in [asked.title[span.start : span.end] for span in reply.title_spans]
    assert any("太差" in asked.text[span.start : span.end] for span in reply.text_spans)


async def test_labels_are_scored_and_explained_when_a_text_has_some(stub_of, town, model):
    stub = await stub_of(model)
    text = "客服态度恶劣，等了三个小时没人管，我要投诉！"
    [score] = (await stub.ScoreMentions(request(text))).scores
    assert score.labels.intents[0].intent == types_pb2.INTENT_COMPLAINT
    assert score.labels.focus_areas[0].focus_area == types_pb2.FOCUS_AREA_SERVICE_LEVEL
    stub = await stub_of(model, caller="gateway")
    asked = scoring_pb2.ExplainScoreRequest(title="投诉一家店", text=text, medium=types_pb2.MEDIUM_REVIEW)
    with town.acting(person(access_pb2.ROLE_AUDITOR)):
        reply = await stub.ExplainScore(asked)
    complaint = next(label for label in reply.labels if label.intent == types_pb2.INTENT_COMPLAINT)
    spans = [*complaint.title_spans, *complaint.text_spans]
    assert sum(span.weight for span in spans) + complaint.rest == pytest.approx(complaint.logit)
    assert "投诉" in [asked.title[span.start : span.end] for span in complaint.title_spans]
    assert "我要投诉" in [asked.text[span.start : span.end] for span in complaint.text_spans]
    assert complaint.probability == pytest.approx(reply.score.labels.intents[0].probability, abs=1e-6)


async def test_labels_are_explained_only_when_mentions_are_not_labelled(stub_of, town, stored, labeller):
    alone = FirstStage(stored.model, labeller, labels_all=False)
    text = "客服态度恶劣，等了三个小时没人管，我要投诉！北京市海淀区"
    [score] = (await (await stub_of(alone)).ScoreMentions(request(text))).scores
    assert score.sentiment == types_pb2.SENTIMENT_NEGATIVE
    assert not score.HasField("labels") or not score.labels.ListFields()
    stub = await stub_of(alone, caller="gateway")
    with town.acting(person(access_pb2.ROLE_AUDITOR)):
        reply = await stub.ExplainScore(scoring_pb2.ExplainScoreRequest(text=text, medium=request(text).texts[0].medium))
    assert reply.score.labels.intents[0].intent == types_pb2.INTENT_COMPLAINT
    assert reply.score.labels.regions[0].code.startswith("11")
    assert reply.score.probabilities == score.probabilities


@pytest.mark.parametrize(
    ("roles", "asked", "code"),
    [
        ([access_pb2.ROLE_EMPLOYEE], scoring_pb2.ExplainScoreRequest(text="好"), grpc.StatusCode.PERMISSION_DENIED),
        ([access_pb2.ROLE_MONITOR], scoring_pb2.ExplainScoreRequest(), grpc.StatusCode.INVALID_ARGUMENT),
        ([access_pb2.ROLE_MONITOR], scoring_pb2.ExplainScoreRequest(title="题" * 2001), grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_nothing_is_explained_when_the_call_breaks_a_rule(stub_of, town, model, roles, asked, code):
    stub = await stub_of(model, caller="gateway")
    with town.acting(person(*roles)), pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ExplainScore(asked)
    assert caught.value.code() is code


async def test_names_are_told_where_they_stand_when_a_score_is_explained(stub_of, town, model):
    stub = await stub_of(model, caller="gateway")
    asked = scoring_pb2.ExplainScoreRequest(title="青岛海之蓝科技有限公司被罚", text="海之蓝称将整改，店长刘敏道歉", region="IP属地：山东")
    with town.acting(person(access_pb2.ROLE_MONITOR)):
        reply = await stub.ExplainScore(asked)
    labels = reply.score.labels
    assert [(entity.name, entity.size) for entity in labels.entities] == [("青岛海之蓝科技有限公司", 2), ("刘敏", 1)]
    assert [region.name for region in labels.regions] == ["山东省", "山东省 青岛市"]
    told = [(asked.title[span.start : span.end], span.WhichOneof("named")) for span in reply.title_names]
    assert told == [("青岛", "region"), ("青岛海之蓝科技有限公司", "entity")]
    assert [asked.text[span.start : span.end] for span in reply.text_names] == ["海之蓝", "刘敏"]
    assert reply.text_names[0].entity == labels.entities[0]
    assert reply.title_names[0].region == labels.regions[1]


async def test_a_text_is_judged_towards_a_subject_when_a_person_asks(stub_of, town, model):
    stub = await stub_of(model, caller="gateway")
    asked = scoring_pb2.ScoreTowardsRequest(
        title="两家店",
        text="蓝鲸超市的菜很新鲜，服务好，满意。小熊快送太差了，汤全洒了，还骂人！",
        medium=types_pb2.MEDIUM_REVIEW,
        subject_terms=["小熊快送"],
    )
    with town.acting(person(access_pb2.ROLE_LEADER)):
        reply = await stub.ScoreTowards(asked)
    assert (reply.sentiment, reply.named, reply.stage) == (types_pb2.SENTIMENT_NEGATIVE, True, types_pb2.STAGE_FAST)
    assert (reply.model, reply.model_version) == (model.name, model.version)
    assert list(reply.title_passages) == []
    [passage] = reply.text_passages
    assert asked.text[passage.start : passage.end] == "小熊快送太差了，汤全洒了，还骂人！"
    assert (passage.relation, passage.decisive, passage.weight) == (scoring_pb2.SUBJECT_RELATION_NAMED, True, 1)


async def test_passages_are_of_the_text_when_it_begins_with_the_title(stub_of, town, model):
    stub = await stub_of(model, caller="gateway")
    asked = scoring_pb2.ScoreTowardsRequest(title="鼎盛物业", text="鼎盛物业又涨价了", subject_terms=["鼎盛物业"])
    with town.acting(person(access_pb2.ROLE_LEADER)):
        reply = await stub.ScoreTowards(asked)
    assert list(reply.title_passages) == []
    assert "".join(asked.text[passage.start : passage.end] for passage in reply.text_passages) == asked.text


async def test_nothing_is_judged_towards_nobody(stub_of, town, model):
    stub = await stub_of(model, caller="gateway")
    with town.acting(person(access_pb2.ROLE_LEADER)), pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ScoreTowards(scoring_pb2.ScoreTowardsRequest(text="好"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
