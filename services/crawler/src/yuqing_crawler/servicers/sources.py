"""Sources: set up, changed, run, paused, and how they fare."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import source_pb2, source_pb2_grpc
from yuqing_crawler import wire_sources as wire
from yuqing_crawler.domain.imports import sources_from_csv, sources_from_opml
from yuqing_crawler.domain.kinds.registry import KINDS, parameters_schema
from yuqing_crawler.domain.source import Source, Standing
from yuqing_crawler.domain.sourcing import problems_of
from yuqing_crawler.servicers.calls import Lists, write_once
from yuqing_crawler.servicers.sourcing import PREVIEWED_PAGES, SourceUseCases, find, refuse
from yuqing_crawler.store import events, schedules, sources
from yuqing_runtime.database import Database
from yuqing_runtime.errors import InvalidArgument


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

    async def ProposeSource(self, request: source_pb2.ProposeSourceRequest, context: Any) -> source_pb2.ProposeSourceResponse:
        """What an address could be as a source."""
        return await self._use_cases.propose(request.address)

    async def ImportSources(self, request: source_pb2.ImportSourcesRequest, context: Any) -> source_pb2.ImportSourcesResponse:
        """Sources from a file."""
        read = sources_from_opml if request.format == source_pb2.SOURCE_LIST_FORMAT_OPML else sources_from_csv
        rows = await asyncio.to_thread(read, request.content)

        async def effect(connection: AsyncConnection) -> source_pb2.ImportSourcesResponse:
            taken, refused = await self._use_cases.import_rows(connection, rows, request)
            return source_pb2.ImportSourcesResponse(
                sources=await _messages(connection, taken),
                refused=[source_pb2.RefusedRow(line=row.line, reason=row.reason, detail=row.detail) for row in refused],
            )

        return await write_once(self._database, request, source_pb2.ImportSourcesResponse, effect)

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


async def _message(connection: AsyncConnection, source: Source) -> source_pb2.Source:
    return (await _messages(connection, [source]))[0]


async def _messages(connection: AsyncConnection, found: Sequence[Source]) -> list[source_pb2.Source]:
    standings = await schedules.standings_of(connection, [source.id for source in found])
    return [wire.source_message(source, standings.get(source.id, Standing())) for source in found]
