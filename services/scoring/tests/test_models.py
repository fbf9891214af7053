"""Models are added, compared and put to work by people; every replica follows, and each score says who judged."""

import base64
import hashlib
import json
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import grpc
import grpc.aio
import pytest
from sqlalchemy import select

from yuqing.access.v1 import access_pb2
from yuqing.scoring.v1 import model_pb2 as pb
from yuqing.scoring.v1 import model_pb2_grpc, scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.database import Database
from yuqing_runtime.objects import Objects
from yuqing_runtime.serving import Registration
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_scoring.adapters.model_file import CARD, DESCRIPTION, SHIPPED, WEIGHTS
from yuqing_scoring.adapters.model_shelf import ObjectShelf
from yuqing_scoring.domain.comparing import uneven
from yuqing_scoring.main import MIGRATIONS
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.model import ModelServicer
from yuqing_scoring.servicers.scoring import Desk, ScoringServicer
from yuqing_scoring.workers.housekeeping import STRAY_AGE, Housekeeping
from yuqing_scoring.workers.live_model import LiveModel
from yuqing_testkit.services import Town, person

LEADER = person(access_pb2.ROLE_LEADER)
IT = person(access_pb2.ROLE_IT, name="people/li-gang")
BAD, GOOD = "质量太差，退货！", "非常满意，下次还来"


@dataclass
class Replica:
    """One process's worth of scoring."""

    town: Town
    channel: grpc.aio.Channel
    live: LiveModel

    @property
    def models(self):
        return model_pb2_grpc.ModelServiceStub(self.channel)

    async def versions(self):
        """The models that judge two texts, and what they say."""
        texts = [scoring_pb2.Text(id=text, text=text, medium=types_pb2.MEDIUM_REVIEW) for text in (BAD, GOOD)]
        reply = await scoring_pb2_grpc.ScoringServiceStub(self.channel).ScoreMentions(scoring_pb2.ScoreMentionsRequest(texts=texts))
        return {score.model_version for score in reply.scores}, [score.sentiment for score in reply.scores]

    async def add(self, folder, *, who=IT, request_id="", **changed):
        """Adds the model of a folder, in parts."""
        with self.town.acting(who):
            files = []
            for name in (DESCRIPTION, WEIGHTS, CARD):
                content = changed.get(name, (folder / name).read_bytes())
                half = len(content) // 2
                parts = [(await self.upload(piece)).part for piece in (content[:half], content[half:])]
                files.append(pb.ModelFile(name=name, parts=parts))
            return (await self.models.AddModel(pb.AddModelRequest(files=files, note="新标注", request_id=request_id))).model

    async def upload(self, content):
        return await self.models.UploadModelPart(pb.UploadModelPartRequest(content=base64.b64encode(content).decode()))

    async def activate(self, name, *, who=LEADER, **fields):
        with self.town.acting(who):
            return (await self.models.ActivateModel(pb.ActivateModelRequest(name=name, reason="比较后更好", **fields))).activation

    async def roll_back(self):
        with self.town.acting(LEADER):
            return (await self.models.RollBackModel(pb.RollBackModelRequest(reason="误报太多"))).activation

    async def remove(self, name, *, who=IT, **fields):
        with self.town.acting(who):
            return await self.models.RemoveModel(pb.RemoveModelRequest(name=name, reason="不再需要", **fields))

    async def listed(self):
        with self.town.acting(LEADER):
            return await self.models.ListModels(pb.ListModelsRequest())


@pytest.fixture
async def database(database_url):
    opened = await Database.open(database_url, schema="scoring")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()


@pytest.fixture
async def replicas(tmp_path, database):
    """Two, on one database and one object store."""
    town = Town(tmp_path / "keys")
    async with AsyncExitStack() as stack:
        pool = BoundedPool(stack.enter_context(ThreadPoolExecutor(1)), waiting_calls=8)
        yield [await _replica(stack, town, database, pool, tmp_path, number) for number in range(2)]


async def _replica(stack, town, database, pool, folder, number):
    shelf = ObjectShelf(Objects.open(str(folder / "objects")), folder / f"loaded{number}", SHIPPED, second_stage=True)
    texts = ScoringServicer(Desk(types_pb2.STAGE_FAST, (await shelf.load(None)).first, pool), None)
    live = LiveModel(database, shelf, use=lambda stages: texts.use(Desk(types_pb2.STAGE_FAST, stages.first, pool), None))
    await live.begin()
    registrations = [
        Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, texts),
        Registration(model_pb2_grpc.add_ModelServiceServicer_to_server, ModelServicer(database, shelf, pool, live.refresh)),
    ]
    address = await stack.enter_async_context(town.running("scoring", registrations))
    return Replica(town, await stack.enter_async_context(town.channel("gateway", "scoring", address)), live)


