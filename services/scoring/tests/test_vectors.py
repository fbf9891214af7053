"""Texts that mean the same lie near one another; where vectors are off, the refusal says how to switch them on."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc.aio
import numpy as np
import pytest

from yuqing.scoring.v1 import scoring_pb2, vector_pb2, vector_pb2_grpc
from yuqing_runtime.serving import Registration
from yuqing_scoring.adapters.sentence_vectors import SentenceVectors, VectorsProblem
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.vector import VectorServicer
from yuqing_testkit.services import Town

PAIRS = (
    ("新买的空气炸锅用了两次就冒烟起火", "刚入手的炸锅才使几回，竟烧着了"),
    ("客服电话一直打不通，投诉无门", "热线永远占线，想反映问题都没人接"),
    ("市民中心今天停电，办事大厅暂停服务", "政务大厅断电，业务无法办理"),
    ("公司拖欠工资三个月，员工集体讨薪", "老板三个月没发薪水，工人聚在门口要钱"),
    ("學校食堂飯菜裡吃出蟲子", "孩子在学校吃午饭，菜里有虫"),
)


@pytest.fixture(scope="module")
def vectors(encoder_folder):
    return SentenceVectors(encoder_folder)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def stub_of(town):
    with ThreadPoolExecutor(1) as quick, ThreadPoolExecutor(1) as slow:
        closers = []

        async def open_stub(made_by, caller="indexing", waiting_calls=8):
            servicer = VectorServicer(made_by, BoundedPool(quick, waiting_calls=8), BoundedPool(slow, waiting_calls=waiting_calls))
            running = town.running("scoring", [Registration(vector_pb2_grpc.add_VectorServiceServicer_to_server, servicer)])
            channel = town.channel(caller, "scoring", await running.__aenter__())
            closers.extend([running, channel])
            return vector_pb2_grpc.VectorServiceStub(await channel.__aenter__())

        yield open_stub
        for closer in reversed(closers):
            await closer.__aexit__(None, None, None)


def request(*texts, title=""):
    return vector_pb2.EmbedTextsRequest(texts=[scoring_pb2.Text(title=title, text=text) for text in texts])


def test_the_nearest_text_is_the_one_that_means_the_same_when_the_words_differ(vectors):
    said, meant = (vectors.of([pair[side] for pair in PAIRS]) for side in (0, 1))
    assert ((said @ meant.T).argmax(1) == np.arange(len(PAIRS))).all()
    assert np.allclose(np.linalg.norm(said, axis=1), 1, atol=1e-5)


def test_a_text_is_itself_when_it_is_traditional_or_full_width_or_cut_behind_the_beginning(vectors):
    one, other = vectors.of(["繁體字的手機Ａ"])[0], vectors.of(["繁体字的手机a"])[0]
    assert one @ other == pytest.approx(1, abs=1e-5)
    long = "城市公园今天免费开放" * 80
    assert vectors.of([long])[0] @ vectors.of([long + "完全不同的结尾"])[0] == pytest.approx(1, abs=1e-5)


def test_the_folder_is_refused_when_it_has_no_encoder(tmp_path):
    with pytest.raises(VectorsProblem, match="no encoder"):
        SentenceVectors(tmp_path)


async def test_vectors_come_in_order_when_indexing_asks(stub_of, vectors):
    stub = await stub_of(vectors)
    reply = await stub.EmbedTexts(request(*(pair[0] for pair in PAIRS), ""))
    assert reply.encoder == vectors.encoder
    assert [len(each.values) for each in reply.vectors] == [512] * 6
    alone = await stub.EmbedTexts(request(PAIRS[2][0]))
    assert np.dot(alone.vectors[0].values, reply.vectors[2].values) > 0.97


async def test_the_title_is_read_once_when_the_text_begins_with_it(stub_of, vectors):
    stub = await stub_of(vectors)
    replies = [await stub.EmbedTexts(asked) for asked in (request("停电通知：今晚", title="停电通知"), request("停电通知：今晚"))]
    assert replies[0].vectors[0].values == replies[1].vectors[0].values


@pytest.mark.parametrize(
    ("caller", "asked", "code"),
    [
        ("gateway", request("好"), grpc.StatusCode.PERMISSION_DENIED),
        ("indexing", request(), grpc.StatusCode.INVALID_ARGUMENT),
        ("indexing", request(*["好"] * 257), grpc.StatusCode.INVALID_ARGUMENT),
        ("indexing", request("好"), grpc.StatusCode.FAILED_PRECONDITION),
    ],
)
async def test_nothing_is_made_when_the_call_breaks_a_rule_or_vectors_are_off(stub_of, caller, asked, code):
    stub = await stub_of(None, caller)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.EmbedTexts(asked)
    assert caught.value.code() is code
    assert (code is grpc.StatusCode.FAILED_PRECONDITION) == ("YUQING_SCORING_VECTORS" in (caught.value.details() or ""))


class Gate:
    """Makes vectors of many texts when it is let go."""

    encoder = "gate"

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def of(self, texts):
        if len(texts) > 4:
            self.entered.set()
            assert self.open.wait(20)
        return np.zeros((len(texts), 512), np.float32)


async def test_a_batch_is_refused_and_a_question_answered_when_batches_wait(stub_of):
    gate = Gate()
    stub = await stub_of(gate, waiting_calls=1)
    first = asyncio.ensure_future(stub.EmbedTexts(request(*"一二三四五")))
    await asyncio.to_thread(gate.entered.wait, 20)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.EmbedTexts(request(*"一二三四五"), timeout=2)  # a channel repeats what may be repeated
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len((await stub.EmbedTexts(request("相似"))).vectors) == 1
    gate.open.set()
    assert len((await first).vectors) == 5
