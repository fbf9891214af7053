"""Sources: set up, changed, run, paused, and how they fare."""

import secrets as random_source
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import source_pb2, source_pb2_grpc
from yuqing_crawler import wire_sources as wire
from yuqing_crawler.adapters.sealed import SourceSecrets
from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.kinds.registry import KINDS, parameters_schema
from yuqing_crawler.domain.source import Source, Standing
from yuqing_crawler.domain.sourcing import Problem, problems_of, problems_of_secrets, record_of
from yuqing_crawler.engine.jobs import job_of
from yuqing_crawler.engine.looking import Looking
from yuqing_crawler.engine.middlewares import host_of
from yuqing_crawler.servicers.calls import Lists, write_once
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import events, schedules, sources
from yuqing_runtime import audit, clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord, JsonValue
from yuqing_runtime.database import Database
from yuqing_runtime.errors import Aborted, FailedPrecondition, FieldViolation, InvalidArgument, NotFound

ID_BYTES = 6
PREVIEWED_PAGES = 5


@dataclass(frozen=True)
class SourceUseCases:
    """What may be done to sources, each within a given transaction."""

    settings: Settings
    secrets: SourceSecrets
    looking: Looking

    async def create(self, connection: AsyncConnection, message: source_pb2.Source, request_id: str) -> Source:
        """A new source, due at once if it may run. Errors: InvalidArgument."""
        now = await clock.now(connection)
        source = self.drafted(message, random_source.token_hex(ID_BYTES))
        source = replace(self.secrets.with_changes(source, message.secrets), created_at=now, updated_at=now)
        refuse(problems_of(source, self.looking.openings) + problems_of_secrets(message.secrets))
        await sources.create(connection, source, host=host_of(source.address))
        await _record(connection, "sources.create", source, before=None, after=source, request_id=request_id)
        return source

    def drafted(self, message: source_pb2.Source, source_id: str) -> Source:
        """The source that a message describes, with the crawler's own bounds where it names none."""
        minimum, maximum = self.settings.minimum_interval_seconds, self.settings.maximum_interval_seconds
        if message.HasField("minimum_interval"):
            maximum = max(maximum, wire.seconds(message.minimum_interval))
        if message.HasField("maximum_interval"):
            minimum = min(minimum, wire.seconds(message.maximum_interval))
        blank = Source(
            id=source_id,
            display_name="",
            kind="",
            medium=0,
            address="",
            parameters={},
            secrets=None,
            secret_names=(),
            legal_basis="",
            owner="",
            minimum_interval_seconds=minimum,
            maximum_interval_seconds=maximum,
            requests_per_second=0.0,
            time_zone="",
            paused=False,
            revision=1,
            created_at=clock.EPOCH,
            updated_at=clock.EPOCH,
        )
        return wire.changed(blank, message, wire.CHANGEABLE)

    async def preview(self, source: Source, *, pages: int) -> source_pb2.PreviewSourceResponse:
        """What a run of the source would find; nothing is kept."""
        job = job_of(source, self.secrets.open, zone=self.settings.shared.time_zone)
        return wire.preview_message(source, await self.looking.preview(job, pages=pages))

    async def update(self, connection: AsyncConnection, request: source_pb2.UpdateSourceRequest) -> Source:
        """The changed source. Errors: NotFound, Aborted, InvalidArgument."""
        message = request.source
        before = await find(connection, message.name, etag=message.etag, lock=True)
        fields = frozenset(request.update_mask.paths) or wire.given_fields(message)
        if unknown := fields - wire.CHANGEABLE:
            raise InvalidArgument.of("update_mask", f"cannot be changed: {', '.join(sorted(unknown))}")
        after = wire.changed(before, message, fields)
        if "secrets" in fields:
            refuse(problems_of_secrets(message.secrets))
            after = self.secrets.with_changes(after, message.secrets)
        refuse(problems_of(after, self.looking.openings))
        return await self._keep(connection, before, after, action="sources.update", request_id=request.request_id)

    async def pause(self, connection: AsyncConnection, name: str, *, paused: bool, request_id: str) -> Source:
        """The source, paused or to be fetched again. Errors: NotFound."""
        before = await find(connection, name, lock=True)
        action = "sources.pause" if paused else "sources.resume"
        return await self._keep(connection, before, replace(before, paused=paused), action=action, request_id=request_id)

    async def _keep(self, connection: AsyncConnection, before: Source, after: Source, *, action: str, request_id: str) -> Source:
        if after == before:
            return before
        after = replace(after, revision=before.revision + 1, updated_at=await clock.now(connection))
        starts_anew = any(getattr(before, name) != getattr(after, name) for name in wire.READ_ANEW)
        await sources.update_source(connection, after, host=host_of(after.address), starts_anew=starts_anew)
        await schedules.stand(connection, after)
        await _record(connection, action, after, before=before, after=after, request_id=request_id)
        return after

    async def run_now(self, connection: AsyncConnection, request: source_pb2.RunSourceRequest) -> Source:
        """The source, due now. Errors: NotFound, FailedPrecondition."""
        source = await find(connection, request.name, lock=True)
        if source.standing is HealthState.BLOCKED:
            raise FailedPrecondition("legal basis or owner is missing", reason="SOURCE_BLOCKED")
        if source.standing is HealthState.PAUSED:
            raise FailedPrecondition("the source is paused", reason="SOURCE_PAUSED")
        await sources.run_now(connection, source.id, await clock.now(connection))
        record = AuditRecord(current_caller().principal, "sources.run", source.name, request_id=request.request_id)
        await audit.record(connection, record)
        return source

    async def delete(self, connection: AsyncConnection, request: source_pb2.DeleteSourceRequest) -> None:
        """Removes it. Errors: NotFound, Aborted."""
        source = await find(connection, request.name, etag=request.etag, lock=True)
        await sources.remove(connection, source.id)
        await _record(connection, "sources.delete", source, before=source, after=None, request_id="")