@pytest.fixture
def neutral(tmp_path):
    """A model that calls everything neutral."""
    folder = tmp_path / "neutral"
    shutil.copytree(SHIPPED, folder)
    description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    for row in description["calibration"].values():
        row["neutral_lean"] = 99.0
    (folder / DESCRIPTION).write_text(json.dumps(description | {"version": "1.neutral"}), encoding="utf-8")
    return folder


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def test_every_replica_judges_by_a_model_when_a_person_activates_it_and_rolls_back(replicas, neutral, database):
    one, other = replicas
    shipped, said = await one.versions()
    assert said == [types_pb2.SENTIMENT_NEGATIVE, types_pb2.SENTIMENT_POSITIVE]
    added = await one.add(neutral)
    assert (added.model_version, added.author, added.active) == ("1.neutral", "people/li-gang", False)
    assert (await one.versions())[0] == shipped
    activation = await one.activate(added.name)
    assert (activation.author, activation.reason) == ("people/zhang-san", "比较后更好")
    assert await one.versions() == ({"1.neutral"}, [types_pb2.SENTIMENT_NEUTRAL] * 2)
    assert (await other.versions())[0] == shipped
    await other.live.begin()
    assert (await other.versions())[0] == {"1.neutral"}
    reply = await other.listed()
    assert [(model.name, model.active) for model in reply.models] == [("models/shipped", False), (added.name, True)]
    assert (await one.roll_back()).model == "models/shipped"
    assert (await one.versions())[0] == shipped
    assert (await one.roll_back()).model == added.name
    assert [each.model for each in (await one.listed()).activations] == [added.name, "models/shipped", added.name]
    async with database.read() as connection:
        rows = (await connection.execute(select(audit.c.action, audit.c.before, audit.c.after).where(audit.c.action == "models.activate"))).all()
    assert rows == [("models.activate", '{"active":"models/shipped"}', f'{{"active":"{added.name}","reason":"比较后更好"}}')]


async def test_the_active_model_judges_when_a_replica_starts_anew(replicas, neutral, database, tmp_path):
    one, _ = replicas
    await one.activate((await one.add(neutral)).name)
    async with AsyncExitStack() as stack:
        pool = BoundedPool(stack.enter_context(ThreadPoolExecutor(1)), waiting_calls=8)
        third = await _replica(stack, one.town, database, pool, tmp_path, 3)
        assert (await third.versions())[0] == {"1.neutral"}


async def test_the_model_before_judges_on_when_the_active_one_cannot_be_loaded(replicas, neutral, tmp_path):
    one, other = replicas
    shipped, _ = await other.versions()
    await one.activate((await one.add(neutral)).name)
    shutil.rmtree(tmp_path / "objects")
    await other.live.begin()
    assert (await other.versions())[0] == shipped


async def test_two_models_are_compared_on_labelled_texts(replicas, neutral):
    one, _ = replicas
    added = await one.add(neutral)
    texts = [
        pb.LabelledText(text=BAD, medium=types_pb2.MEDIUM_REVIEW, sentiment=types_pb2.SENTIMENT_NEGATIVE),
        pb.LabelledText(text=GOOD, medium=types_pb2.MEDIUM_REVIEW, sentiment=types_pb2.SENTIMENT_POSITIVE),
        pb.LabelledText(text="太差了", medium=types_pb2.MEDIUM_REVIEW, sentiment=types_pb2.SENTIMENT_NEUTRAL),
    ]
    with one.town.acting(LEADER):
        reply = await one.models.CompareModels(pb.CompareModelsRequest(models=["models/shipped", added.name], texts=texts))
    assert [round(each.accuracy, 3) for each in reply.figures] == [0.667, 0.333]
    assert (reply.first_only_size, reply.second_only_size, reply.p_value) == (2, 1, 1.0)
    assert reply.figures[1].model_version == "linear-ngram 1.neutral"


def test_a_difference_is_told_from_chance_by_the_exact_test():
    assert uneven([True] * 10, [False] * 10).p_value == pytest.approx(2 / 2**10)
    assert uneven([True, False], [True, False]).p_value == 1


