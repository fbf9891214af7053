"""The double-check: drawn, handed out blind, labelled; and what follows from it: figures, and the labelled set."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import grpc.aio
from google.api import httpbody_pb2

from yuqing.indexing.v1 import label_service_pb2 as pb
from yuqing.indexing.v1 import label_service_pb2_grpc
from yuqing_indexing.domain import label_figures
from yuqing_indexing.domain.by_hand import LabelKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.label_figures import all_figures
from yuqing_indexing.domain.labelled_set import Given, row
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.sampling import CANDIDATES_EACH, Sampling, drawn
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.moments import moment_of, timestamp_of
from yuqing_indexing.names import MEDIUM
from yuqing_indexing.people_wire import LabelInvalid, kind_of, label_of
from yuqing_indexing.servicers.asking import Asking, engine_errors
from yuqing_indexing.servicers.attempts import attempt_of
from yuqing_indexing.store import samples
from yuqing_indexing.store.samples import Item, Sample
from yuqing_runtime import audit, clock, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, NotFound

Context = grpc.aio.ServicerContext[Any, Any]
_MOST_CANDIDATES: Final = 2_000
_MOST_SOUGHT: Final = 20
_PORTION: Final = 500
_DEFAULT_SPAN: Final = timedelta(days=365)
_DEFAULT_SIZE: Final = 100


class SetFile(Protocol):
    """The file of a labelled set."""

    rows: int

    def add(self, row: dict[str, str], medium: str) -> None:
        """One row of the set that it names."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """The file in pieces."""
        ...


@dataclass(frozen=True)
class LabelServicer(label_service_pb2_grpc.LabelServiceServicer):
    """LabelService; `new_file` begins the file of a labelled set, of `media_type`."""

    database: Database
    sampling: Sampling
    mentions: Mentions
    asking: Asking
    new_file: Callable[[], SetFile]
    media_type: str

    async def DrawSample(self, request: pb.DrawSampleRequest, context: Context) -> pb.DrawSampleResponse:
        """Errors: QueryRefused, RequestIdReused, Unavailable."""
        selection, size = self.asking.selection(request, await self.asking.sight(request.query)), request.size or _DEFAULT_SIZE
        chance, attempt, author = Random(secrets.randbits(64)), attempt_of(request), current_caller().principal
        with engine_errors():
            totals = await self.sampling.media(selection)
            candidates = [mention for medium in totals for mention in await self._candidates(selection, medium, size, chance)]
        chosen = drawn(candidates, totals, size, chance)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.DrawSampleResponse.FromString(kept)
            made = await samples.add(connection, author, request.query, chosen)
            reply = pb.DrawSampleResponse(sample=_sample_message(made))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            after = {"query": request.query, "size": made.size}
            await audit.record(connection, AuditRecord(author, "samples.draw", made.name, after=after, request_id=request.request_id))
        return reply

    async def GetSample(self, request: pb.GetSampleRequest, context: Context) -> pb.GetSampleResponse:
        """Errors: NotFound."""
        async with self.database.read() as connection:
            found = await samples.find(connection, request.name.removeprefix("samples/"))
        if found is None:
            raise NotFound(f"{request.name} is not there")
        return pb.GetSampleResponse(sample=_sample_message(found))

    async def TakeSampleItem(self, request: pb.TakeSampleItemRequest, context: Context) -> pb.TakeSampleItemResponse:
        """Texts that were edited since they were drawn are passed over. Errors: NotFound, RequestIdReused, Unavailable."""
        person, attempt = current_caller().principal, attempt_of(request)
        async with self.database.read() as connection:
            found = await samples.waiting(connection, person, limit=_MOST_SOUGHT)
        with engine_errors():
            mentions = await self.mentions.read([item.mention for item in found])
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.TakeSampleItemResponse.FromString(kept)
            still = await samples.waiting(connection, person, limit=_MOST_SOUGHT)
            item = next((each for each in still if _is_as_drawn(each, mentions.get(each.mention))), None)
            if item is None:
                raise NotFound("no text waits for a label of yours", reason="NOTHING_TO_LABEL")
            until = await samples.hand_out(connection, item.id, person)
            reply = pb.TakeSampleItemResponse(item=_item_message(item, mentions[item.mention], until))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await audit.record(connection, AuditRecord(person, "sampleItems.take", item.name, request_id=request.request_id))
        return reply

    async def LabelSampleItem(self, request: pb.LabelSampleItemRequest, context: Context) -> pb.LabelSampleItemResponse:
        """Errors: InvalidArgument, FailedPrecondition, RequestIdReused."""
        item, person, attempt, labels = request.name.removeprefix("sampleItems/"), current_caller().principal, attempt_of(request), _labels(request)
        async with self.database.write() as connection:
            await order.hold(connection)
            if await idempotency.once(connection, attempt) is not None:
                return pb.LabelSampleItemResponse()
            if not await samples.has(connection, item, person):
                raise FailedPrecondition(f"{request.name} does not wait for a label of yours", reason="NOT_HANDED_OUT")
            await samples.give(connection, item, person, {kind.value: values for kind, values in labels.items()}, unsure=request.unsure)
            await idempotency.keep(connection, attempt, b"done")
            after = {kind.value: list[Any](values) for kind, values in labels.items()}
            await audit.record(connection, AuditRecord(person, "sampleItems.label", request.name, after=after, request_id=request.request_id))
        return pb.LabelSampleItemResponse()

    async def GetLabelFigures(self, request: pb.GetLabelFiguresRequest, context: Context) -> pb.GetLabelFiguresResponse:
        """Figures of all labels in the span."""
        kind = kind_of(request.kind) if request.kind else LabelKind.SENTIMENT
        async with self.database.read() as connection:
            now = await clock.now(connection)
            end = moment_of(request.end_time) if request.HasField("end_time") else now + timedelta(seconds=1)
            start = moment_of(request.start_time) if request.HasField("start_time") else now - _DEFAULT_SPAN
            texts = await samples.double_checked(connection, start, end, request.model)
        found = await asyncio.to_thread(all_figures, texts, kind, ZoneInfo(self.asking.zone), await self.asking.sight())
        return pb.GetLabelFiguresResponse(
            overall=_figures_message(found.overall),
            topics=map(_figures_message, found.topics),
            media=map(_figures_message, found.media),
            weeks=map(_figures_message, found.weeks),
            models=map(_figures_message, found.models),
        )

    async def ExportLabels(self, request: pb.ExportLabelsRequest, context: Context) -> AsyncIterator[pb.ExportLabelsResponse]:
        """Only texts that are still as they were labelled; those of erased mentions are gone. Errors: Unavailable."""
        async with self.database.read() as connection:
            given = await samples.settled(connection)
            checked = {each.mention for each in given}
            if request.with_corrections:
                given += [each for each in await samples.corrected(connection) if each.mention not in checked]
        file = self.new_file()
        for start in range(0, len(given), _PORTION):
            await self._add(file, given[start : start + _PORTION])
        async with self.database.write() as connection:
            await audit.record(connection, AuditRecord(current_caller().principal, "labels.export", "labels", after={"rows": file.rows}))
        name = f"labels-{datetime.now(UTC).astimezone(ZoneInfo(self.asking.zone)):%Y%m%d-%H%M%S}.zip"
        opening = pb.ExportLabelsResponse(rows=file.rows, total_size=len(given), file_name=name)
        for piece in await asyncio.to_thread(lambda: list(file.pieces())):
            opening.body.CopyFrom(httpbody_pb2.HttpBody(content_type=self.media_type, data=piece))
            yield opening
            opening = pb.ExportLabelsResponse()

    async def _candidates(self, selection: Selection, medium: str, size: int, chance: Random) -> list[Mention]:
        of_medium = Selection(selection.tree, {**selection.filters, "medium": (medium,)}, selection.start, selection.end)
        wanted = min(_MOST_CANDIDATES, CANDIDATES_EACH * size)
        found = await self.sampling.by_chance(of_medium, size=wanted, seed=chance.getrandbits(31))
        readable = [mention for mention in found if mention.judgement is not None and mention.document.has_text]
        async with self.database.read() as connection:
            known = await samples.drawn_before(connection, [mention.id for mention in readable])
        return [mention for mention in readable if mention.id not in known]

    async def _add(self, file: SetFile, given: Sequence[Given]) -> None:
        with engine_errors():
            mentions = await self.mentions.read([each.mention for each in given])
        for each in given:
            mention = mentions.get(each.mention)
            if mention is not None and mention.content_hash == each.content_hash:
                file.add(row(each, mention.document), mention.document.medium or "other")


def _labels(request: pb.LabelSampleItemRequest) -> dict[LabelKind, tuple[str, ...]]:
    labels = dict(map(label_of, request.labels))
    if len(labels) < len(request.labels):
        raise LabelInvalid("labels: two of one kind")
    if request.unsure == (LabelKind.SENTIMENT in labels):
        raise LabelInvalid("labels: a label of sentiment, or else `unsure`")
    return labels


def _is_as_drawn(item: Item, mention: Mention | None) -> bool:
    return mention is not None and mention.content_hash == item.content_hash


def _sample_message(sample: Sample) -> pb.Sample:
    return pb.Sample(
        name=sample.name,
        query=sample.query,
        author=sample.author,
        create_time=timestamp_of(sample.create_time),
        size=sample.size,
        labelled_once_size=sample.once,
        labelled_twice_size=sample.twice,
    )


def _item_message(item: Item, mention: Mention, until: datetime) -> pb.SampleItem:
    document = mention.document
    return pb.SampleItem(
        name=item.name,
        title=document.title,
        text=document.text,
        medium=MEDIUM.number(document.medium),
        site=document.site,
        published_time=timestamp_of(document.published) if document.published else None,
        expire_time=timestamp_of(until),
    )


def _figures_message(figures: label_figures.Figures) -> pb.LabelFigures:
    return pb.LabelFigures(
        value=figures.value,
        size=figures.size,
        settled_size=figures.settled,
        unsure_size=figures.unsure,
        accuracy=figures.accuracy,
        calibration_error=figures.calibration_error,
        agreement=figures.agreement,
        alpha=figures.alpha,
    )