class SourceServicer(source_pb2_grpc.SourceServiceServicer):
    """yuqing.crawler.v1.SourceService."""

    def __init__(self, database: Database, use_cases: SourceUseCases, lists: Lists) -> None:
        self._database = database
        self._use_cases = use_cases
        self._lists = lists

    async def CreateSource(self, request: source_pb2.CreateSourceRequest, context: Any) -> source_pb2.CreateSourceResponse:
        """A new source."""

        async def effect(connection: AsyncConnection) -> source_pb2.CreateSourceResponse:
            source = await self._use_cases.create(connection, request.source, request.request_id)
            return source_pb2.CreateSourceResponse(source=await _message(connection, source))

        return await write_once(self._database, request, source_pb2.CreateSourceResponse, effect)

    async def GetSource(self, request: source_pb2.GetSourceRequest, context: Any) -> source_pb2.GetSourceResponse:
        """One source with its health."""
        async with self._database.read() as connection:
            source = await find(connection, request.name)
            return source_pb2.GetSourceResponse(source=await _message(connection, source))

    async def ListSources(self, request: source_pb2.ListSourcesRequest, context: Any) -> source_pb2.ListSourcesResponse:
        """A page of sources by display name."""
        size, position = self._lists.begin(request)
        after = cast("tuple[str, str] | None", tuple(cast("list[str]", position)) if position else None)
        async with self._database.read() as connection:
            found = await sources.page(connection, after=after, limit=size + 1, state=wire.state_filter(request.state))
            messages = await _messages(connection, found[:size])
        last = found[size - 1] if len(found) > size else None
        token = self._lists.next_token(request, [last.display_name, last.id]) if last else ""
        return source_pb2.ListSourcesResponse(sources=messages, next_page_token=token)

    async def UpdateSource(self, request: source_pb2.UpdateSourceRequest, context: Any) -> source_pb2.UpdateSourceResponse:
        """The changed source."""

        async def effect(connection: AsyncConnection) -> source_pb2.UpdateSourceResponse:
            return source_pb2.UpdateSourceResponse(source=await _message(connection, await self._use_cases.update(connection, request)))

        return await write_once(self._database, request, source_pb2.UpdateSourceResponse, effect)

    async def DeleteSource(self, request: source_pb2.DeleteSourceRequest, context: Any) -> source_pb2.DeleteSourceResponse:
        """Removes a source."""
        async with self._database.write() as connection:
            await self._use_cases.delete(connection, request)
        return source_pb2.DeleteSourceResponse()

    async def RunSource(self, request: source_pb2.RunSourceRequest, context: Any) -> source_pb2.RunSourceResponse:
        """Makes it due."""

        async def effect(connection: AsyncConnection) -> source_pb2.RunSourceResponse:
            return source_pb2.RunSourceResponse(source=await _message(connection, await self._use_cases.run_now(connection, request)))

        return await write_once(self._database, request, source_pb2.RunSourceResponse, effect)

    async def PauseSource(self, request: source_pb2.PauseSourceRequest, context: Any) -> source_pb2.PauseSourceResponse:
        """Stops fetching it."""

        async def effect(connection: AsyncConnection) -> source_pb2.PauseSourceResponse:
            source = await self._use_cases.pause(connection, request.name, paused=True, request_id=request.request_id)
            return source_pb2.PauseSourceResponse(source=await _message(connection, source))

        return await write_once(self._database, request, source_pb2.PauseSourceResponse, effect)

    async def ResumeSource(self, request: source_pb2.ResumeSourceRequest, context: Any) -> source_pb2.ResumeSourceResponse:
        """Fetches it again."""

        async def effect(connection: AsyncConnection) -> source_pb2.ResumeSourceResponse:
            source = await self._use_cases.pause(connection, request.name, paused=False, request_id=request.request_id)
            return source_pb2.ResumeSourceResponse(source=await _message(connection, source))

        return await write_once(self._database, request, source_pb2.ResumeSourceResponse, effect)

    async def PreviewSource(self, request: source_pb2.PreviewSourceRequest, context: Any) -> source_pb2.PreviewSourceResponse:
        """What a source would give."""
        if request.WhichOneof("of") is None:
            raise InvalidArgument.of("of", "a source or the name of one is needed")
        if request.WhichOneof("of") == "name":
            async with self._database.read() as connection:
                source = await find(connection, request.name)
        else:
            source = self._use_cases.drafted(request.source, "preview")
            source = self._use_cases.secrets.with_changes(source, request.source.secrets)
            refuse(problems_of(source, self._use_cases.looking.openings))
        return await self._use_cases.preview(source, pages=request.page_limit or PREVIEWED_PAGES)

    async def ListSourceKinds(self, request: source_pb2.ListSourceKindsRequest, context: Any) -> source_pb2.ListSourceKindsResponse:
        """Every kind, with the schema of its parameters."""
        kinds = [
            source_pb2.SourceKind(
                kind=name,
                display_name=kind.display_name,
                description=kind.description,
                parameters_schema=wire.struct(parameters_schema(name)),
            )
            for name, kind in sorted(KINDS.items())
        ]
        return source_pb2.ListSourceKindsResponse(source_kinds=kinds)

    async def ListSourceEvents(self, request: source_pb2.ListSourceEventsRequest, context: Any) -> source_pb2.ListSourceEventsResponse:
        """Changes of state, the newest first."""
        size, position = self._lists.begin(request)
        async with self._database.read() as connection:
            found = await events.page(
                connection, source_id=request.source.removeprefix("sources/"), before=cast("int | None", position), limit=size + 1
            )
        messages = [wire.event_message(row["source_id"], row["before"], row["after"], detail=row["detail"], at=row["at"]) for row in found[:size]]
        token = self._lists.next_token(request, found[size - 1]["id"]) if len(found) > size else ""
        return source_pb2.ListSourceEventsResponse(source_events=messages, next_page_token=token)