async def test_a_model_is_refused_when_it_cannot_be_loaded(replicas, neutral):
    one, _ = replicas
    damaged = await refused(one.add(neutral, **{WEIGHTS: b"something else"}))
    assert (damaged.code, damaged.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MODEL_REFUSED")
    with one.town.acting(IT):
        missing = pb.AddModelRequest(files=[pb.ModelFile(name=WEIGHTS, parts=["0" * 64])])
        assert (await refused(one.models.AddModel(missing))).reason == "MODEL_REFUSED"
        unknown = pb.AddModelRequest(files=[pb.ModelFile(name="passwd", parts=["0" * 64])])
        assert (await refused(one.models.AddModel(unknown))).reason == "MODEL_REFUSED"
        for content in ("!", "模型"):
            assert (await refused(one.models.UploadModelPart(pb.UploadModelPartRequest(content=content)))).reason == "MODEL_REFUSED"
    assert [model.name for model in (await one.listed()).models] == ["models/shipped"]


async def test_only_people_who_may_put_a_model_to_work_and_only_another_one(replicas, neutral):
    one, _ = replicas
    assert (await refused(one.activate("models/shipped"))).reason == "ACTIVE_ALREADY"
    assert (await refused(one.roll_back())).reason == "NOTHING_BEFORE"
    assert (await refused(one.activate("models/0"))).code is grpc.StatusCode.NOT_FOUND
    handler = person(access_pb2.ROLE_HANDLER)
    assert (await refused(one.activate("models/shipped", who=handler))).code is grpc.StatusCode.PERMISSION_DENIED


async def test_a_model_is_added_once_and_shows_its_card_when_the_call_is_repeated(replicas, neutral):
    one, _ = replicas
    request_id = str(uuid.uuid4())
    added = await one.add(neutral, request_id=request_id)
    assert await one.add(neutral, request_id=request_id) == added
    with one.town.acting(LEADER):
        card = (await one.models.GetModel(pb.GetModelRequest(name=added.name))).model.card
        shipped = (await one.models.GetModel(pb.GetModelRequest(name="models/shipped"))).model
    assert card == (neutral / CARD).read_text(encoding="utf-8")
    assert shipped.card.startswith("# Model card")
    assert shipped.active


@pytest.fixture
def objects(tmp_path):
    """Where the parts of models lie."""
    return Objects.open(str(tmp_path / "objects"))


def stored(tmp_path):
    return {file.name for file in (tmp_path / "objects").rglob("*") if file.is_file()}


async def test_a_model_is_gone_when_a_person_removes_it_and_the_record_says_why(replicas, neutral, database):
    one, other = replicas
    added, request_id = await one.add(neutral), str(uuid.uuid4())
    await one.remove(added.name, request_id=request_id)
    await one.remove(added.name, request_id=request_id)  # told again by who got no answer
    assert [model.name for model in (await other.listed()).models] == ["models/shipped"]
    for call in (one.remove(added.name), one.activate(added.name)):
        assert (await refused(call)).code is grpc.StatusCode.NOT_FOUND
    async with database.read() as connection:
        rows = (await connection.execute(select(audit.c.actor, audit.c.resource, audit.c.after).where(audit.c.action == "models.remove"))).all()
    assert rows == [("people/li-gang", added.name, '{"reason":"不再需要"}')]


async def test_a_model_stays_when_it_is_active_or_a_roll_back_needs_it_or_it_came_with_the_software(replicas, neutral):
    one, _ = replicas
    models = [await one.add(neutral) for _ in range(3)]
    for model in models:
        await one.activate(model.name)
    for model in models[1:]:
        error = await refused(one.remove(model.name))
        assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MODEL_NEEDED")
    assert (await refused(one.remove("models/shipped"))).reason == "SHIPPED_MODEL"
    await one.remove(models[0].name)
    assert (await one.roll_back()).model == models[1].name
    assert (await one.roll_back()).model == models[2].name
    assert [model.name for model in (await one.listed()).models] == ["models/shipped", models[1].name, models[2].name]


async def test_parts_are_swept_when_they_are_old_and_belong_to_no_model(replicas, neutral, database, objects, tmp_path):
    one, _ = replicas
    kept, removed = await one.add(neutral), await one.add(neutral, **{CARD: "另一张说明".encode()})
    belonging = stored(tmp_path)
    with one.town.acting(IT):
        stray = (await one.upload("没有登记".encode())).part
    await one.remove(removed.name)
    housekeeping = Housekeeping(database, objects)
    await housekeeping.sweep(datetime.now(UTC))
    assert stored(tmp_path) == belonging | {stray}  # somebody may be adding a model of them
    await housekeeping.sweep(datetime.now(UTC) + STRAY_AGE + timedelta(minutes=1))
    assert stored(tmp_path) < belonging
    assert len(stored(tmp_path)) == 6
    await one.activate(kept.name)
    assert (await one.versions())[0] == {"1.neutral"}


async def test_a_model_is_refused_when_its_parts_were_swept_since_they_were_tried(replicas, neutral, database, objects):
    one, _ = replicas
    added = await one.add(neutral)
    await one.remove(added.name)
    files = [pb.ModelFile(name=name, parts=parts) for name, parts in parts_of(neutral).items()]
    await Housekeeping(database, objects).sweep(datetime.now(UTC) + STRAY_AGE + timedelta(minutes=1))
    with one.town.acting(IT):  # this replica has them laid out still
        error = await refused(one.models.AddModel(pb.AddModelRequest(files=files)))
    assert (error.reason, "upload them again" in error.message) == ("MODEL_REFUSED", True)
    assert (await one.add(neutral)).model_version == "1.neutral"


def parts_of(folder):
    """The parts that `Replica.add` makes of a model's files."""
    contents = {name: (folder / name).read_bytes() for name in (DESCRIPTION, WEIGHTS, CARD)}
    halves = {name: (each[: len(each) // 2], each[len(each) // 2 :]) for name, each in contents.items()}
    return {name: [hashlib.sha256(half).hexdigest() for half in pair] for name, pair in halves.items()}
