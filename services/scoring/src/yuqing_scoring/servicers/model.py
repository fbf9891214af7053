"""Models: added in parts, compared, put to work by people; every such act stands in the audit chain."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import grpc.aio
import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.scoring.v1 import model_pb2 as pb
from yuqing.scoring.v1 import model_pb2_grpc, scoring_pb2
from yuqing_runtime import audit, clock, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, InvalidArgument, NotFound
from yuqing_runtime.idempotency import Attempt
from yuqing_scoring.domain.comparing import uneven
from yuqing_scoring.domain.judgement import SENTIMENTS, Judge, Judgement, Sentiment
from yuqing_scoring.domain.stages import ModelShelf, ModelUnusable, Stages
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.store import models
from yuqing_scoring.store.models import SHIPPED_ID, Activation, KeptModel
from yuqing_scoring.training.figures import calibration_error, macro_f1
from yuqing_scoring.wire import passage_of, sentiment_of

Context = grpc.aio.ServicerContext[Any, Any]
MOST_ACTIVATIONS: Final = 100
"""So many activations are shown."""
_Activating: TypeAlias = pb.ActivateModelRequest | pb.RollBackModelRequest


class ModelRefused(InvalidArgument):
    """What was sent is no model that this version can load."""

    default_reason = "MODEL_REFUSED"


@dataclass(frozen=True)
class ModelServicer(model_pb2_grpc.ModelServiceServicer):
    """ModelService. `put_to_work` has this replica judge by the active model; texts are compared in threads of `pool`."""

    database: Database
    shelf: ModelShelf
    pool: BoundedPool
    put_to_work: Callable[[], Awaitable[None]]

    async def UploadModelPart(self, request: pb.UploadModelPartRequest, context: Context) -> pb.UploadModelPartResponse:
        """The same part is kept once, however often it is sent. Errors: ModelRefused."""
        try:
            content = base64.b64decode(request.content, validate=True)
        except ValueError as error:
            raise ModelRefused(f"content: no base64: {error}") from error
        part = await self.shelf.keep(content)
        async with self.database.write() as connection:
            await audit.record(connection, _record("modelParts.upload", f"modelParts/{part}", request.request_id))
        return pb.UploadModelPartResponse(part=part)

    async def AddModel(self, request: pb.AddModelRequest, context: Context) -> pb.AddModelResponse:
        """Errors: ModelRefused, RequestIdReused."""
        files = {file.name: list(file.parts) for file in request.files}
        stages = await self._loaded(files)
        both, attempt = stages.both, _attempt(request)
        card = await self.shelf.card(files)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.AddModelResponse.FromString(kept)
            await self._are_kept(files)
            model = KeptModel(
                secrets.token_hex(6),
                stages.first.name,
                stages.first.version,
                both.name if both else "",
                both.version if both else "",
                files,
                card,
                request.note,
                current_caller().principal,
                await clock.now(connection),
            )
            await models.add(connection, model)
            reply = pb.AddModelResponse(model=_message(model))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            after = {"version": model.model_version, "second_version": model.second_model_version, "note": model.note}
            await audit.record(connection, _record("models.add", f"models/{model.id}", request.request_id, after))
        return reply

    async def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ListModelsResponse:
        """All of them."""
        async with self.database.read() as connection:
            kept, active = await models.everything(connection), await models.active(connection)
            activations = await models.activations(connection, limit=MOST_ACTIVATIONS)
        messages = [await self._shipped(), *map(_message, kept)]
        for message in messages:
            message.active = message.name == f"models/{active}"
        return pb.ListModelsResponse(models=messages, activations=map(_activation_message, activations))

    async def GetModel(self, request: pb.GetModelRequest, context: Context) -> pb.GetModelResponse:
        """Errors: NotFound."""
        model_id = request.name.removeprefix("models/")
        async with self.database.read() as connection:
            active = await models.active(connection)
            kept = None if model_id == SHIPPED_ID else await _found(connection, model_id)
        message = _message(kept) if kept else await self._shipped()
        message.active, message.card = model_id == active, kept.card if kept else await self.shelf.card(None)
        return pb.GetModelResponse(model=message)

    async def CompareModels(self, request: pb.CompareModelsRequest, context: Context) -> pb.CompareModelsResponse:
        """By the stage of each that judges best. Errors: NotFound, ModelRefused, ResourceExhausted."""
        passages = [passage_of(scoring_pb2.Text(text=text.text, medium=text.medium)) for text in request.texts]
        wanted = [_SENTIMENT_OF[text.sentiment] for text in request.texts]
        figures: list[pb.ModelFigures] = []
        right: list[list[bool]] = []
        for name in request.models:
            judge = (await self._named(name.removeprefix("models/"))).best
            judgements = await self.pool.run(judge.judge, passages)
            right.append([judgement.sentiment is sentiment for judgement, sentiment in zip(judgements, wanted, strict=True)])
            figures.append(_figures(name, judge, judgements, wanted))
        differing = uneven(*right)
        return pb.CompareModelsResponse(
            figures=figures, first_only_size=differing.first_only, second_only_size=differing.second_only, p_value=differing.p_value
        )

    async def ActivateModel(self, request: pb.ActivateModelRequest, context: Context) -> pb.ActivateModelResponse:
        """Errors: NotFound, ModelRefused, FailedPrecondition, RequestIdReused."""
        model_id = request.name.removeprefix("models/")
        await self._named(model_id)  # what cannot be loaded is not put to work
        activation = await self._activate(request, "models.activate", lambda _: model_id)
        return pb.ActivateModelResponse(activation=activation)

    async def RollBackModel(self, request: pb.RollBackModelRequest, context: Context) -> pb.RollBackModelResponse:
        """Errors: FailedPrecondition, RequestIdReused."""
        return pb.RollBackModelResponse(activation=await self._activate(request, "models.rollBack", _before))

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Context) -> pb.RemoveModelResponse:
        """Its files follow when they are old enough (`workers/housekeeping.py`). Errors: NotFound, FailedPrecondition, RequestIdReused."""
        model_id, attempt = request.name.removeprefix("models/"), _attempt(request)
        if model_id == SHIPPED_ID:
            raise FailedPrecondition("the shipped model comes with the software", reason="SHIPPED_MODEL")
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.RemoveModelResponse.FromString(kept)
            model = await _found(connection, model_id)
            if model_id in [each.model for each in await models.activations(connection, limit=2)]:
                raise FailedPrecondition(f"models/{model_id} is active, or a roll-back needs it", reason="MODEL_NEEDED")
            await models.remove(connection, model_id)
            await idempotency.keep(connection, attempt, pb.RemoveModelResponse().SerializeToString())
            before = {"version": model.model_version, "second_version": model.second_model_version, "note": model.note}
            after = {"reason": request.reason}
            await audit.record(connection, AuditRecord(attempt.principal, "models.remove", request.name, before, after, request.request_id))
        return pb.RemoveModelResponse()

    async def _activate(self, request: _Activating, action: str, choose: Callable[[Sequence[Activation]], str]) -> pb.ModelActivation:
        attempt, person = _attempt(request), current_caller().principal
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.ModelActivation.FromString(kept)
            past, before = await models.activations(connection, limit=MOST_ACTIVATIONS), await models.active(connection)
            chosen = choose(past)
            if chosen == before:
                raise FailedPrecondition(f"models/{chosen} is active already", reason="ACTIVE_ALREADY")
            if chosen != SHIPPED_ID:
                await _found(connection, chosen)  # it may have been removed since it was tried
            reply = _activation_message(await models.activate(connection, chosen, person, request.reason))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            after = {"active": f"models/{chosen}", "reason": request.reason}
            record = AuditRecord(person, action, f"models/{chosen}", {"active": f"models/{before}"}, after, request.request_id)
            await audit.record(connection, record)
        await self.put_to_work()
        return reply

    async def _named(self, model_id: str) -> Stages:
        if model_id == SHIPPED_ID:
            return await self._loaded(None)
        async with self.database.read() as connection:
            kept = await _found(connection, model_id)
        return await self._loaded(kept.files)

    async def _loaded(self, files: dict[str, list[str]] | None) -> Stages:
        try:
            return await self.shelf.load(files)
        except ModelUnusable as error:
            raise ModelRefused(f"files: {error}") from error

    async def _are_kept(self, files: dict[str, list[str]]) -> None:
        """Under the lock that parts are swept under: that they were there before may be over. Errors: ModelRefused."""
        if missing := await self.shelf.missing(files):
            raise ModelRefused(f"files: {len(missing)} parts are not kept any more, upload them again: {missing[0]}")

    async def _shipped(self) -> pb.Model:
        stages = await self._loaded(None)
        both = stages.both
        message = pb.Model(name=f"models/{SHIPPED_ID}", model=stages.first.name, model_version=stages.first.version)
        message.second_model, message.second_model_version = (both.name, both.version) if both else ("", "")
        return message


def _before(past: Sequence[Activation]) -> str:
    """The model that was active before the present one; of going back and forth, the other one."""
    if not past:
        raise FailedPrecondition("no model was active before", reason="NOTHING_BEFORE")
    return past[1].model if len(past) > 1 else SHIPPED_ID


async def _found(connection: AsyncConnection, model_id: str) -> KeptModel:
    kept = await models.find(connection, model_id)
    if kept is None:
        raise NotFound(f"models/{model_id} is not there")
    return kept


_SENTIMENT_OF: Final = {sentiment_of(Judgement(each, 0.0, 0.0, 0.0)): each for each in SENTIMENTS}


def _figures(name: str, judge: Judge, judgements: Sequence[Judgement], wanted: Sequence[Sentiment]) -> pb.ModelFigures:
    got = np.array([SENTIMENTS.index(judgement.sentiment) for judgement in judgements])
    asked = np.array([SENTIMENTS.index(sentiment) for sentiment in wanted])
    return pb.ModelFigures(
        model=name,
        model_version=f"{judge.name} {judge.version}",
        accuracy=float((got == asked).mean()),
        macro_f1=macro_f1(asked, got) / 100,
        calibration_error=calibration_error([_top(judgement, sentiment) for judgement, sentiment in zip(judgements, wanted, strict=True)]) or 0.0,
    )


def _top(judgement: Judgement, wanted: Sentiment) -> tuple[float, bool]:
    """The probability of the most probable class, and whether it is right."""
    values = dict(zip(SENTIMENTS, (judgement.negative, judgement.neutral, judgement.positive), strict=True))
    top = max(SENTIMENTS, key=values.__getitem__)
    return values[top], top is wanted


def _attempt(request: pb.AddModelRequest | pb.RemoveModelRequest | _Activating) -> Attempt:
    body = request.SerializeToString(deterministic=True)
    return Attempt.of(current_caller().principal, type(request).__name__, request_id=request.request_id, body=body)


def _record(action: str, resource: str, request_id: str, after: dict[str, Any] | None = None) -> AuditRecord:
    return AuditRecord(current_caller().principal, action, resource, after=after, request_id=request_id)


def _message(model: KeptModel) -> pb.Model:
    message = pb.Model(
        name=f"models/{model.id}",
        model=model.model,
        model_version=model.model_version,
        second_model=model.second_model,
        second_model_version=model.second_model_version,
        note=model.note,
        author=model.author,
    )
    message.create_time.FromDatetime(model.create_time)
    return message


def _activation_message(activation: Activation) -> pb.ModelActivation:
    message = pb.ModelActivation(model=f"models/{activation.model}", author=activation.author, reason=activation.reason)
    message.create_time.FromDatetime(activation.create_time)
    return message