async def find(connection: AsyncConnection, name: str, *, etag: str = "", lock: bool = False) -> Source:
    """The source of this name. Errors: NotFound; Aborted where it is no longer the version that `etag` names."""
    source = await sources.get(connection, name.removeprefix("sources/"), lock=lock)
    if source is None:
        raise NotFound(f"there is no {name}", reason="SOURCE_NOT_FOUND")
    if etag and etag != wire.etag(source):
        raise Aborted(f"{name} was changed meanwhile: read it again")
    return source


def refuse(problems: Sequence[Problem]) -> None:
    """Errors: InvalidArgument that names every problem, where there is one."""
    if problems:
        violations = [FieldViolation(f"source.{problem.field}", problem.message) for problem in problems]
        text = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
        raise InvalidArgument(text, violations=violations)


async def _message(connection: AsyncConnection, source: Source) -> source_pb2.Source:
    return (await _messages(connection, [source]))[0]


async def _messages(connection: AsyncConnection, found: Sequence[Source]) -> list[source_pb2.Source]:
    standings = await schedules.standings_of(connection, [source.id for source in found])
    return [wire.source_message(source, standings.get(source.id, Standing())) for source in found]


async def _record(connection: AsyncConnection, action: str, source: Source, *, before: Source | None, after: Source | None, request_id: str) -> None:
    def said(of: Source | None) -> dict[str, JsonValue] | None:
        return cast("dict[str, JsonValue]", record_of(of)) if of is not None else None

    await audit.record(connection, AuditRecord(current_caller().principal, action, source.name, said(before), said(after), request_id))
