import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc.aio
import pytest

from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.serving import Registration
from yuqing_scoring.domain.judgement import Judgement, Sentiment
from yuqing_scoring.servicers.scoring import ScoringServicer
from yuqing_testkit.services import Town


class Gate:
    """A judge that waits until it is let go."""

    name, version = "gate", "1"

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def judge(self, passages):
        self.entered.set()
        assert self.open.wait(20)
        return [Judgement(Sentiment.NEUTRAL, 0.0, 1.0, 0.0) for _ in passages]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def stub_of(town):
    """Serves a judge, and gives a stub that calls it as indexing."""
    with ThreadPoolExecutor(1) as pool:
        closers = []

        async def open_stub(judge, waiting_calls=8):
            registration = Registration(
                scoring_pb2_grpc.add_ScoringServiceServicer_to_server, ScoringServicer(judge, pool, waiting_calls=waiting_calls)
            )
            running = town.running("scoring", [registration])
            address = await running.__aenter__()
            channel = town.channel("indexing", "scoring", address)
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


async def test_a_batch_is_refused_when_it_is_larger_than_the_contract_says(stub_of, model):
    stub = await stub_of(model)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ScoreMentions(request(*["好"] * 2001))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
